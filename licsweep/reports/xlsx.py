"""XLSX: a cover sheet with the statement, then one sheet a table, typed cells, header frozen, filters on.

Texts are written as strings, whatever they look like: never as formulas, never as links.
"""

import io
from datetime import date, datetime
from typing import Any

from xlsxwriter import Workbook

from licsweep.reports.defuse import for_excel, is_formula_like
from licsweep.reports.view import Cell, Column, Report, Table, layout, shown, tone_of

_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_WIDEST_PIXELS = 420
_FIRST_EXCEL_YEAR = 1900


def render(report: Report) -> bytes:
    out = io.BytesIO()
    with Workbook(out, _OPTIONS) as book:
        book.set_properties({"title": report.title, "comments": report.headline})
        formats = {name: book.add_format({"valign": "top", **look}) for name, look in layout()["excel"].items()}
        _cover(book, formats, report)
        for table in report.of("files"):
            _sheet(book, formats, table)
    return out.getvalue()


def _cover(book: Any, formats: dict[str, Any], report: Report) -> None:
    sheet = book.add_worksheet("about")
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 18)
    sheet.set_column(2, 2, 90)
    _page(sheet, report.title)
    times = f"As of {report.as_of:%Y-%m-%d %H:%M} UTC, written {report.generated_at:%Y-%m-%d %H:%M} UTC"
    sheet.write_string(0, 0, report.title, formats["title"])
    sheet.write_string(1, 0, f"{times}. All times in UTC.", formats["text"])
    row = 3
    for card in report.cards:
        for column, (text, look) in enumerate(((card.title, "text"), (card.value, card.tone), (card.note, "wrapped"))):
            sheet.write_string(row, column, for_excel(text), formats[look])
        row += 1
    sheet.merge_range(row + 1, 0, row + 1, 2, report.headline, formats["headline"])
    sheet.merge_range(row + 2, 0, row + 2, 2, report.statement, formats["wrapped"])
    sheet.set_row(row + 2, 64)
    row += 4
    for table in report.of("files"):
        about = (table.name, f"{len(table.rows)} rows", f"{table.title}. {table.note or ''}")
        for column, text in enumerate(about):
            sheet.write_string(row, column, text, formats["wrapped"])
        row += 1


def _sheet(book: Any, formats: dict[str, Any], table: Table) -> None:
    sheet = book.add_worksheet(table.name)
    _page(sheet, table.title)
    for at, column in enumerate(table.columns):
        sheet.write_string(0, at, column.heading, formats["header"])
        if column.kind == "bar" and table.rows:
            sheet.conditional_format(1, at, len(table.rows), at, {"type": "data_bar"})
    for down, row in enumerate(table.cells(), 1):
        for at, (cell, column) in enumerate(row):
            _write(sheet, down, at, cell, column, formats)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
    sheet.autofit(_WIDEST_PIXELS)


def _write(sheet: Any, row: int, at: int, cell: Cell, column: Column, formats: dict[str, Any]) -> None:
    match cell:
        case None:
            sheet.write_string(row, at, column.missing, formats["missing"])
        case bool():
            sheet.write_boolean(row, at, cell, formats["text"])
        case int() if column.kind != "days":
            sheet.write_number(row, at, cell, formats["int"])
        case datetime() if cell.year >= _FIRST_EXCEL_YEAR:
            sheet.write_datetime(row, at, cell.replace(tzinfo=None), formats["datetime"])
        case date() if cell.year >= _FIRST_EXCEL_YEAR and not isinstance(cell, datetime):
            sheet.write_datetime(row, at, cell, formats["date"])
        case _:
            text = for_excel(shown(cell, column))
            look = tone_of(text) if column.kind == "state" else "text"
            sheet.write_string(row, at, text, formats["quoted" if is_formula_like(text) else look])


def _page(sheet: Any, title: str) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer(f"&L{title}&RPage &P of &N")
