"""The table of findings: whole, explainable, and the source of docs/findings.md."""

import json
import re
from pathlib import Path

import pytest

from licsweep.position_types import SEVERITIES
from reconcile.findings import explain, kinds
from tests.judgement.cases import CASES, bought, judged, states

DOCS = Path(__file__).parents[2] / "docs"


def fixed_slugs() -> list[str]:
    text = re.search(r"Slugs fixed here: (.*?)\.\n\n", (DOCS / "judgement.md").read_text(), re.DOTALL)
    assert text
    return [slug.strip() for slug in text[1].replace("\n", " ").split(",")]


def test_codes_are_the_places_of_the_fixed_slugs() -> None:
    slugs = fixed_slugs()
    assert {kind.slug: kind.code for kind in kinds()} == {
        kind.slug: f"LF{slugs.index(kind.slug) + 1:03}" for kind in kinds()
    }
    assert len({kind.code for kind in kinds()}) == len(kinds())


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.slug)
def test_every_kind_is_told_whole(kind: object) -> None:
    told = explain(kind.slug)  # type: ignore[attr-defined]
    assert told is kind
    assert explain(told.code.lower()) is kind
    assert told.severity in SEVERITIES
    assert all(text.endswith(".") for text in (told.meaning, told.cause, told.remedy))
    assert f"## {told.code} {told.slug} ({told.severity})" in (DOCS / "findings.md").read_text()


def test_what_does_not_exist_is_not_explained() -> None:
    assert explain("LF999") is None


def test_every_kind_is_raised_by_a_case() -> None:
    raised = {f.name for case in CASES for f in judged(case, states(case), bought(case)).judgement.findings}
    assert raised == {kind.slug for kind in kinds()}


def test_findings_carry_the_lines_they_rest_on(tmp_path: Path) -> None:
    line = {"field": "licenses[0].count", "command": "show license all", "line_number": 42, "text": "  Count: 3"}
    seen = {
        "hostname": "acc-01.example",
        "captured_at": "2026-05-31T12:00:00Z",
        "licensing_model": "slup",
        "virtual_account": "Campus",
        "licenses": [{"name": "x", "entitlement_tag": "Example X", "count": 3, "status": "in-use"}],
        "evidence": [line],
    }
    (tmp_path / "observations.json").write_text(json.dumps([seen]))
    (tmp_path / "entitlements.csv").write_text(
        "Smart Account,Virtual Account,License,License Type,Quantity,Start Date,End Date\n"
        "Example Networks,Campus,Example X,PERPETUAL,2,,\n"
    )
    (tmp_path / "expected.json").write_text('{"as_of": "2026-06-01T00:00:00Z"}')
    made = judged(tmp_path, states(tmp_path), bought(tmp_path))
    use = made.uses[0]
    assert (use.capture, use.line, use.text) == ("1/acc-01.example/show license all", 42, "  Count: 3")
    shortage = next(f for f in made.judgement.findings if f.name == "shortage")
    assert [(e.entitlement, e.row, e.capture, e.line) for e in shortage.evidence] == [
        (str(tmp_path / "entitlements.csv"), 2, None, None),
        (None, None, "1/acc-01.example/show license all", 42),
    ]
