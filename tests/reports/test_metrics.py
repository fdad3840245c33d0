"""The table of metrics, its text as Prometheus' own parser reads it, and the checks that are made of it."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families as parsed

from licsweep.action_types import Deadline
from licsweep.errors import MissingExtra, UsageError
from licsweep.position_types import Coverage, Exposure, Finding, Instance, Judgement, JudgementResult, Pool, Subject
from licsweep.reports.checks import CheckResult, checked, plugin_line, worst
from licsweep.reports.metrics import LastRun, Monitored, label_value, metrics_table, render
from licsweep.settings import Settings

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOSTILE = 'a"b\\c\nlicsweep_hosts{outcome="ok"} 9\n\x1b[31m\u202e' + "x" * 500
POOL = {"smart_account": "Example Networks", "virtual_account": HOSTILE, "license": "A", "license_id": "a"}


def finding(name: str, severity: Any, waived_by: str | None = None) -> Finding:
    subject = Subject(kind="instance", id="acc-01")
    return Finding(code="LS", name=name, severity=severity, subject=subject, message="", waived_by=waived_by)


JUDGEMENT = Judgement(
    as_of=AT,
    coverage=Coverage(selected=4, outcomes={"ok": 3, "unreachable": 1}, percent=75.0),
    pools=(
        Pool(**POOL, owned=10, charged=12, balance=-2, shortage=2),
        Pool(**{**POOL, "license_id": "b"}, owned=None, charged=1, balance=None, shortage=None, buffer_target=None),
    ),
    instances=(
        Instance(hostname="acc-01", compliance_state="report-due", days_left=12),
        Instance(hostname=HOSTILE + "1", compliance_state="report-due", days_left=40, service_affecting=True),
        Instance(hostname=HOSTILE + "2", compliance_state="legacy"),
        Instance(hostname="acc-04", compliance_state="report-due", days_left=30),
    ),
    exposure=(Exposure(smart_account=None, license="A", units=2),),
    findings=(
        finding("report-due", "warning"),
        finding("report-due", "warning"),
        finding("report-due", "warning", "Chris"),
        finding("shortage", "error"),
    ),
)
ABOUT = Monitored(
    result=JudgementResult(judgement=JUDGEMENT),
    runs=(LastRun(kind="sweep", ended_at=datetime(2026, 5, 1, 2, tzinfo=UTC), seconds=61.5),),
)


def families(about: Monitored = ABOUT) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Metric -> labels -> value, as the parser reads it; a series that is there twice is refused."""
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in parsed(render(about)):
        assert family.name not in found
        assert (family.type, bool(family.documentation)) == ("gauge", True)
        series = [(tuple(sorted(one.labels.items())), one.value) for one in family.samples]
        found[family.name] = dict(series)
        assert len(found[family.name]) == len(series)
    return found


def test_the_figures_are_those_of_the_judgement() -> None:
    found = families()
    assert list(found) == [row.name for row in metrics_table().metrics]
    assert found["licsweep_hosts"] == {(("outcome", "ok"),): 3, (("outcome", "unreachable"),): 1}
    assert found["licsweep_last_success_timestamp_seconds"] == {(("kind", "sweep"),): 1777600800}
    assert found["licsweep_last_success_duration_seconds"] == {(("kind", "sweep"),): 61.5}
    assert found["licsweep_instances"] == {
        (("compliance_state", "legacy"),): 1,
        (("compliance_state", "report-due"),): 3,
    }
    assert sorted(found["licsweep_instance_days_left"].values()) == [12, 30, 40]
    assert list(found["licsweep_pool_balance"].values()) == [-2]  # what is not known is no series
    assert sorted(found["licsweep_pool_charged"].values()) == [1, 12]
    assert {
        (dict(key)["finding"], dict(key)["waived_by"]): value for key, value in found["licsweep_findings"].items()
    } == {("report-due", ""): 2, ("report-due", "Chris"): 1, ("shortage", ""): 1}


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(MissingExtra) as error:
        render(ABOUT)
    assert (error.value.why, error.value.hint) == (
        "prometheus_client is not installed",
        "pip install 'licsweep[metrics]'",
    )


def test_hostile_names_stay_labels_and_stay_apart() -> None:
    assert len(families()["licsweep_hosts"]) == 2
    names = [label_value(HOSTILE + end) for end in "12"]
    assert names[0] != names[1]
    assert all(len(name) < 200 and name.isprintable() for name in names)
    assert label_value("acc-01") == "acc-01"


@given(st.lists(st.text(max_size=300), unique=True, max_size=4))
def test_any_names_can_be_read_back(names: list[str]) -> None:
    instances = tuple(Instance(hostname=name, days_left=number) for number, name in enumerate(names))
    about = replace(ABOUT, result=JudgementResult(judgement=replace(JUDGEMENT, instances=instances)))
    found = families(about)["licsweep_instance_days_left"]
    assert {dict(key)["hostname"]: value for key, value in found.items()} == {
        label_value(name): number for number, name in enumerate(names)
    }


KINDS: list[tuple[Literal["report", "term"], int]] = [("report", 2), ("term", 31), ("term", 20)]


def results(warning: dict[str, str] | None = None, **more: Any) -> dict[str, CheckResult]:
    found = checked(more.get("about", ABOUT), Settings(), warning or {}, more.get("critical", {}))
    return {one.check: one for one in found}


def test_checks_have_ranges_values_and_subjects() -> None:
    found = results()
    assert (found["days_left"].state, found["days_left"].value, found["days_left"].subject) == ("warning", 12, "acc-01")
    assert (found["last_success_age"].value, found["last_success_age"].state) == (36000, "ok")
    assert (found["coverage"].state, found["coverage"].warning) == ("warning", "98:")
    assert (found["shortage"].state, found["error_findings"].value) == ("warning", 1)
    assert (found["critical_findings"].state, found["critical_findings"].value) == ("ok", 0)
    assert (found["subscription_days_left"].state, found["subscription_days_left"].value) == ("ok", None)
    assert (found["term_days_left"].state, found["term_days_left"].value) == ("ok", None)


def test_the_next_term_is_found_by_its_kind() -> None:
    """A report is due before it, and is of another check."""
    due = [Deadline(kind=kind, day=date(2027, 1, days), days_left=days, about=kind) for kind, days in KINDS]
    about = replace(ABOUT, result=JudgementResult(judgement=JUDGEMENT, deadlines=tuple(due)))
    one = results(about=about)["term_days_left"]
    assert (one.state, one.value, one.subject) == ("warning", 20, "term")


@pytest.mark.parametrize(
    ("warning", "critical", "state"),
    [
        ("12:", "~:", "ok"),
        ("13:", "~:", "warning"),
        ("13:", "13:", "critical"),
        ("11", "~:", "warning"),
        ("10:20", "~:", "ok"),
        ("@10:20", "~:", "warning"),
        ("~:12", "~:", "ok"),
        ("~:11.5", "~:", "warning"),
    ],
)
def test_ranges_are_those_of_the_guidelines(warning: str, critical: str, state: str) -> None:
    assert results({"days_left": warning}, critical={"days_left": critical})["days_left"].state == state


@pytest.mark.parametrize(
    ("name", "text"), [("days_left", "x"), ("days_left", "1:2:3"), ("days_left", " 5:"), ("days", "14:")]
)
def test_a_wrong_range_or_name_is_refused(name: str, text: str) -> None:
    with pytest.raises(UsageError):
        results({name: text})


def test_where_nothing_was_swept_the_age_is_critical() -> None:
    found = results(about=replace(ABOUT, runs=()))
    assert (found["last_success_age"].state, found["last_success_age"].value) == ("critical", None)
    off = results(about=replace(ABOUT, runs=()), warning=(no := {"last_success_age": "~:"}), critical=no)
    assert off["last_success_age"].state == "ok"
    assert worst(list(found.values())) == "critical"


def test_the_line_of_a_plugin() -> None:
    line = plugin_line(list(results().values()))
    told, _, data = line.partition(" | ")
    assert told.startswith("LICSWEEP WARNING - coverage is 75%, outside 98:; days_left is 12 (acc-01), outside 30:")
    assert data.split()[:3] == ["last_success_age=36000s;108000;216000", "coverage=75%;98:;50:", "days_left=12;30:;7:"]
    evil = replace(JUDGEMENT, instances=(Instance(hostname="a|b=1\n", days_left=1),))
    line = plugin_line(list(results(about=replace(ABOUT, result=JudgementResult(judgement=evil))).values()))
    assert (line.count("|"), line.count("\n")) == (1, 0)


def unknown_metrics(groups: Sequence[dict[str, Any]]) -> set[str]:
    import re

    rules = [rule for group in groups for rule in group["rules"]]
    assert all({"alert", "expr", "labels", "annotations"} <= rule.keys() for rule in rules)
    labels = {row.name: set(row.labels) for row in metrics_table().metrics}
    used = {name for rule in rules for name in re.findall(r"licsweep_\w+", rule["expr"])}
    for rule in rules:
        (name, *_) = re.findall(r"licsweep_\w+", rule["expr"])
        asked = re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])
        asked += re.findall(r"(\w+)=\"", rule["expr"])
        used |= {f"{name}.{label}" for label in asked if label not in labels.get(name, ())}
    return used - labels.keys()


def test_the_alert_rules_name_metrics_that_there_are() -> None:
    groups = yaml.safe_load((ROOT / "contrib/prometheus/licsweep-rules.yml").read_text())["groups"]
    assert unknown_metrics(groups) == set()
    rule = {"alert": "A", "expr": 'licsweep_zz{no=""} > 1', "labels": {}, "annotations": {"summary": ""}}
    assert unknown_metrics([{"rules": [rule]}]) == {"licsweep_zz", "licsweep_zz.no"}


def test_every_check_is_of_a_metric_and_its_labels() -> None:
    labels = {row.name: row.labels for row in metrics_table().metrics}
    assert [row.name for row in metrics_table().checks if not row.labels.keys() <= labels[row.metric].keys()] == []
    page = (ROOT / "docs/how-to/monitoring.md").read_text()
    rows = (*metrics_table().metrics, *metrics_table().checks)
    assert [row.name for row in rows if f"`{row.name}`" not in page] == []
