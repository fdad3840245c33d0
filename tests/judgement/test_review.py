"""Every difference of two numbers is the sum of its causes; the review says what is new, standing and gone."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from licsweep.position_types import CssmDifference, Finding, Subject
from licsweep.review_types import Contradiction
from reconcile.contradictions import NUMBERS
from reconcile.judge import judge
from tests.judgement.cases import CASES, FOLDER, bought, given, judged, states


def unbalanced(row: Contradiction) -> list[str]:
    known = [name for name in NUMBERS if getattr(row, name) is not None]
    return [
        f"{row.license}: {first} to {second}"
        for first, second in pairwise(known)
        if getattr(row, second) - getattr(row, first)
        != sum(cause.units for cause in row.causes if (cause.first, cause.second) == (first, second))
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_causes_add_up_to_the_difference(case: Path) -> None:
    rows = judged(case, states(case), bought(case)).contradictions
    assert [line for row in rows for line in unbalanced(row)] == []


def test_every_cause_is_met_by_a_case() -> None:
    """Those of product instances, those of strangers to the estate, and those of the other records."""
    known = {*get_args(get_type_hints(CssmDifference)["explanation"])}
    known |= {"ghost-in-cssm", "retired-in-cssm", "not-in-inventory", "instances-not-imported", "billed-by-usage"}
    known |= {"unused", "shortage", "substitution", "covered-by-subscription", "starts-later"}
    made = (judged(case, states(case), bought(case)).contradictions for case in CASES)
    assert {cause.cause for rows in made for row in rows for cause in row.causes} == known


def test_a_missing_cause_would_be_seen() -> None:
    case = FOLDER / "contradictions"
    (row,) = judged(case, states(case), bought(case)).contradictions
    assert unbalanced(replace(row, causes=row.causes[1:])) == [f"{row.license}: used to reported"]


def test_the_review_compares_with_earlier_findings() -> None:
    case = FOLDER / "review"
    now = given(case, states(case), bought(case))
    findings = judge(now).judgement.findings
    closed = Finding(
        code="LF041", name="onprem-stale", severity="warning", subject=Subject(kind="onprem", id="ssm-a"), message="old"
    )
    rows = judge(replace(now, since=[*(one for one in findings if one.name == "shortage"), closed])).review
    assert {(row.finding, row.since) for row in rows} == {
        ("shortage", "standing"),
        ("shortage-of-smart-account", "new"),
        ("report-overdue", "new"),
        ("token-expired", "new"),
        ("onprem-stale", "gone"),
    }
