"""XLSX reads as the same sheet saved as CSV; a workbook out of bounds ends its reader, not the program."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from licsweep.errors import InputError, MissingExtra
from licsweep.imports import workbook
from tests.imports import read

HEADINGS = ["Smart Account", "Virtual Account", "License", "License Type", "Quantity", "Start Date", "End Date"]
GIVEN: dict[str, Any] = {"exported_at": datetime.fromisoformat("2026-05-01T00:00:00Z")}


def write(path: Path, *sheets: list[list[Any]], hidden: int | None = None) -> Path:
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for number, rows in enumerate(sheets):
            sheet = book.add_worksheet()
            if number == hidden:
                sheet.hide()
            elif hidden is not None:
                sheet.activate()
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, datetime):
                        sheet.write_datetime(at, column, cell, day)
                    else:
                        sheet.write(at, column, cell)
    return path


def test_numbers_and_dates_read_as_they_are(tmp_path: Path) -> None:
    row = ["Example Networks", "Campus", "A", "TERM", 12, datetime(2026, 1, 1), datetime(2026, 12, 31)]
    path = write(tmp_path / "export.xlsx", [HEADINGS, row])
    csv = tmp_path / "export.csv"
    csv.write_text(",".join(HEADINGS) + "\nExample Networks,Campus,A,TERM,12,2026-01-01,2026-12-31\n")
    got, same = read(path, **GIVEN), read(csv, **GIVEN)
    assert got.kind == "xlsx"
    assert got.source == same.source == "cssm-licenses"
    assert got.notes == ()
    assert got.entitlements[0].terms == same.entitlements[0].terms
    assert got.entitlements[0].terms[0].quantity == 12


@pytest.mark.parametrize("quantity", [2.5, -3, "", True])
def test_what_is_no_quantity_is_refused(tmp_path: Path, quantity: Any) -> None:
    path = write(
        tmp_path / "e.xlsx", [HEADINGS, ["Example Networks", "Campus", "A", "TERM", quantity, "", "2026-12-31"]]
    )
    with pytest.raises(InputError, match='row 2: column "Quantity"'):
        read(path, **GIVEN)


@pytest.mark.parametrize(
    ("formula", "result", "said"),
    [("=NA()", "#N/A", "#N/A"), ("=1/0", "#DIV/0!", "#DIV/0!"), ("=A1", "", "without its result")],
)
def test_what_has_no_result_is_no_empty_cell(tmp_path: Path, formula: str, result: str, said: str) -> None:
    """An end date that could not be computed is none that does not exist."""
    path = tmp_path / "export.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Campus & more")
        for at, row in enumerate([HEADINGS, ["Example Networks", "Campus", "A", "TERM", 3]]):
            sheet.write_row(at, 0, row)
        sheet.write_formula("G2", formula, None, result)
    with pytest.raises(InputError, match='row 2: column "End Date"') as caught:
        read(path, **GIVEN)
    assert said in str(caught.value)


def test_headings_tell_instances(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["Name", "PID", "Serial Number", "Last Contact"],
        ["acc-01.example", "C9300-48P", "FOC0000X001", "2026-04-20"],
    ]
    path = write(tmp_path / "export.xlsx", rows)
    got = read(path, kind="xlsx", smart_account="Example Networks", virtual_account="Campus", **GIVEN)
    assert [one.sn for one in got.instances] == ["FOC0000X001"]
    assert got.entitlements == ()
    assert read(path, kind="cssm-instances", virtual_account="Campus", **GIVEN).instances[0].pid == "C9300-48P"


def test_only_the_first_visible_sheet_is_read_and_said_so(tmp_path: Path) -> None:
    row: list[Any] = ["Example Networks", "Campus", "A", "PERPETUAL", 1, "", ""]
    hidden: list[list[Any]] = [HEADINGS, ["Example Networks", "Campus", "B", "PERPETUAL", 9, "", ""]]
    path = write(tmp_path / "export.xlsx", hidden, [], [HEADINGS, row], [["Legend"]], hidden=0)
    got = read(path, **GIVEN)
    assert [one.license for one in got.entitlements] == ["A"]
    assert "sheet 'Sheet3' was read, not 'Sheet4'" in got.notes[0]


def test_a_workbook_that_asks_for_terabytes(tmp_path: Path) -> None:
    path = tmp_path / "export.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "License")
        sheet.write(1_048_575, 16_383, "x")
    assert path.stat().st_size < 20_000
    with pytest.raises(InputError, match="the workbook is too large"):
        read(path, **GIVEN)


def test_without_the_reader_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "export.xlsx", [HEADINGS, ["Example Networks", "Campus", "A", "PERPETUAL", 1, "", ""]])
    monkeypatch.setattr(workbook, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra) as caught:
        read(path, **GIVEN)
    assert "licsweep[xlsx-read]" in caught.value.hint


def test_code_of_the_current_folder_never_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "export.xlsx", [HEADINGS, ["Example Networks", "Campus", "A", "PERPETUAL", 1, "", ""]])
    for name in ("json", "resource", "datetime", "python_calamine", "sitecustomize", "usercustomize"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write({name!r})\n")
    (tmp_path / "licsweep").mkdir()
    (tmp_path / "licsweep" / "__init__.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write('licsweep')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "json.py"))
    assert read(Path("export.xlsx"), **GIVEN).entitlements[0].license == "A"
    assert not (tmp_path / "ran").exists()
    subprocess.run([sys.executable, "-c", "import json"], check=True)  # the trap works
    assert (tmp_path / "ran").exists()


def test_a_number_that_excel_rounded_is_refused(tmp_path: Path) -> None:
    row: list[Any] = ["Example Networks", "Campus", "A", "TERM", 1, "", "2026-12-31", 12345678901234567890]
    path = write(tmp_path / "export.xlsx", [[*HEADINGS, "Subscription ID"], row])
    with pytest.raises(InputError, match="Excel has rounded"):
        read(path, **GIVEN)
    row[-1] = 123456789012345
    path = write(tmp_path / "export.xlsx", [[*HEADINGS, "Subscription ID"], row])
    assert read(path, **GIVEN).entitlements[0].terms[0].subscription_id == "123456789012345"
