"""Months, numbers and money of agreements, and what a suite is compared with on a date (docs/contract.md)."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple, overload

from licsweep.contract_types import AllowanceMode, PriceBasis, Units
from licsweep.model import Record
from reconcile.tables.contract_rows import Agreement, Commitment, Pricing, Suite, within

PERCENT, YEAR = 100, 12
_CENT = Decimal("0.01")


def exact(number: float) -> Decimal:
    """A number as it was written."""
    return Decimal(str(number))


@overload
def units(number: Decimal) -> Units: ...
@overload
def units(number: Decimal | None) -> Units | None: ...
def units(number: Decimal | None) -> Units | None:
    """A number as it is shown: whole where it is."""
    if number is None:
        return None
    return int(number) if number == number.to_integral_value() else float(number)


def money(amount: Decimal) -> float:
    """Rounded to a hundredth, half of it up."""
    return float(amount.quantize(_CENT, ROUND_HALF_UP))


def whole_months(start: date, end: date) -> int:
    """Whole calendar months from a day to a last valid day: 2026-01-01 to 2026-12-31 is 12."""
    after = end + timedelta(days=1)
    months = (after.year - start.year) * YEAR + after.month - start.month - (after.day < start.day)
    return max(0, months)


def price_of(bought: Commitment) -> Decimal | None:
    """The stated price of one unit; of a list price alone, what the discount leaves."""
    if bought.unit_price is not None or bought.list_price is None:
        return None if bought.unit_price is None else exact(bought.unit_price)
    return exact(bought.list_price) * (PERCENT - exact(bought.discount_percent or 0)) / PERCENT


def in_force(suite: Suite, agreement: Agreement, day: date) -> list[Commitment]:
    """The commitments of a suite that hold on a day, the newest last; none outside of the agreement."""
    if not within(day, agreement.start, agreement.end):
        return []
    signed = (one for one in suite.commitments if one.from_ is None or one.from_ <= day)
    return [_priced(one, suite, agreement) for one in sorted(signed, key=lambda one: one.from_ or date.min)]


def _priced(bought: Commitment, *others: Pricing) -> Commitment:
    """A commitment with what it leaves out of its price."""
    stated: dict[str, Any] = {}
    for one in (bought, *others):
        said = {part.name: value for part in fields(Pricing) if (value := getattr(one, part.name)) is not None}
        if "list_price" in stated:
            said.pop("unit_price", None)  # nearer to the commitment a price of another kind is stated
        stated = said | stated
    if "unit_price" in stated:
        stated |= {"list_price": None, "discount_percent": None}
    return replace(bought, **stated)


class Price(NamedTuple):
    """The price of the newest commitment, and for how long it is charged; None where no date is left or unstated."""

    each: Decimal | None
    basis: PriceBasis | None
    months: int | None
    whole_months: int | None

    def of(self, number: Decimal | None) -> float | None:
        """What so many units cost for the months left."""
        base = YEAR if self.basis == "unit-year" else self.whole_months
        if number is None or self.each is None or self.basis is None or self.months is None or not base:
            return None
        return money(number * self.each * self.months / base)


class Terms(Record):
    """What a suite is compared with on `day`: its next True Forward date, or today where none is left (`due` None)."""

    day: date
    due: date | None
    bought: list[Commitment]
    allowance: int | None
    mode: AllowanceMode
    covered: Mapping[str, Decimal]
    price: Price

    @property
    def entitled(self) -> int:
        return sum(one.quantity for one in self.bought)

    @property
    def newest(self) -> Commitment | None:
        return self.bought[-1] if self.bought else None

    def over(self, consumed: Decimal | None) -> Decimal | None:
        """What is charged for of what is consumed and not covered by standalone subscriptions."""
        if consumed is None:
            return None
        beyond = consumed - self.entitled
        allowed = self.allowance or 0
        if beyond <= allowed:
            return Decimal(0)
        return beyond - allowed if self.mode == "deduct" else beyond


def terms(agreement: Agreement, suite: Suite, today: date, covered: Callable[[date], Mapping[str, Decimal]]) -> Terms:
    """The terms of a suite on its next True Forward date; dates after the agreement's end are left to the renewal."""
    due = next_date(agreement, suite.dates or agreement.dates, today)
    day = due or today
    bought = in_force(suite, agreement, day)
    entitled = sum(one.quantity for one in bought)
    percent = _percent(suite, day)
    percent = _percent(agreement, day) if percent is None else percent
    newest = bought[-1] if bought else None
    end, start = agreement.end, agreement.start
    return Terms(
        day=day,
        due=due,
        bought=bought,
        allowance=None if percent is None else int(entitled * percent // PERCENT),
        mode=suite.allowance_mode or agreement.allowance_mode or "threshold",
        covered=covered(day),
        price=Price(
            each=price_of(newest) if newest else None,
            basis=newest.price_basis if newest else None,
            months=whole_months(due, end) if due and end else None,
            whole_months=whole_months(start, end) if start and end else None,
        ),
    )


def next_date(agreement: Agreement, dates: list[date], today: date) -> date | None:
    """The first of these dates that is not over, within the agreement."""
    return next((day for day in dates if day >= today and (agreement.end is None or day <= agreement.end)), None)


def _percent(said: Suite | Agreement, day: date) -> Decimal | None:
    row = next((row for row in said.allowance if within(day, row.from_, row.to)), None)
    stated = row.percent if row else None if said.allowance else said.allowance_percent
    return None if stated is None else exact(stated)
