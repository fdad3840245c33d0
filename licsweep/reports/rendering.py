"""A report to its files, or to text for stdout; html and xlsx are made in modules of their own.

CSV is one table, its column keys as header, UTF-8, ISO dates, texts defused, numbers left numbers. JSON is the envelope
licsweep/report-KIND/1, each table a list of objects under its name, what is not known null. The terminal gets the
headline figures, the statement, and of each table what fits: first rows, first columns.
"""

from codecs import BOM_UTF8
from dataclasses import replace
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from licsweep import files, serialization
from licsweep.errors import UsageError
from licsweep.reports.formats import FORMATS, in_folder
from licsweep.reports.plain_tables import csv_text, folded, text_table
from licsweep.reports.view import Cell, Column, Report, Table, plain, shown, values

ROWS = 20


def render(report: Report, format: str) -> str:
    """The text of `table`, `html`, `csv` (the main table) or `json`; UsageError for xlsx, which is no text."""
    if format == "xlsx":
        hint = f"licsweep report {report.kind} -o FILE.xlsx"
        raise UsageError("a report in xlsx is a file", why="a workbook does not go to a terminal", hint=hint)
    return _rendered(report, format).decode()


def write(report: Report, format: str | None, path: Path, *, bom: bool = False) -> tuple[Path, ...]:
    """Write `format` to `path`, a file or a folder that exists; the files written, the main one first.

    In a folder the name tells kind and date (licsweep-usage-2026-11-24.html), and CSV gets one file a table.
    Without a format the folder gets the page and all rows beside it, as XLSX and CSV.
    A file appears whole or not at all; `bom` marks CSV as UTF-8 for Excel. Raises OutputError where it can't be
    written.
    """
    if format is None:
        return _page_with_rows(report, path, bom=bom)
    stem = f"licsweep-{report.kind}-{report.as_of:%Y-%m-%d}"
    if path.is_dir() and format == "csv":
        tables = sorted(report.of("files"), key=lambda table: table is not report.main_table)
        contents = {path / f"{stem}-{table.name}.csv": _csv(table) for table in tables}
    else:
        name = path / in_folder(stem, format) if path.is_dir() else path
        contents = {name: _rendered(report, format)}
    for name, content in contents.items():
        files.write(name, BOM_UTF8 + content if bom and format == "csv" else content)
    return tuple(contents)


def _page_with_rows(report: Report, folder: Path, *, bom: bool) -> tuple[Path, ...]:
    """The page, and beside it all rows as XLSX and CSV, which it links."""
    (book,), tables = write(report, "xlsx", folder), write(report, "csv", folder, bom=bom)
    beside = {path.stem.removeprefix(f"{book.stem}-"): path.name for path in tables} | {"xlsx": book.name}
    return (*write(replace(report, beside=beside), "html", folder), book, *tables)


def _rendered(report: Report, format: str) -> bytes:
    if format not in FORMATS:
        raise UsageError(f"unknown format {format!r}", why=f"known: {', '.join(FORMATS)}")
    if format == "csv":
        return _csv(report.main_table)
    if format == "json":
        return _json(report)
    if format == "table":
        return _text(report)
    module = import_module(f"licsweep.reports.{format}")  # only when it is asked for
    rendered: bytes = module.render(report)
    return rendered


def _csv(table: Table) -> bytes:
    rows = ([_field(*cell) for cell in row] for row in table.cells())
    return csv_text([column.key for column in table.columns], rows).encode()


def _field(cell: Cell, column: Column) -> str | float:
    value = f"{cell:.2f}" if column.kind == "money" and cell is not None else plain(cell)
    return shown(value, column) if value is None or isinstance(value, bool) else value


def data_of(report: Report) -> Any:
    """What the JSON of a report holds: its own data, or its tables by their names."""
    if report.data is not None:
        return serialization.plain(report.data)
    data = {
        "title": report.title,
        "statement": f"{report.headline} {report.statement}",
        "as_of": plain(report.as_of),
        "coverage": values(report.coverage),
        "cards": [values(card) for card in report.cards],
    }
    for table in report.of("files"):
        rows = [{column.key: plain(cell) for cell, column in row} for row in table.cells()]
        data[table.name.replace("-", "_")] = rows
    return data


def _json(report: Report) -> bytes:
    kind = report.kind if report.data is not None else f"report-{report.kind}"
    return "".join(serialization.envelope(kind, data_of(report))).encode()


def _text(report: Report) -> bytes:
    parts = [f"{report.title}, as of {report.as_of:%Y-%m-%d %H:%M} UTC", ""]
    parts += [f"{card.title:>24}  {card.value}  ({card.note})" for card in report.cards]
    parts += ["", f"{report.headline} {report.statement}", ""]
    parts = [folded(part, 4) for part in parts]
    parts += [*map(_text_table, report.of("page")), "All rows: --format html, xlsx, csv or json\n"]
    return "\n".join(parts).encode()


def _text_table(table: Table) -> str:
    rows = [[shown(*cell) for cell in row] for row in islice(table.cells(), ROWS)]
    grid = text_table([column.heading for column in table.columns], rows)
    more = f"\n... and {len(table.rows) - ROWS} more rows" if len(table.rows) > ROWS else ""
    return f"{table.title} ({len(table.rows)})\n{grid if rows else table.empty}{more}\n"
