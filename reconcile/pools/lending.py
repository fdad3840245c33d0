"""Substitution inside one virtual account: a higher license covers a lower one along chains that are data.

Each higher license lends what it does not use itself to the nearest lower one that is short, nearest pairs first.
CSSM does this by itself, so no buffer is kept back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

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


def higher(chains: Iterable[Chain]) -> dict[str, set[str]]:
    """For each license of a chain, those that cover it."""
    above: dict[str, set[str]] = {}
    for chain in chains:
        for place, license_id in enumerate(chain):
            above.setdefault(license_id, set()).update(chain[:place])
    return above
