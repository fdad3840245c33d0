"""contract.yaml and tokens.yaml as frozen types (docs/contract.md): agreements, subscriptions, registration tokens."""

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal

from licsweep.checked import MAX_QUANTITY, Checked, Quantity
from licsweep.contract_types import AllowanceMode, Basis, PriceBasis, PriceType
from licsweep.model import Day, Record, Utc, as_utc
from licsweep.position_types import folded


def _number(value: Any) -> Any:
    """A price, a weight or a percentage as it must be written: no text, no yes or no, nothing endless."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_QUANTITY:
        raise ValueError(f"is not a number from 0 to {MAX_QUANTITY}")
    return value


def _allowance(value: Any) -> Any:
    """One number stands for all dates."""
    return [{"percent": value}] if isinstance(value, int | float) else value


def _day(value: Any) -> Any:
    """A bare date stays a day where it comes as text too: in JSON, in quotes, in a bundle read back."""
    with suppress(ValueError, TypeError):
        return date.fromisoformat(value)
    return value


_ROUNDED = 0.01
Plane = Literal["cloud", "onprem"]
Number = Annotated[int | float, Checked(_number)]


def _discount(value: Any) -> Any:
    if value is not None and _number(value) > 100:  # noqa: PLR2004 - a price below nothing
        raise ValueError("is more than 100 percent")
    return value


def _named_once(what: str, names: Iterable[str]) -> None:
    """Figures, findings and forecasts go by these names."""
    if twice := next((name for name, number in Counter(map(folded, names)).items() if number > 1), None):
        raise ValueError(f"{what} {twice} stands there twice")


def _in_order(start: date | None, end: date | None) -> None:
    if start and end and end < start:
        raise ValueError(f"{end} is before the start, {start}")


def within(day: date, start: date | None, end: date | None) -> bool:
    """Whether a day lies from one day to another, both included; None is open."""
    return (start is None or start <= day) and (end is None or day <= end)


class Allowance(Record):
    """The growth that is free on the dates from `from` to `to`, in percent of what is entitled."""

    from_: Day | None = None
    to: Day | None = None
    percent: Number

    def __post_init__(self) -> None:
        _in_order(self.from_, self.to)


class Trigger(Record):
    """A True Forward out of turn: where use grows past so many percent of what is entitled."""

    kind: Literal["growth"] = "growth"
    percent: Number


class Pricing(Record):
    """What one unit costs by `price_basis`: `unit_price`, or what the discount leaves of `list_price`.

    What a commitment does not state is that of its suite, else of its agreement.
    """

    unit_price: Number | None = None
    list_price: Number | None = None
    discount_percent: Annotated[int | float | None, Checked(_discount)] = None
    price_basis: PriceBasis | None = None
    price_type: PriceType | None = None
    currency: str | None = None

    def __post_init__(self) -> None:
        unit, listed, percent = self.unit_price, self.list_price, self.discount_percent
        if (
            unit is not None
            and listed is not None
            and percent
            and abs(listed * (100 - percent) / 100 - unit) > _ROUNDED
        ):
            raise ValueError(f"unit_price {unit} is not what a discount of {percent} percent leaves of list_price")


class Commitment(Pricing):
    """A purchase: `quantity` units from a day (none: from the beginning) to the end of the agreement."""

    quantity: Quantity
    from_: Day | None = None


class SuiteLicense(Record):
    """A license of a suite, and how many units of the suite one license is."""

    license: str
    weight: Number = 1


class Conditions(Pricing):
    """What an agreement says for its suites, and a suite that differs says for itself."""

    true_forward: tuple[Day | Trigger, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    trigger: Trigger | None = None
    allowance_percent: Number | None = None
    allowance: Annotated[tuple[Allowance, ...], Checked(_allowance)] = ()
    allowance_mode: AllowanceMode | None = None
    consumption_basis: Basis | None = None

    @property
    def dates(self) -> list[date]:
        """Its True Forward dates."""
        return sorted(day for day in self.true_forward if isinstance(day, date))

    @property
    def all_triggers(self) -> list[Trigger]:
        """Its triggers, wherever they are written."""
        listed = [one for one in self.true_forward if isinstance(one, Trigger)]
        return [*listed, *self.triggers, *([self.trigger] if self.trigger else [])]


class Suite(Conditions):
    """A suite of an agreement; `generated` is what the EA workspace has generated."""

    name: str
    licenses: tuple[SuiteLicense, ...] = ()
    generated: Number | None = None
    commitments: tuple[Commitment, ...] = ()


class Agreement(Conditions):
    """An enterprise agreement over a smart account, or over those of its virtual accounts that it lists."""

    id: str
    smart_account: str | None = None
    virtual_accounts: tuple[str, ...] = ()
    start: Day | None = None
    end: Day | None = None
    suites: tuple[Suite, ...] = ()

    def __post_init__(self) -> None:
        Conditions.__post_init__(self)
        _in_order(self.start, self.end)
        _named_once("suite", (suite.name for suite in self.suites))

    def overlaps(self, other: "Agreement") -> bool:
        """Whether both cover one account at one time; one that names no smart account may be of any."""
        accounts = [{folded(name) for name in one.virtual_accounts} for one in (self, other)]
        named = {folded(one.smart_account) for one in (self, other) if one.smart_account}
        apart = len(named) > 1 or (all(accounts) and accounts[0].isdisjoint(accounts[1]))
        periods = [(one.start or date.min, one.end or date.max) for one in (self, other)]
        return not apart and max(start for start, _ in periods) <= min(end for _, end in periods)


class Subscription(Record):
    """A subscription beside the agreements."""

    id: str
    smart_account: str | None = None
    license: str
    quantity: Quantity
    start: Day | None = None
    end: Day | None = None
    renewal: Day | bool | str | None = None

    def __post_init__(self) -> None:
        _in_order(self.start, self.end)


class ContractFile(Record):
    """contract.yaml."""

    agreements: tuple[Agreement, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()

    def __post_init__(self) -> None:
        _named_once("agreement", (agreement.id for agreement in self.agreements))

    @property
    def licenses(self) -> list[str]:
        """Every license that it names."""
        rows = (row for agreement in self.agreements for suite in agreement.suites for row in suite.licenses)
        return [*(row.license for row in rows), *(one.license for one in self.subscriptions)]


class TokenRow(Record):
    """A registration token of CSSM (cloud) or of an On-Prem server; `expires` as a bare date is its last valid day.

    `used_for` names what is registered with it: hosts, On-Prem servers, or a plane.
    """

    id: str
    smart_account: str | None = None
    virtual_account: str | None = None
    plane: Plane | None = None
    server: str | None = None
    expires: Annotated[Day | Utc | None, Checked(_day)] = None
    max_uses: Quantity | None = None
    uses: Quantity | None = None
    used_for: str | tuple[str, ...] = ()

    @property
    def ends(self) -> datetime | None:
        """From when it is no longer valid."""
        if isinstance(self.expires, datetime) or self.expires is None:
            return self.expires and as_utc(self.expires)
        return datetime.combine(self.expires + timedelta(days=1), time(), UTC)

    @property
    def wanted_for(self) -> tuple[str, ...]:
        return (self.used_for,) if isinstance(self.used_for, str) else self.used_for
