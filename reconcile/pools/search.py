"""The search for the fewest transfers between lenders and borrowers of whole units.

Minimal in this order: most units closed (where not all can be, most borrowers closed whole), least of what lenders
would rather keep (their buffers), fewest transfers, the smallest borrowers, largest lender, names. How minimality is
ensured: first it is settled how much each borrower gets and how much each lender gives of its buffer, in up to `WAYS`
ways: every choice of as many borrowers as can be closed, and every order in which few lenders give. No plan has fewer
transfers than borrowers, so a greedy plan of that size is minimal whatever the size of the problem. Else every smaller
number of transfers is tried, exactly: a plan with the fewest transfers is a forest, and a forest can be taken apart
leaf by leaf, each leaf a transfer that closes its borrower or empties its lender, so that only such transfers need to
be tried. The exact search ends at `NODES` steps; then the greedy plan stands.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, permutations
from math import comb, factorial
from operator import eq

NODES = 5_000
EXACT_UP_TO = 40
"""Lenders and borrowers together; above, the greedy plan stands."""
WAYS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A pool that lends or borrows `units`, and lends up to `kept` more where nothing else serves."""

    account: str
    license: str
    units: int
    kept: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """`units` from a lender to a borrower, by their places in the lists given."""

    lender: int
    borrower: int
    units: int


Moves = list[Move]
May = Callable[[Party, Party], bool]


def fewest(lenders: Sequence[Party], borrowers: Sequence[Party], may: May) -> Moves:
    """The plan; `may` says whether a lender's license serves a borrower."""
    problem = _Problem(lenders, borrowers, may)
    ways = ((supply, needs) for needs in problem.reachable() for supply in problem.supplies(needs))
    return min((problem.plan(*way) for way in islice(ways, WAYS)), key=len)


class _Problem:
    def __init__(self, lenders: Sequence[Party], borrowers: Sequence[Party], may: May) -> None:
        self._free = [party.units for party in lenders]
        self._kept = [party.kept for party in lenders]
        self.asked = tuple(party.units for party in borrowers)
        self._size = sorted(range(len(lenders)), key=lambda i: (-lenders[i].units, -lenders[i].kept, _name(lenders[i])))
        self._from = [
            sorted(
                (i for i in self._size if may(lenders[i], borrower)),
                key=lambda i: lenders[i].license != borrower.license,
            )
            for borrower in borrowers
        ]
        self._complete = all(len(found) == len(lenders) for found in self._from)
        self._small_first = sorted(range(len(borrowers)), key=lambda j: (borrowers[j].units, _name(borrowers[j])))
        self._large_first = sorted(range(len(borrowers)), key=lambda j: (-borrowers[j].units, _name(borrowers[j])))
        self._nodes = 0
        self._failed: set[tuple[tuple[int, ...], tuple[int, ...], int]] = set()

    def reachable(self) -> Iterator[tuple[int, ...]]:
        """How much of each need can be met: the smallest needs first, then every other choice of as many needs. What
        is left over after them is less than any other need, and goes to one borrower."""
        if not self._complete:
            yield tuple(sum(row.values()) for row in self._flow(self.asked, self._free, self._kept))
            return
        total = left = sum(self._free) + sum(self._kept)
        needs = [0] * len(self.asked)
        for j in self._small_first:
            needs[j] = min(left, self.asked[j])
            left -= needs[j]
        yield tuple(needs)
        whole = sum(map(eq, needs, self.asked))
        ways = combinations(self._small_first, whole) if comb(len(needs), whole) <= WAYS else ()
        for chosen in ways if whole < len(needs) else ():
            left = total - sum(self.asked[j] for j in chosen)
            for last in self._small_first if left >= 0 else ():
                if last not in chosen:
                    yield tuple(self.asked[j] if j in chosen else left * (j == last) for j in range(len(needs)))

    def supplies(self, needs: Sequence[int]) -> Iterator[list[int]]:
        """What each lender has to give; where the needs draw on what lenders would keep, as little as possible: the
        largest lenders first, then in every order of few lenders, else each lender first."""
        if not self._complete:
            flows = self._flow(needs, self._free)
            if sum(sum(row.values()) for row in flows) == sum(needs):
                yield self._free
                return
            flows = self._flow(needs, self._free, self._kept)
            yield [sum(row.get(i, 0) for row in flows) for i in range(len(self._free))]
            return
        missing = max(0, sum(needs) - sum(self._free))
        keep = [i for i in self._size if self._kept[i]] if missing else []
        first_each = ((i, *(other for other in keep if other != i)) for i in keep)
        for order in permutations(keep) if factorial(len(keep)) <= WAYS else first_each:
            spread, left = list(self._free), missing
            for i in order:
                units = min(left, self._kept[i])
                spread[i] += units
                left -= units
            yield spread

    def plan(self, supply: Sequence[int], needs: tuple[int, ...]) -> Moves:
        """The fewest transfers that meet all needs from what lenders give."""
        plan = self._greedy(supply, needs)
        if sum(move.units for move in plan) < sum(needs):
            flows = self._flow(needs, supply)
            plan = [Move(i, j, units) for j, row in enumerate(flows) for i, units in sorted(row.items()) if units]
        least = sum(1 for need in needs if need)
        if len(plan) > least and len(supply) + len(needs) <= EXACT_UP_TO:
            for count in range(least, len(plan)):
                self._nodes, self._failed = 0, set()
                found = self._close(tuple(supply), needs, count)
                if found is not None:
                    return found
        return plan

    def _greedy(self, supply: Sequence[int], needs: Sequence[int]) -> Moves:
        """The largest need first, from the largest lender that closes it whole, else from the largest ones."""
        res, plan = list(supply), []
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

    def _flow(self, needs: Sequence[int], *supplies: Sequence[int]) -> list[dict[int, int]]:
        """What each borrower gets of each lender: as much as can be, from the first supplies before the next ones;
        earlier borrowers (the smallest first) never lose to later ones."""
        res, given = [0] * len(self._free), [dict[int, int]() for _ in self.asked]
        for supply in supplies:
            res = [left + more for left, more in zip(res, supply, strict=True)]
            for j in self._small_first:
                left = needs[j] - sum(given[j].values())
                while left and (units := self._push(j, left, res, given, set())):
                    left -= units
        return given

    def _push(self, j: int, most: int, res: list[int], given: list[dict[int, int]], tried: set[int]) -> int:
        """Brings up to `most` units to a borrower, other borrowers changing their lender where that makes room."""
        for i in self._from[j]:
            if i in tried:
                continue
            tried.add(i)
            units = min(most, res[i])
            res[i] -= units
            for other, row in enumerate(given) if not units else ():
                if other != j and row.get(i) and (units := self._push(other, min(most, row[i]), res, given, tried)):
                    row[i] -= units
                    break
            if units:
                given[j][i] = given[j].get(i, 0) + units
                return units
        return 0

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
