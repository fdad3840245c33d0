"""XLSX: one sheet a question in the order of importance, the statement on the second; cells are typed, what is not
known is an empty cell with a note. Headers are frozen, filters on, totals below.

Texts are written as strings, whatever they look like: never as formulas, never as links.
"""

import io
import re
from datetime import date, datetime
from itertools import cycle
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_range

from licsweep.reports.defuse import for_excel, is_formula_like
from licsweep.reports.view import Cell, Column, Report, Table, layout, shown, tone_of

_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_WIDEST_PIXELS = 420
_FIRST_EXCEL_YEAR = 1900
_LONGEST_NAME = 31
_NOTED_ROWS = 200  # the notes of more would make the file slow to open; the header has one as well
_CHARTED_ROWS = 20
_HATCHES = ("light_upward_diagonal", "dark_upward_diagonal", "light_downward_diagonal")
_FORECAST = {"fg_color": "#5B21B6", "bg_color": "#EDE9FE"}
_STATES = ["open", "in progress", "done", "not to do"]


def render(report: Report) -> bytes:
    out = io.BytesIO()
    with Workbook(out, _OPTIONS) as book:
        book.set_properties({"title": report.title, "comments": report.headline})
        formats = {name: book.add_format({"valign": "top", **look}) for name, look in layout()["excel"].items()}
        for at, table in enumerate(report.of("files")):
            if at == 1:
                _cover(book, formats, report)
            _sheet(book, formats, table, report.headline)
    return out.getvalue()


def sheet_name(table: Table) -> str:
    """What the sheet of a table is called: its title, as far as Excel takes it."""
    return re.sub(r"[\[\]:*?/\\]", "", table.sheet or table.title)[:_LONGEST_NAME].strip(" '")


def _cover(book: Any, formats: dict[str, Any], report: Report) -> None:
    sheet = book.add_worksheet("About")
    for column, width in enumerate((34, 18, 90)):
        sheet.set_column(column, column, width)
    _page(sheet, report.title, report.headline)
    times = f"As of {report.as_of:%Y-%m-%d %H:%M} UTC, written {report.generated_at:%Y-%m-%d %H:%M} UTC"
    sheet.write_string(0, 0, report.title, formats["title"])
    sheet.write_string(1, 0, f"{times}. All times in UTC.", formats["text"])
    for row, card in enumerate(report.cards, 3):
        for column, (text, look) in enumerate(((card.title, "text"), (card.value, card.tone), (card.note, "wrapped"))):
            sheet.write_string(row, column, for_excel(text), formats[look])
    row = 3 + len(report.cards)
    sheet.merge_range(row + 1, 0, row + 1, 2, report.headline, formats["headline"])
    sheet.merge_range(row + 2, 0, row + 2, 2, report.statement, formats["wrapped"])
    sheet.set_row(row + 2, 64)
    for at, table in enumerate(report.of("files"), row + 4):
        about = (sheet_name(table), f"{len(table.rows)} rows", f"{table.title}. {table.note or ''}")
        for column, text in enumerate(about):
            sheet.write_string(at, column, text, formats["wrapped"])


def _sheet(book: Any, formats: dict[str, Any], table: Table, headline: str) -> None:
    sheet = book.add_worksheet(sheet_name(table))
    _page(sheet, table.title, headline)
    for at, column in enumerate(table.columns):
        sheet.write_string(0, at, column.heading, formats["forecast" if table.look == "forecast" else "header"])
        sheet.write_comment(0, at, f"An empty cell: {column.missing}.")
    for down, row in enumerate(table.cells(), 1):
        for at, (cell, column) in enumerate(row):
            _write(sheet, down, at, cell, column, formats)
            if cell is None and down <= _NOTED_ROWS:
                sheet.write_comment(down, at, column.missing)
    last = len(table.rows)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, last, len(table.columns) - 1)
    sheet.autofit(_WIDEST_PIXELS)
    if last:
        for at, column in enumerate(table.columns):
            _column(sheet, at, last, column, table, formats)
        _chart(book, sheet, table)


def _column(sheet: Any, at: int, last: int, column: Column, table: Table, formats: dict[str, Any]) -> None:
    """What a whole column gets: a total of the rows that the filter shows, colors by value, states to choose from."""
    if column.key in table.totals:
        total = sum(row[at] or 0 for row in table.rows)  # type: ignore[misc]
        sheet.write_formula(last + 1, at, f"=SUBTOTAL(109,{xl_range(1, at, last, at)})", formats["total"], total)
        if at and table.columns[0].key not in table.totals:
            sheet.write_string(last + 1, 0, "Total of the rows shown", formats["total"])
    rules: list[dict[str, Any]] = []
    if column.kind == "bar":
        rules = [{"type": "data_bar"}]
    elif column.kind == "days":
        rules = [
            {"type": "cell", "criteria": "between", "minimum": 0, "maximum": 30, "format": formats["warn"]},
            {"type": "cell", "criteria": "<", "value": 0, "format": formats["bad"]},
        ]
    elif column.key in layout()["bad_above_zero"]:
        rules = [{"type": "cell", "criteria": ">", "value": 0, "format": formats["bad"]}]
    elif column.kind == "fill" and column.missing in _STATES:
        sheet.data_validation(1, at, last, at, {"validate": "list", "source": _STATES})
    for rule in rules:
        sheet.conditional_format(1, at, last, at, {"type": "no_blanks", "stop_if_true": False} | rule)


def _chart(book: Any, sheet: Any, table: Table) -> None:
    """One chart of a sheet, right of its columns: the first rows, one series a column."""
    if not table.chart:
        return
    keys = [column.key for column in table.columns]
    first = keys.index(table.chart["labels"])  # rows without a label stand last, and would fall to the one before
    last = min(sum(row[first] is not None for row in table.rows), _CHARTED_ROWS)
    if not last:
        return
    name = sheet.get_name()
    chart = book.add_chart({"type": "column"})
    for key, hatch in zip(table.chart["series"], cycle(_HATCHES)):
        at = keys.index(key)
        to = keys.index(table.chart.get("last_label", table.chart["labels"]))
        look = {"pattern": {"pattern": hatch, **_FORECAST}} if table.look == "forecast" else {}
        series = {"name": [name, 0, at], "categories": [name, 1, first, last, to], "values": [name, 1, at, last, at]}
        chart.add_series(series | look)
    chart.set_title({"name": table.title, "overlay": False})
    chart.set_size({"width": 960, "height": 420})
    sheet.insert_chart(1, len(table.columns) + 1, chart)


def _write(sheet: Any, row: int, at: int, cell: Cell, column: Column, formats: dict[str, Any]) -> None:
    match cell:
        case None:
            sheet.write_blank(row, at, None, formats["fill" if column.kind == "fill" else "text"])
        case bool():
            sheet.write_boolean(row, at, cell, formats["text"])
        case float() if column.kind == "percent":
            sheet.write_number(row, at, cell / 100, formats["percent"])
        case int() | float():
            money = column.kind == "money" or isinstance(cell, float)
            sheet.write_number(row, at, cell, formats["money" if money else "int"])
        case datetime() if cell.year >= _FIRST_EXCEL_YEAR:
            sheet.write_datetime(row, at, cell.replace(tzinfo=None), formats["datetime"])
        case date() if cell.year >= _FIRST_EXCEL_YEAR and not isinstance(cell, datetime):
            sheet.write_datetime(row, at, cell, formats["date"])
        case _:
            text = for_excel(shown(cell, column))
            look = tone_of(text) if column.kind == "state" else "fill" if column.kind == "fill" else "text"
            sheet.write_string(row, at, text, formats["quoted" if is_formula_like(text) else look])


def _page(sheet: Any, title: str, headline: str) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_header(f"&C{headline.replace('&', '&&')}")
    sheet.set_footer(f"&L{title.replace('&', '&&')}&RPage &P of &N")
