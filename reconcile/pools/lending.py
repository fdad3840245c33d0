"""Substitution inside one virtual account: a higher license covers a lower one along chains that are data.

Each higher license lends what it does not use itself to the nearest lower one that is short, nearest pairs first.
CSSM does this by itself, so no buffer is kept back.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from licsweep.model import Utc
from licsweep.position_types import SubstitutionRow
from reconcile.grouping import sets_by, sums_by
from reconcile.licenses.matching import Matcher
from reconcile.pools.pools import Account, PoolAccount
from reconcile.pools.terms import holdings

Chain = Sequence[str]
"""License ids, highest first."""


def loans(balances: Mapping[str, int], chains: Iterable[Chain]) -> tuple[list[tuple[str, str, int]], dict[str, int]]:
    """Who lends to whom how much, and the balances after it.

    `balances` is owned less charged of each license, pools without limit left out.
    """
    left = dict(balances)
    made = []
    for chain in chains:
        for distance in range(1, len(chain)):
            for lender, borrower in zip(chain, chain[distance:], strict=False):
                units = min(left.get(lender, 0), -left.get(borrower, 0))
                if units > 0:
                    left[lender] -= units
                    left[borrower] += units
                    made.append((lender, borrower, units))
    return made, left


def higher(chains: Iterable[Chain]) -> dict[str, set[str]]:
    """For each license of a chain, those that cover it."""
    return sets_by((lower, one) for chain in chains for place, lower in enumerate(chain) for one in chain[:place])


def substitute(accounts: Sequence[PoolAccount], chains: Sequence[Chain], day: date) -> None:
    """Borrows and lends between the pools of one virtual account on a day."""
    by_id = {each.license_id: each for each in accounts}
    for lending, borrowing, units in loans(balances_on(accounts, day), chains)[0]:
        lender, borrower = by_id[lending], by_id[borrowing]
        lender.lent += units
        borrower.borrowed += units
        borrower.lenders[lender.license] += units


def balances_on(accounts: Iterable[PoolAccount], day: date) -> dict[str, int]:
    """Owned on a day less what is charged now, by license; pools without limit neither lend nor borrow."""
    held = [(each, holdings(each.terms, day, 0)) for each in accounts if each.known]
    return {each.license_id: has.owned - each.charged for each, has in held if not has.unlimited}


def shortages_on(accounts: Sequence[PoolAccount], chains: Sequence[Chain], day: date) -> Mapping[str, int]:
    """What each license of one virtual account would lack on a day, with today's use."""
    _, left = loans(balances_on(accounts, day), chains)
    return {license_id: -balance for license_id, balance in left.items() if balance < 0}


def substitution_rows(
    accounts: Collection[PoolAccount], matcher: Matcher, chains: Iterable[Chain]
) -> list[SubstitutionRow]:
    """Who lends what by our rules, and by CSSM's own figures (`licenseSubstitutions`), pair by pair.

    CSSM does not say which of its two licenses lends: the higher one, as the chains say.
    """
    above = higher(chains)
    ours = sums_by(((*a.account, a.license, name), lent) for a in accounts for name, lent in a.lenders.items())
    theirs = Counter[tuple[str | None, str, str, str]]()
    dates: dict[Account, Utc | None] = {}
    for each in accounts:
        for entitlement in each.entitlements:
            for row in entitlement.substitutions:
                low, high = matcher.named(row.license), matcher.named(row.substituted_license)
                if low in above.get(high, ()):
                    low, high = high, low
                theirs[*each.account, matcher.name(low), matcher.name(high)] += row.quantity
                dates[each.account] = entitlement.exported_at
    return [
        SubstitutionRow(
            smart_account=smart,
            virtual_account=virtual,
            license=name,
            substituted_by=lender,
            units=ours[key],
            cssm_units=theirs[key],
            cssm_as_of=dates.get((smart, virtual)),
        )
        for key in sorted({*ours, *theirs}, key=str)
        for smart, virtual, name, lender in [key]
    ]
