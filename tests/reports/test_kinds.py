"""What the reports say: figures with their evidence, openly missing where nobody printed them."""

import json
from dataclasses import replace
from typing import get_args

import pytest

from licsweep import serialization
from licsweep.errors import InputError
from licsweep.position_types import Coverage, DriftLine, Entitlement, Judgement, JudgementResult, OwnedTerm, Term
from licsweep.reports import KINDS
from licsweep.reports.view import Column, Tone, layout

from .conftest import WRITTEN, Given


def table(report, name):
    table = next(t for t in report.tables if t.name == name)
    return [{column.key: value for value, column in row} for row in table.cells()]


def card(report, title):
    return next(c for c in report.cards if c.title == title)


def test_coverage_stands_first_and_adds_up(given):
    for kind in KINDS:
        report = given.report(kind)
        assert [c.title for c in report.cards[:2]] == ["Hosts selected", "Coverage"]
        assert sum(row["count"] for row in table(report, "outcomes")) == report.coverage.selected
        assert table(report, "outcomes")[-1] == {"value": "no result recorded", "count": 1, "share": 10.0}


def test_who_did_not_answer_is_listed(given):
    for kind in ("usage", "estate", "transition"):
        report = given.report(kind)
        assert [(r["hostname"], r["outcome"], r["captured_at"] is None) for r in table(report, "not-read")] == [
            ("acc-06.example", "auth-failed", True),
            ("acc-02.example", "unreachable", False),
        ]


def test_lines_of_a_pool_sum_to_its_figure(given):
    report = given.report("usage")
    for pool in table(report, "pools"):
        lines = [r for r in table(report, "lines") if r["pool"] == pool["pool"]]
        assert sum(r["count"] or 0 for r in lines if r["counted_as"] == "in_use") == pool["in_use"]
        assert pool["lines_in_use"] == pool["in_use"]
    assert card(report, "Pools that add up").tone == "good"


def test_a_pool_that_does_not_add_up_is_said(given):
    judgement = given.result.judgement
    wrong = replace(judgement, pools=(replace(judgement.pools[0], in_use=6), *judgement.pools[1:]))
    report = Given(replace(given.result, judgement=wrong)).report("usage")
    assert (card(report, "Pools that add up").value, card(report, "Pools that add up").tone) == ("4 of 5", "bad")


def test_what_nobody_imported_is_not_zero(given):
    pools = table(given.report("usage"), "pools")
    orphan = next(pool for pool in pools if pool["virtual_account"] == "unassigned")
    assert (orphan["owned"], orphan["balance"], orphan["shortage"], orphan["status"]) == (
        None,
        None,
        None,
        "owned-unknown",
    )
    assert (orphan["in_use"], orphan["charged"]) == (1, 1)
    owned_none = next(pool for pool in pools if pool["status"] == "shortage")
    assert (owned_none["owned"], owned_none["shortage"]) == (0, 1)
    assert card(given.report("usage"), "Pools short").value == "1"


def test_every_line_names_its_evidence(given):
    lines = table(given.report("usage"), "lines")
    assert len(lines) == len(given.result.uses)
    assert all(row["line"] and row["text"] and row["captured_at"] for row in lines)
    assert {row["command"] for row in lines} == {"show license all", "show license usage"}
    assert {row["snapshot"] for row in lines} == {"2"}


def test_clock_puts_stopping_service_and_overdue_first(given):
    rows = table(given.report("usage"), "instances")
    assert [row["hostname"] for row in rows[:3]] == ["edge-01.example", "acc-02.example", "acc-01.example"]
    assert (rows[1]["days_left"], rows[1]["line"], rows[1]["command"]) == (-11, 57, "show license all")
    assert rows[0]["line"] is None, "no line was recorded: said so, not guessed"


def test_outside_of_pools(given):
    rows = table(given.report("usage"), "outside")
    assert [row["why"] for row in rows] == ["ambiguous", "legacy: not visible in CSSM", "unmatched"]
    assert "Idle License" not in {row["entitlement_tag"] for row in rows}, "a count of 0 is not unmatched"


def test_estate_findings_by_severity_with_evidence(given):
    rows = table(given.report("estate"), "findings")
    assert [row["severity"] for row in rows] == ["critical", "error", "warning", "info"]
    assert rows[1]["evidence"] == "2/acc-01.example/show license all, line 102: Count: 1 | cssm-export.csv, row 3"
    assert rows[2]["evidence"] is None
    assert rows[3]["evidence"].endswith("| and 2 more")


def test_estate_drift_is_that_of_the_judgement(given):
    lines = (
        DriftLine(
            agent="agent 6.4.1",
            command="show license all",
            shape="Slot 0",
            instances=2,
            lines=3,
            hostname="acc-01.example",
            line=120,
            text="Slot 3",
            capture="1/acc-01.example/show license all",
        ),
    )
    report = Given(replace(given.result, drift=lines)).report("estate")
    assert table(report, "drift") == [
        {
            "shape": "Slot 0",
            "agent": "agent 6.4.1",
            "instances": 2,
            "lines": 3,
            "hostname": "acc-01.example",
            "command": "show license all",
            "line": 120,
            "text": "Slot 3",
        }
    ]


def test_estate_distributions_count_only_what_was_read(given):
    report = given.report("estate")
    releases = table(report, "release")
    assert sum(row["count"] for row in releases) == 8
    assert releases[-1]["value"] is None
    assert next(row["hostname"] for row in table(report, "oldest")) == "acc-02.example"
    assert [row["hostname"] for row in table(report, "deadlines")][:2] == ["edge-01.example", "acc-02.example"]


def test_an_empty_judgement_makes_a_whole_report():
    nothing = JudgementResult(
        judgement=Judgement(as_of=WRITTEN, coverage=Coverage(selected=0, outcomes={}, percent=0.0))
    )
    for kind in KINDS:
        report = Given(nothing).report(kind)
        assert all(t.rows == () and t.empty for t in report.tables if t.name != "pages")
        assert card(report, "Oldest capture").value == "not known"


def test_entitlement_rows_lead_to_their_pool(given):
    pool = given.result.judgement.pools[0]
    bought = Entitlement(license=f" {pool.license}", source_file="export.csv", source_row=3)
    terms = [
        OwnedTerm(
            smart_account=pool.smart_account,
            virtual_account=pool.virtual_account,
            license_id=pool.license_id,
            counted_as=counted_as,
            entitlement=bought,
            term=term,
        )
        for counted_as, term in (("owned", Term(type="perpetual", quantity=2)), ("no limit", Term(type="usage")))
    ]
    report = Given(replace(given.result, owned_terms=tuple(terms))).report("usage")
    number = next(
        row["pool"]
        for row in table(report, "pools")
        if (row["virtual_account"], row["license"]) == (pool.virtual_account, pool.license)
    )
    rows = table(report, "owned")
    assert [(row["pool"], row["counted_as"], row["source_row"]) for row in rows] == [
        (number, "owned", 3),
        (number, "no limit", 3),
    ]


def test_every_layout_is_of_a_table_and_whole(given):
    layouts = layout()["tables"]
    assert set(layouts) == {t.name for kind in KINDS for t in given.report(kind).tables}
    assert set(layout()["reports"]) == set(KINDS)
    assert set(layout()["tones"]) | {"quiet"} == set(get_args(Tone))
    assert set(get_args(Tone)) < set(layout()["excel"])
    columns = [column for table in layouts.values() for column in table["columns"]]
    assert serialization.check_json(json.dumps(columns), tuple[Column, ...], "tables.yaml")
    assert {column.get("ref") for column in columns} == {None, "pools", "lines"}
    with pytest.raises(InputError, match="kind"):
        serialization.check_json(json.dumps([{**columns[0], "kind": "integer"}]), tuple[Column, ...], "tables.yaml")
