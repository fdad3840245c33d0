"""The position of each agreement (docs/contract.md): its suites, exposure by currency, payments, what to remove."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain

from licsweep.contract_types import AgreementPosition, Basis, BeforeMilestone, Instalment, Money, SuitePosition
from licsweep.errors import InputError
from reconcile.contract.arithmetic import YEAR, in_force, money, next_date, price_of, whole_months
from reconcile.contract.contract_input import ContractInput, total
from reconcile.contract.suites import BASES, suite_position, suite_terms
from reconcile.grouping import lists_by, sets_by
from reconcile.tables.contract_rows import Agreement

Amounts = Iterable[tuple[float | Decimal | None, str | None]]


def agreements(given: ContractInput) -> tuple[AgreementPosition, ...]:
    """The position of every agreement, in the order of the file.

    Raises InputError where suites of an agreement hold a license twice, under two of its names.
    """
    return tuple(_position(given, agreement) for agreement in given.file.agreements)


def _position(given: ContractInput, agreement: Agreement) -> AgreementPosition:
    names = sets_by((given.matcher.named(row.license), row.license) for one in agreement.suites for row in one.licenses)
    if twice := next((sorted(said) for said in names.values() if len(said) > 1), None):
        what = f"contract.yaml: {agreement.id}: {' and '.join(twice)} are one license"
        raise InputError(what, why="a license is counted in one suite, once", hint="licsweep entitlements explain NAME")
    suites = tuple(suite_position(given, agreement, suite) for suite in agreement.suites)
    dates = agreement.dates or sorted(chain.from_iterable(suite.dates for suite in agreement.suites))
    return AgreementPosition(
        id=agreement.id,
        smart_account=given.smart(agreement.smart_account),
        virtual_accounts=agreement.virtual_accounts or None,
        start=agreement.start,
        end=agreement.end,
        next_true_forward=next_date(agreement, dates, given.today),
        consumption_basis=agreement.consumption_basis or _largest(suites),
        suites=suites,
        exposure_total_by_use=_by_currency((suite.exposure_by_use, suite.currency) for suite in suites),
        exposure_total_by_cssm=_by_currency((suite.exposure_by_cssm, suite.currency) for suite in suites),
        exposure_total_by_generated=_by_currency((suite.exposure_by_generated, suite.currency) for suite in suites),
        next_instalment=_instalment(agreement, given.today),
        before_milestone=tuple(_to_remove(given, agreement)),
    )


def _largest(suites: Iterable[SuitePosition]) -> Basis:
    stated = [(suite.used, suite.cssm_in_use, suite.generated) for suite in suites]
    sums = {basis: sum(figures[at] or 0 for figures in stated) for at, basis in enumerate(BASES)}
    return max(BASES, key=lambda basis: sums[basis])


def _by_currency(amounts: Amounts) -> tuple[Money, ...] | None:
    """Amounts added up by currency; None where none is stated."""
    stated = lists_by((currency, Decimal(str(amount))) for amount, currency in amounts if amount is not None)
    rows = (Money(amount=money(total(each)), currency=currency) for currency, each in stated.items())
    return tuple(sorted(rows, key=lambda row: row.currency or "")) or None


def _instalment(agreement: Agreement, today: date) -> Instalment | None:
    """The payment on the next anniversary for what is committed then at a price by the year."""
    day = next((day for day in _anniversaries(agreement) if day >= today), None)
    if day is None:
        return None
    bought = (one for suite in agreement.suites for one in in_force(suite, agreement, day))
    by_year = ((one, price_of(one)) for one in bought if one.price_basis == "unit-year")
    amounts = _by_currency((price * one.quantity, one.currency) for one, price in by_year if price is not None)
    return Instalment(date=day, amounts=amounts) if amounts else None


def _anniversaries(agreement: Agreement) -> Iterator[date]:
    start, end = agreement.start, agreement.end
    if start and end:
        first = start.replace(day=28) if (start.month, start.day) == (2, 29) else start
        days = (first.replace(year=start.year + year) for year in range(1, whole_months(start, end) // YEAR + 1))
        yield from (day for day in days if day <= end)


def _to_remove(given: ContractInput, agreement: Agreement) -> Iterator[BeforeMilestone]:
    """What boxes that are gone still hold of its suites: CSSM's records of the milestone would count it."""
    for suite in agreement.suites:
        each, agreed = given.weights(suite), suite_terms(given, agreement, suite)
        for row in given.clean_up if agreed.due else ():
            smart = given.names.owner(row.smart_account, row.virtual_account or "")
            held = ((given.matcher.named(held.license), held.quantity) for held in row.licenses)
            for license_id, quantity in held if given.in_scope(agreement, smart, row.virtual_account) else ():
                if license_id in each and agreed.due:
                    yield BeforeMilestone(
                        suite=suite.name,
                        license=given.matcher.name(license_id),
                        quantity=quantity,
                        virtual_account=row.virtual_account,
                        pid=row.pid,
                        sn=row.sn,
                        name=row.name,
                        reason=row.reason,
                        remove_by=agreed.due - timedelta(days=1),
                        money=agreed.price.of(each[license_id] * quantity),
                        currency=agreed.newest.currency if agreed.newest else None,
                    )
