"""The table of findings: whole, explainable, and the source of docs/findings.md."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from licsweep.position_types import SEVERITIES, Subject
from reconcile.findings import kinds as table_of_findings
from reconcile.findings.kinds import FindingKind, explain, kinds
from reconcile.findings.raised import RaisedFinding, merged, pool_subject
from reconcile.instances.drift import fold
from reconcile.judge import JudgementInput, judge
from reconcile.judgement_context import JudgementContext
from tests.judgement.cases import CASES, FOLDER, as_of, bought, judged, states

DOCS = Path(__file__).parents[2] / "docs"


def fixed_slugs() -> list[str]:
    text = (DOCS / "judgement.md").read_text()
    lists = re.findall(r"(?:Slugs fixed here|New slugs): (.*?)\.", text, re.DOTALL)
    assert len(lists) == 2
    return [slug.strip() for found in lists for slug in found.replace("\n", " ").split(",")]


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


def test_a_rule_is_a_function_and_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind of finding that nobody knows yet: one rule beside the others, one row of findings.yaml."""

    def pools_of_one(judged: JudgementContext) -> Iterator[RaisedFinding]:
        for pool in judged.pools:
            if pool.charged == 1:
                yield RaisedFinding("pool-of-one", pool_subject(pool), "1 license used", judged.evidence(pool))

    row = FindingKind(code="LF900", slug="pool-of-one", severity="info", meaning="m.", cause="c.", remedy="r.")
    monkeypatch.setattr(table_of_findings, "_by_name", lambda: {"pool-of-one": row})
    case = FOLDER / "exposure"
    given = JudgementInput(as_of=as_of(case), states=states(case), entitlements=bought(case))
    found = judge(given, rules=(pools_of_one,)).judgement.findings
    assert [(f.code, f.subject.id, f.advice) for f in found] == [
        ("LF900", "Example Networks/Branches/C9300 DNA Advantage", "r."),
        ("LF900", "Example Networks/Branches/C9300 Network Advantage", "r."),
    ]
    assert judge(given, rules=()).judgement.findings == ()


def test_lines_are_folded_by_digits_and_quoted_words() -> None:
    assert fold("Slot 1: 'a'") == fold("Slot  22: 'b c'") == 'Slot 0: "…"'
    assert fold("can't say isn't") == "can't say isn't"
    assert fold("Slot 1") != fold("Port 1")


def test_every_message_of_one_finding_is_kept() -> None:
    subject = Subject(kind="estate", id="x")
    first, *others = merged(RaisedFinding("shortage", subject, said) for said in ("10 short", "0 short", "10 short"))
    assert (first.message, others) == ("10 short; 0 short", [])


def test_no_advice_leads_back_to_the_page_that_shows_it() -> None:
    assert [one.slug for one in kinds() if "reason in `show" in one.remedy] == []
