"""The search for the fewest transfers between lenders and borrowers of whole units.

Minimal in this order: most units closed (where not all can be, most borrowers closed whole: the smallest first),
fewest transfers, largest lender, names. How minimality is ensured: no plan has fewer transfers than borrowers, so a
greedy plan of that size is minimal whatever the size of the problem. Else every smaller number of transfers is tried,
exactly: a plan with the fewest transfers is a forest, and a forest can be taken apart leaf by leaf, each leaf a
transfer that closes its borrower or empties its lender, so that only such transfers need to be tried. The exact search
ends at `NODES` steps; then the greedy plan stands.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

NODES = 5_000
EXACT_UP_TO = 40
"""Lenders and borrowers together; above, the greedy plan stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A pool that lends or borrows `units`; `license` is the place of its license, so that names decide last."""

    account: str
    license: str
    units: int


@dataclass(frozen=True, slots=True)
class Move:
    """`units` from a lender to a borrower, by their places in the lists given."""

    lender: int
    borrower: int
    units: int


Moves = list[Move]
Dead = tuple[tuple[int, ...], tuple[int, ...], int]
May = Callable[[Party, Party], bool]


def fewest(lenders: Sequence[Party], borrowers: Sequence[Party], may: May) -> Moves:
    """The plan; `may` says whether a lender's license serves a borrower."""
    problem = _Problem(lenders, borrowers, may)
    needs = problem.reachable()
    plan = problem.greedy(needs)
    if sum(move.units for move in plan) < sum(needs):
        plan = problem.flow(needs)
    least = sum(1 for need in needs if need)
    if len(plan) > least and len(lenders) + len(borrowers) <= EXACT_UP_TO:
        for count in range(least, len(plan)):
            found = problem.exactly(needs, count)
            if found is not None:
                return found
    return plan


class _Problem:
    def __init__(self, lenders: Sequence[Party], borrowers: Sequence[Party], may: May) -> None:
        self.supply = tuple(party.units for party in lenders)
        self.asked = tuple(party.units for party in borrowers)
        size = sorted(range(len(lenders)), key=lambda i: (-lenders[i].units, lenders[i].account, lenders[i].license))
        self._from = [
            sorted((i for i in size if may(lenders[i], borrower)), key=lambda i: lenders[i].license != borrower.license)
            for borrower in borrowers
        ]
        self._complete = all(len(found) == len(lenders) for found in self._from)
        self._small_first = sorted(range(len(borrowers)), key=lambda j: (borrowers[j].units, _name(borrowers[j])))
        self._large_first = sorted(range(len(borrowers)), key=lambda j: (-borrowers[j].units, _name(borrowers[j])))
        self._nodes = 0
        self._failed: set[Dead] = set()

    def reachable(self) -> tuple[int, ...]:
        """How much of each need can be met, the smallest needs first."""
        if self._complete:
            left, needs = sum(self.supply), [0] * len(self.asked)
            for j in self._small_first:
                needs[j] = min(left, self.asked[j])
                left -= needs[j]
            return tuple(needs)
        met = [0] * len(self.asked)
        for move in self.flow(self.asked):
            met[move.borrower] += move.units
        return tuple(met)

    def greedy(self, needs: Sequence[int]) -> Moves:
        """The largest need first, from the largest lender that closes it whole, else from the largest ones."""
        res, plan = list(self.supply), []
        for j in sorted(self._large_first, key=lambda j: len(self._from[j])):
            need = needs[j]
            while need:
                open_ = [i for i in self._from[j] if res[i]]
                if not open_:
                    break
                i = next((i for i in open_ if res[i] >= need), open_[0])
                units = min(res[i], need)
                res[i] -= units
                need -= units
                plan.append(Move(i, j, units))
        return plan

    def flow(self, needs: Sequence[int]) -> Moves:
        """Meets as much as can be met, earlier borrowers (the smallest first) never losing to later ones."""
        res, given = list(self.supply), [dict[int, int]() for _ in self.asked]
        for j in self._small_first:
            left = needs[j]
            while left and (units := self._push(j, left, res, given, set())):
                left -= units
        return [Move(i, j, units) for j, row in enumerate(given) for i, units in sorted(row.items()) if units]

    def _push(self, j: int, most: int, res: list[int], given: list[dict[int, int]], tried: set[int]) -> int:
        """Brings up to `most` units to a borrower, other borrowers changing their lender where that makes room."""
        for i in self._from[j]:
            if i in tried:
                continue
            tried.add(i)
            units = min(most, res[i])
            if units:
                res[i] -= units
            else:
                units = self._make_room(i, j, most, res, given, tried)
            if units:
                given[j][i] = given[j].get(i, 0) + units
                return units
        return 0

    def _make_room(
        self, i: int, j: int, most: int, res: list[int], given: list[dict[int, int]], tried: set[int]
    ) -> int:
        for other, row in enumerate(given):
            if other != j and row.get(i):
                units = self._push(other, min(most, row[i]), res, given, tried)
                if units:
                    row[i] -= units
                    return units
        return 0

    def exactly(self, needs: tuple[int, ...], count: int) -> Moves | None:
        """A plan with at most `count` transfers; None where there is none or the search took too long."""
        self._nodes, self._failed = 0, set()
        return self._close(self.supply, needs, count)

    def _close(self, res: tuple[int, ...], needs: tuple[int, ...], count: int) -> Moves | None:
        open_ = [j for j in self._large_first if needs[j]]
        if not open_:
            return []
        self._nodes += 1
        spare = count - len(open_)
        hopeless = spare < 0 or sum(sorted(res)[-count:]) < sum(needs) or (res, needs, count) in self._failed
        if hopeless or self._nodes > NODES:
            return None
        for j in open_ if spare else open_[:1]:
            for i in self._from[j]:
                units = min(res[i], needs[j])
                if units and (spare or units == needs[j]):
                    rest = self._close(_less(res, i, units), _less(needs, j, units), count - 1)
                    if rest is not None:
                        return [Move(i, j, units), *rest]
        self._failed.add((res, needs, count))
        return None


def _name(party: Party) -> tuple[str, str]:
    return party.account, party.license


def _less(numbers: tuple[int, ...], at: int, units: int) -> tuple[int, ...]:
    return (*numbers[:at], numbers[at] - units, *numbers[at + 1 :])
