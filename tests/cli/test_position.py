"""What was bought and what CSSM lists, from file to report, on one small project."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from licsweep.reports import KINDS
from tests.cli.conftest import licsweep
from tests.cli.test_diff import LABEL, box, ingest, use
from tests.cli.test_verbs import data

INSTANCES = """smart_account: Example Networks
exported_at: 2026-05-01
product_instances:
  - {virtual_account: Campus, pid: C9300-48P, sn: FOC0000X001, name: acc-01, last_contact: 2026-04-30,
     licenses: [{license: C9300 48P NW Advantage, quantity: 2}]}
  - {virtual_account: Branches, pid: C9300-48P, sn: FOC0000X003, name: acc-03, last_contact: 2026-04-30}
  - {virtual_account: Branches, pid: C9300-48P, sn: FOC0000X008, name: acc-03, last_contact: 2025-11-01,
     licenses: [{license: C9300 48P NW Advantage, quantity: 1}]}
  - {virtual_account: Campus, pid: C9300-48P, sn: FOC0000X009, name: lab-01, last_contact: 2025-02-01}
"""
BOUGHT = """Virtual Account,License,License Type,Quantity,Start Date,End Date,In Use
Campus,C9300 48P NW Advantage,Perpetual,20,2024-01-01,,2
Campus,C9300 48P NW Advantage,Term,5,2024-01-01,2025-12-31,
Branches,C9300 48P NW Advantage,Term,1,2026-01-01,2026-12-31,1
"""
AS_OF = ("--as-of", "2026-05-01T12:00:00Z")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("position")
    unassigned = {"virtual_account": None, "smart_account": None}
    ingest(
        folder,
        box("acc-01", "FOC0000X001", use(LABEL, 2)),
        box("acc-02", "FOC0000X002", use(LABEL, 3), virtual_account="Branches"),
        box("acc-03", "FOC0000X003", use(LABEL, 1), **unassigned),
        box("acc-04", "FOC0000X004", licensing_model="classic", slup_enabled=False, release="16.9.4"),
    )
    (folder / "instances.yaml").write_text(INSTANCES)
    (folder / "bought.csv").write_text(BOUGHT)
    done = licsweep("entitlements", "import", folder / "instances.yaml", "--as", "cssm-instances", "--project", folder)
    assert (done.code, done.out) == (0, f"4 product instances imported from {folder / 'instances.yaml'}\n")
    done = licsweep(
        "entitlements", "import", folder / "bought.csv", "--smart-account", "Example Networks",
        "--exported-at", "2026-05-01T00:00:00Z", "--project", folder,
    )  # fmt: skip
    assert (done.code, done.out) == (0, f"2 entitlements imported from {folder / 'bought.csv'}\n")
    return folder


def report(folder: Path, kind: str) -> Any:
    return data(licsweep("report", kind, *AS_OF, "--format", "json", "--project", folder))


def test_an_export_of_instances_gives_the_account(project: Path) -> None:
    judged = data(licsweep("reconcile", *AS_OF, "--project", project, "--format", "json"))
    (one,) = [row for row in judged["instances"] if row["hostname"] == "acc-03"]
    assert (one["virtual_account"], one["virtual_account_source"]) == ("Branches", "cssm-export")
    names = {row["name"] for row in judged["findings"]}
    assert {"ghost-in-cssm", "replaced-serial", "shortage", "false-shortage"} <= names


def test_transfers_and_what_is_to_clean_up(project: Path) -> None:
    found = report(project, "transfers")
    (move,) = found["close"]
    assert (move["from"], move["to"], move["quantity"], move["closes"]) == ("Campus", "Branches", 3, 3)
    (short,) = found["shortages"]
    assert (short["virtual_account"], short["shortage"], short["closed_whole"]) == ("Branches", 3, True)
    assert "moving 3 of C9300 48P NW Advantage from Campus" in short["proposal"]
    assert found["exposure"] == []
    assert [(row["reason"], row["sn"], row["hostname"]) for row in found["clean_up"]] == [
        ("ghost-in-cssm", "FOC0000X009", None),
        ("replaced-serial", "FOC0000X008", "acc-03"),
    ]


def test_the_clean_up_list_is_a_csv_beside_the_transfers(project: Path, tmp_path: Path) -> None:
    done = licsweep("report", "transfers", *AS_OF, "--format", "csv", "-o", tmp_path, "--project", project)
    files = {Path(line).name.removeprefix("licsweep-transfers-2026-05-01-"): Path(line) for line in done.out.split()}
    names = ["close", "restore-buffer", "shortages", "exposure", "clean-up", "outcomes", "not-read"]
    assert list(files) == [f"{name}.csv" for name in names]
    rows = list(csv.DictReader(files["clean-up.csv"].read_text().splitlines()))
    assert [(row["reason"], row["sn"], row["virtual_account"]) for row in rows] == [
        ("ghost-in-cssm", "FOC0000X009", "Campus"),
        ("replaced-serial", "FOC0000X008", "Branches"),
    ]
    assert next(csv.DictReader(files["close.csv"].read_text().splitlines()))["to"] == "Branches"


def test_the_index_has_its_pages_beside_it(project: Path, tmp_path: Path) -> None:
    done = licsweep("report", "index", *AS_OF, "--format", "html", "-o", tmp_path, "--project", project)
    index, *others = map(Path, done.out.split())
    assert index.name == "licsweep-index-2026-05-01.html"
    linked = set(re.findall(r'href="(licsweep-[^"]+)"', index.read_text()))
    assert linked == {path.name for path in others}
    assert len(linked) == len(KINDS) - 1


def test_transition_shows_both_worlds(project: Path) -> None:
    rows = report(project, "transition")["transition"]
    assert [(row["hostname"], row["step"], row["order"]) for row in rows][:1] == [("acc-04", "upgrade-needed", 1)]
    assert {row["step"] for row in rows[1:]} == {"already"}
    assert rows[0]["needs_release"]
    assert rows[0]["source"]


def test_owned_is_the_sum_of_its_rows(project: Path) -> None:
    found = report(project, "usage")
    for pool in found["pools"]:
        rows = [row for row in found["owned"] if row["pool"] == pool["pool"] and row["counted_as"] == "owned"]
        assert sum(row["quantity"] for row in rows) == pool["owned"]
    ended = [row for row in found["owned"] if row["counted_as"] == "ended"]
    assert [(row["quantity"], row["end"], row["source_row"]) for row in ended] == [(5, "2025-12-31", 2)]
    assert all(row["source_file"].endswith("bought.csv") for row in found["owned"])


def test_where_cssm_says_something_else(project: Path) -> None:
    rows = {row["hostname"]: row for row in report(project, "usage")["cssm"]}
    assert "acc-01" not in rows, "CSSM and the box agree"
    assert (rows["acc-02"]["used"], rows["acc-02"]["cssm"]) == (3, None)
    assert rows["acc-02"]["explanation"]


@pytest.mark.parametrize("form", ["html", "xlsx"])
@pytest.mark.parametrize("kind", ["transfers", "transition"])
def test_reports_as_files(project: Path, tmp_path: Path, kind: str, form: str) -> None:
    done = licsweep("report", kind, *AS_OF, "--format", form, "-o", tmp_path / f"r.{form}", "--project", project)
    assert done.code == 0, done.err
    content = (tmp_path / f"r.{form}").read_bytes()
    assert content.startswith(b"PK" if form == "xlsx" else b"<!")


def test_list_shows_what_counts(project: Path, tmp_path: Path) -> None:
    listed = data(licsweep("entitlements", "list", "--project", project, "--format", "json"))
    assert [(row["virtual_account"], len(row["terms"])) for row in listed] == [("Campus", 2), ("Branches", 1)]
    text = licsweep("entitlements", "list", "--project", project, "--format", "csv").out
    rows = list(csv.DictReader(text.splitlines()))
    assert [(row["Type"], row["Quantity"], row["Row"]) for row in rows] == [
        ("perpetual", "20", "2"),
        ("term", "5", "2"),
        ("term", "1", "4"),
    ]


@pytest.mark.parametrize("asked", ["C9300 48P NW Advantage", LABEL, "c9300-48  network advantage", "network-advantage"])
def test_explain_says_why_two_names_meet(project: Path, asked: str) -> None:
    rows = data(licsweep("entitlements", "explain", asked, "--project", project, "--format", "json"))
    assert {row["license"] for row in rows} == {"C9300 48P NW Advantage"}
    kinds = {row["kind"]: row for row in rows}
    assert set(kinds) == {"catalogue", "feature", "label", "entitlement", "printed"}
    assert kinds["printed"]["tag"] == LABEL
    assert kinds["printed"]["count"] == 6
    assert "row" in kinds["entitlement"]["where"]
    assert kinds["entitlement"]["why"] == "it has the license's name"


def test_explain_of_what_nobody_knows(project: Path) -> None:
    done = licsweep("entitlements", "explain", "C9300 48P NW Advantages", "--project", project)
    assert done.code == 2
    assert "no such license" in done.err
    assert "licsweep entitlements explain 'C9300 48P NW Advantage'" in done.err


def test_two_sources_of_one_account_are_told(project: Path, tmp_path: Path) -> None:
    """CSSM's CSV and its API are one source: the newer counts. Own YAML is another: both count, and it is said."""
    folder = tmp_path
    ingest(folder, box("acc-01", "FOC0000X001", use(LABEL, 2)))
    (folder / "bought.csv").write_text(BOUGHT)
    answer = {"licenses": [{"license": "C9300 48P NW Advantage", "virtualAccount": "Campus", "billingType": "PREPAID",
              "licenseDetails": [{"licenseType": "PERPETUAL", "quantity": 7}]}]}  # fmt: skip
    (folder / "answer.json").write_text(json.dumps(answer))
    row = {
        "virtual_account": "Campus",
        "license": "C9300 48P NW Advantage",
        "terms": [{"type": "perpetual", "quantity": 1}],
    }
    own = {"smart_account": "Example Networks", "exported_at": "2026-05-01", "entitlements": [row]}
    (folder / "own.yaml").write_text(json.dumps(own))

    def imported(name: str, *options: object) -> str:
        account = () if name == "own.yaml" else ("--smart-account", "Example Networks", "--exported-at", options[0])
        done = licsweep("entitlements", "import", folder / name, *account, "--project", folder)
        assert done.code == 0, done.err
        return done.err

    def owned() -> int:
        pools = data(licsweep("reconcile", *AS_OF, "--project", folder, "--format", "json"))["pools"]
        return next(int(pool["owned"]) for pool in pools if pool["virtual_account"] == "Campus")

    imported("bought.csv", "2026-04-01T00:00:00Z")
    assert owned() == 20
    assert "both count as owned" not in imported("answer.json", "2026-04-02T00:00:00Z")
    assert owned() == 7
    imported("answer.json", "2026-04-02T00:00:00Z")
    assert owned() == 7
    assert "Example Networks, Campus: entitlements from cssm-licenses are stored too" in imported("own.yaml")
    assert owned() == 8


def test_a_workbook_and_one_that_is_none(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "bought.xlsx") as book:
        sheet = book.add_worksheet()
        for number, line in enumerate(BOUGHT.splitlines()):
            sheet.write_row(number, 0, [int(cell) if cell.isdigit() else cell for cell in line.split(",")])
    options = ("--smart-account", "Example Networks", "--project", tmp_path)
    done = licsweep("entitlements", "import", tmp_path / "bought.xlsx", "--as", "xlsx", *options)
    assert (done.code, done.out) == (0, f"2 entitlements imported from {tmp_path / 'bought.xlsx'}\n")
    (tmp_path / "none.xlsx").write_text("PK\x03\x04")
    done = licsweep("entitlements", "import", tmp_path / "none.xlsx", *options)
    assert done.code == 2
    assert "LS102" in done.err


def test_what_an_import_can_be(project: Path) -> None:
    done = licsweep("entitlements", "import", project / "bought.csv", "--as", "pdf", "--project", project)
    assert done.code == 2
    assert "cssm-csv" in done.err
    done = licsweep("entitlements", "import", project / "bought.csv", "--as", "cssm-instances", "--project", project)
    assert done.code == 2
    assert "no column for name or sn or udi" in done.err
