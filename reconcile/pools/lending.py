"""Substitution inside one virtual account: a higher license covers a lower one along chains that are data.

Each higher license lends what it does not use itself to the nearest lower one that is short, nearest pairs first.
CSSM does this by itself, so no buffer is kept back.
"""

from collections.abc import Iterable, Mapping, Sequence

from reconcile.grouping import sets_by

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
