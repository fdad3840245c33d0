"""`licsweep report contract`: from contract.yaml and what was read to figures, findings and a forecast."""

from pathlib import Path

import pytest

from tests.cli.conftest import licsweep
from tests.cli.test_diff import LABEL, box, ingest, use
from tests.cli.test_verbs import data

CONTRACT = """agreements:
- id: EA-1
  start: 2025-07-01
  end: 2028-06-30
  true_forward: [2026-07-01]
  suites:
  - name: Switching
    licenses: [{license: C9300 48P NW Advantage}]
    commitments: [{quantity: 10, unit_price: 100, price_basis: unit-year, currency: USD}]
"""
COUNTS = {"2026-01-01": 6, "2026-01-31": 7, "2026-03-02": 8, "2026-04-01": 9, "2026-05-01": 12}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("contract")
    (folder / "contract.yaml").write_text(CONTRACT)
    for day, count in COUNTS.items():
        for hour in ("06", "09"):  # the last value of a day counts
            ingest(
                folder,
                box("acc-01", "FOC0000X001", use(LABEL, count + (hour == "06")), captured_at=f"{day}T{hour}:00:00Z"),
            )
    return folder


def test_the_json_is_that_of_the_contract(project: Path) -> None:
    done = licsweep("report", "contract", "--as-of", "2026-05-01", "--format", "json", "--project", project)
    assert '"schema": "licsweep/contract/1"' in done.out
    found = data(done)
    assert list(found) == ["as_of", "agreements", "subscriptions", "hygiene", "findings"]
    (agreement,) = found["agreements"]
    (suite,) = agreement["suites"]
    assert (suite["used"], suite["entitled"], suite["over_by_use"], suite["exposure_by_use"]) == (12, 10, 2, 400.0)
    assert [(f["name"], f["subject"]) for f in found["findings"]] == [
        ("true-forward-overage", {"kind": "contract", "id": "EA-1/Switching"})
    ]
    assert [f for f in _reconciled(project) if f["subject"]["kind"] == "contract"] == found["findings"]


def _reconciled(project: Path) -> list[dict[str, object]]:
    found = data(licsweep("reconcile", "--as-of", "2026-05-01", "--format", "json", "--project", project))
    rows: list[dict[str, object]] = found["findings"]
    return rows


def test_the_forecast_goes_through_the_last_value_of_each_day(project: Path) -> None:
    found = data(licsweep("report", "contract", "--as-of", "2026-05-01", "--format", "json", "--project", project))
    # Ten slopes: six of 1/30 a day, the others larger; their median is 1/30, through 6 on 2026-01-01 at 09:00.
    ahead = found["agreements"][0]["suites"][0]["forecast"]
    assert (ahead["at"], ahead["points"], ahead["method"]) == ("2026-07-01", 5, "theil-sen")
    assert ahead["used"] == pytest.approx(6 + (181 - 9 / 24) / 30, abs=0.01)
    assert ahead["low"] <= ahead["used"] <= ahead["high"]
    early = data(licsweep("report", "contract", "--as-of", "2026-03-03", "--format", "json", "--project", project))
    assert "fewer than 4" in early["agreements"][0]["suites"][0]["forecast"]["refused"]


@pytest.mark.parametrize("form", ["table", "csv"])
def test_the_report_is_readable_without_json(project: Path, form: str) -> None:
    done = licsweep("report", "contract", "--as-of", "2026-05-01", "--format", form, "--project", project)
    assert (done.code, "Switching" in done.out, "400.00" in done.out) == (0, True, True)


def test_a_plan_changes_nothing_and_has_json(project: Path) -> None:
    arguments = ("--as-of", "2026-05-01", "--project", project)
    done = licsweep("plan", "what-if", "--retire", "acc-01", *arguments)
    assert (done.code, "EA-1" in done.out, "true-forward-overage" in done.out) == (0, True, True)
    found = data(licsweep("plan", "what-if", "--retire", "acc-01", "--format", "json", *arguments))
    assert [(s["before"]["used"], s["after"]["used"]) for s in found["suites"]] == [(12, 0)]
    found = data(licsweep("plan", "divest", "acc-*", "--lead-days", "10", "--format", "json", *arguments))
    assert [one["hostname"] for one in found["instances"]] == ["acc-01"]
    done = licsweep("plan", "divest", "acc-*", *arguments)
    assert "1. Agree with the other side" in done.out
    assert licsweep("plan", "merge", "Nobody", "Example Networks", *arguments).code == 2
    assert licsweep("plan", "what-if", *arguments).code == 2
    again = data(licsweep("report", "contract", "--format", "json", *arguments))
    assert again["agreements"][0]["suites"][0]["used"] == 12


def test_the_review_compares_with_a_date_or_a_file(project: Path, tmp_path: Path) -> None:
    arguments = ("--as-of", "2026-05-01", "--project", project)
    now = data(licsweep("report", "review", "--since", "2026-04-01", "--format", "json", *arguments))
    assert [(row["finding"], row["since"]) for row in now["checklist"]] == [
        ("entitlements-missing", "standing"),
        ("true-forward-overage", "new"),
    ]
    saved = tmp_path / "then.json"
    licsweep("reconcile", "--format", "json", "-o", saved, *arguments)
    same = data(licsweep("report", "review", "--since", saved, "--format", "json", *arguments))
    assert {row["since"] for row in same["checklist"]} == {"standing"}
    saved.write_text('{"data": {"findings": [{"name": 1}]}}')
    for output in ("", "-"):
        assert licsweep("report", "review", "-o", output, *arguments).code == 2
    for kind, since in (
        ("review", saved),
        ("review", tmp_path / "none.json"),
        ("review", "soon"),
        ("review", "2026-05-02"),
        ("usage", "2026-04-01"),
    ):
        assert licsweep("report", kind, "--since", since, *arguments).code == 2


def test_contradictions_are_read_from_the_store(project: Path) -> None:
    found = data(
        licsweep("report", "contradictions", "--as-of", "2026-05-01", "--format", "json", "--project", project)
    )
    (row,) = found["numbers"]
    assert (row["used"], row["owned"], row["entitled"]) == (12, None, 10)
    assert [(cause["cause"], cause["units"]) for cause in found["causes"]] == [("shortage", -2)]
