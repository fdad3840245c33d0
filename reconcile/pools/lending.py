"""Substitution inside one virtual account: a higher license covers a lower one along chains that are data.

Each higher license lends what it does not use itself to the nearest lower one that is short, nearest pairs first.
CSSM does this by itself, so no buffer is kept back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from licsweep.model import Utc
from licsweep.position_types import SubstitutionRow
from reconcile.grouping import sets_by

if TYPE_CHECKING:
    from reconcile.licenses.matching import Matcher
    from reconcile.pools.pools import PoolAccount

Chain = Sequence[str]
"""License ids, highest first."""


@dataclass(frozen=True, slots=True)
class Loan:
    lender: str
    borrower: str
    quantity: int


def loans(balances: Mapping[str, int], chains: Iterable[Chain]) -> list[Loan]:
    """Who lends how much to whom; `balances` is owned less charged of each license, pools without limit left out."""
    left = dict(balances)
    made = []
    for chain in chains:
        for distance in range(1, len(chain)):
            for lender, borrower in zip(chain, chain[distance:], strict=False):
                quantity = min(left.get(lender, 0), -left.get(borrower, 0))
                if quantity > 0:
                    left[lender] -= quantity
                    left[borrower] += quantity
                    made.append(Loan(lender, borrower, quantity))
    return made


def lent_on(balances: Mapping[str, int], chains: Iterable[Chain]) -> dict[str, int]:
    """The balances after these loans."""
    left = dict(balances)
    for loan in loans(balances, chains):
        left[loan.lender] -= loan.quantity
        left[loan.borrower] += loan.quantity
    return left


def higher(chains: Iterable[Chain]) -> dict[str, set[str]]:
    """For each license of a chain, those that cover it."""
    return sets_by((lower, one) for chain in chains for place, lower in enumerate(chain) for one in chain[:place])


def substitution_rows(
    accounts: Iterable["PoolAccount"], matcher: "Matcher", chains: Iterable[Chain]
) -> list[SubstitutionRow]:
    """Who lends what by these rules, and by CSSM's own figures (`licenseSubstitutions`), pair by pair.

    CSSM does not say which of its two licenses lends: the higher one, as the chains say.
    """
    above = higher(chains)
    units: dict[tuple[str | None, str, str, str], list[int]] = {}  # ours and CSSM's
    dates: dict[tuple[str | None, str], Utc | None] = {}
    for each in accounts:
        smart, virtual = each.smart_account, each.virtual_account
        for lender, lent in each.lenders.items():
            units.setdefault((smart, virtual, each.license, lender), [0, 0])[0] += lent
        for entitlement in each.entitlements:
            for row in entitlement.substitutions:
                low, high = matcher.named(row.license), matcher.named(row.substituted_license)
                if low in above.get(high, ()):
                    low, high = high, low
                key = (smart, virtual, matcher.name(low), matcher.name(high))
                units.setdefault(key, [0, 0])[1] += row.quantity
                dates[smart, virtual] = entitlement.exported_at
    return [
        SubstitutionRow(
            smart_account=key[0],
            virtual_account=key[1],
            license=key[2],
            substituted_by=key[3],
            units=ours,
            cssm_units=theirs,
            cssm_as_of=dates.get(key[:2]),
        )
        for key, (ours, theirs) in sorted(units.items(), key=str)
    ]
