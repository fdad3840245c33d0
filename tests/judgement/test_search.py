"""The search for transfers: as few as brute force finds, conserving, deterministic, and bounded."""

import time
from itertools import product
from operator import eq

from hypothesis import given, settings
from hypothesis import strategies as st

from reconcile.pools.search import Move, Party, fewest
from tests.fuzzing import examples


def parties(prefix: str, units: list[int], licenses: list[str] | None = None) -> list[Party]:
    names = licenses or ["gold"] * len(units)
    return [Party(account=f"{prefix}{n}", license=names[n], units=size) for n, size in enumerate(units)]


def same(lender: Party, borrower: Party) -> bool:
    return lender.license == borrower.license or (lender.license, borrower.license) == ("gold", "silver")


def least(supply: list[int], needs: list[int]) -> int | None:
    """The least number of transfers by trying every set of pairs; None where not all needs can be met."""
    pairs = list(product(range(len(supply)), range(len(needs))))
    best = None
    for chosen in product((False, True), repeat=len(pairs)):
        used = [pair for pair, on in zip(pairs, chosen, strict=True) if on]
        if (best is None or len(used) < best) and feasible(supply, needs, used):
            best = len(used)
    return best


def feasible(supply: list[int], needs: list[int], used: list[tuple[int, int]]) -> bool:
    """By Hall's condition: every set of borrowers finds its needs among the lenders that it is tied to."""
    for chosen in product((False, True), repeat=len(needs)):
        wanting = {j for j, on in enumerate(chosen) if on}
        lenders = {i for i, j in used if j in wanting}
        if sum(needs[j] for j in wanting) > sum(supply[i] for i in lenders):
            return False
    return True


sizes = st.lists(st.integers(1, 9), min_size=1, max_size=3)


@settings(max_examples=examples(120))
@given(sizes, sizes)
def test_as_few_as_brute_force(supply: list[int], needs: list[int]) -> None:
    plan = fewest(parties("l", supply), parties("b", needs), same)
    assert sum(move.units for move in plan) == min(sum(supply), sum(needs))
    met = [[*met] for met in product(*(range(n + 1) for n in needs)) if sum(met) == min(sum(supply), sum(needs))]
    whole = max(sum(map(eq, one, needs)) for one in met)
    ways = [one for one in met if sum(map(eq, one, needs)) == whole]
    assert len(plan) == min(filter(None, (least(supply, one) for one in ways)))
    given = [sum(move.units for move in plan if move.borrower == n) for n in range(len(needs))]
    assert sum(map(eq, given, needs)) == whole


@settings(max_examples=examples(200))
@given(
    st.lists(st.tuples(st.integers(1, 20), st.sampled_from(["gold", "silver"])), max_size=6),
    st.lists(st.tuples(st.integers(1, 20), st.sampled_from(["gold", "silver"])), max_size=6),
)
def test_conserves_and_keeps_to_what_is_allowed(lend: list[tuple[int, str]], borrow: list[tuple[int, str]]) -> None:
    lenders = parties("l", [n for n, _ in lend], [name for _, name in lend])
    borrowers = parties("b", [n for n, _ in borrow], [name for _, name in borrow])
    plan = fewest(lenders, borrowers, same)
    assert all(move.units > 0 and same(lenders[move.lender], borrowers[move.borrower]) for move in plan)
    for n, lender in enumerate(lenders):
        assert sum(move.units for move in plan if move.lender == n) <= lender.units
    for n, borrower in enumerate(borrowers):
        assert sum(move.units for move in plan if move.borrower == n) <= borrower.units
    pairs = [(move.lender, move.borrower) for move in plan]
    assert len(pairs) == len(set(pairs))
    gold = sum(p.units for p in lenders if p.license == "gold")
    silver = sum(p.units for p in lenders if p.license == "silver")
    wanted = {name: sum(p.units for p in borrowers if p.license == name) for name in ("gold", "silver")}
    in_gold = min(gold, wanted["gold"])
    most = in_gold + min(wanted["silver"], silver + gold - in_gold)
    assert sum(move.units for move in plan) == most


def test_greedy_alone_would_take_more() -> None:
    plan = fewest(parties("l", [8, 6]), parties("b", [6, 5, 3]), same)
    assert sorted(plan, key=lambda m: m.borrower) == [Move(1, 0, 6), Move(0, 1, 5), Move(0, 2, 3)]


def test_a_large_problem_is_bounded() -> None:
    lenders = parties("l", [7 + n % 5 for n in range(150)])
    borrowers = parties("b", [3 + n % 11 for n in range(150)])
    start = time.process_time()
    plan = fewest(lenders, borrowers, same)
    assert time.process_time() - start < 5
    assert sum(move.units for move in plan) == min(sum(p.units for p in lenders), sum(p.units for p in borrowers))


@settings(max_examples=examples(120))
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=3), sizes)
def test_what_lenders_keep_goes_last(supply: list[tuple[int, int]], needs: list[int]) -> None:
    """Most units closed; of them as few as can be of what lenders would keep; then as few transfers as brute force."""
    lenders = [Party(account=f"l{n}", license="gold", units=free, kept=kept) for n, (free, kept) in enumerate(supply)]
    plan = fewest(lenders, parties("b", needs), same)
    free, kept = sum(n for n, _ in supply), sum(n for _, n in supply)
    moved = sum(move.units for move in plan)
    assert moved == min(free + kept, sum(needs))
    given_away = [sum(move.units for move in plan if move.lender == n) for n in range(len(supply))]
    drawn = sum(max(0, units - supply[n][0]) for n, units in enumerate(given_away))
    assert drawn == max(0, moved - free)
    if not drawn and free >= sum(needs):
        assert len(plan) == least([n for n, _ in supply], needs)


def test_a_lender_that_gives_anyway_gives_its_buffer_first() -> None:
    lenders = [Party(account="a", license="gold", units=0, kept=5), Party(account="b", license="gold", units=3, kept=2)]
    assert fewest(lenders, parties("c", [5]), same) == [Move(1, 0, 5)]
