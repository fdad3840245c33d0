"""Every folder of fixtures/judgement comes out as computed by hand."""

import copy
import random
from pathlib import Path

import pytest

from licsweep.serialization import plain
from tests.judgement.cases import CASES, bought, differences, expected, judged, listed, states


def name(case: Path) -> str:
    return case.name


@pytest.mark.parametrize("case", CASES, ids=name)
def test_case(case: Path) -> None:
    assert differences(expected(case), judged(case, states(case), bought(case))) == []


@pytest.mark.parametrize("case", CASES, ids=name)
def test_order_of_input_does_not_matter(case: Path) -> None:
    first = judged(case, states(case), bought(case))
    for seed in range(3):
        hosts, rows, instances = states(case), bought(case), listed(case)
        for shuffled in (hosts, rows, instances):
            random.Random(seed).shuffle(shuffled)
        assert plain(judged(case, hosts, rows, instances)) == plain(first)


@pytest.mark.parametrize("case", CASES, ids=name)
def test_importing_twice_changes_nothing(case: Path) -> None:
    """Of one scope only the newest export counts, so that the same file again is the same judgement."""
    first = judged(case, states(case), bought(case))
    assert plain(judged(case, states(case), bought(case))) == plain(first)


@pytest.mark.parametrize("case", CASES, ids=name)
def test_pool_figures_are_sums_of_their_lines(case: Path) -> None:
    made = judged(case, states(case), bought(case))
    for pool in made.judgement.pools:
        key = (pool.smart_account, pool.virtual_account, pool.license_id)
        lines = [u for u in made.uses if (u.smart_account, u.virtual_account, u.license_id) == key]
        for figure in ("in_use", "in_evaluation", "reserved"):
            assert getattr(pool, figure) == sum(u.count or 0 for u in lines if u.counted_as == figure)
        assert pool.in_use_stale == sum(u.count or 0 for u in lines if u.counted_as == "in_use" and u.stale)


def test_there_are_cases() -> None:
    assert len(CASES) >= 100


def test_a_wrong_expectation_is_noticed() -> None:
    case = next(c for c in CASES if expected(c).get("pools") and expected(c).get("findings"))
    right, made = expected(case), judged(case, states(case), bought(case))
    assert differences(right, made) == []
    for spoil in (
        lambda w: w["pools"][0].update(in_use=12345),
        lambda w: w["pools"].pop(),
        lambda w: w["findings"].append("shortage nobody"),
        lambda w: w["findings"].pop(),
        lambda w: w["pools"][0].update(no_such_key=None),
    ):
        wrong = copy.deepcopy(right)
        spoil(wrong)
        assert differences(wrong, made) != []
