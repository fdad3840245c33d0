"""An export as a sheet of text cells, from CSV or from an XLSX workbook, and its rows by field."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn, TypeVar

from licsweep.errors import InputError
from licsweep.imports.cells import one_line, quantity
from licsweep.imports.columns import Found, Layout, fields_of
from licsweep.serialization import read_bounded

DELIMITERS = ",;\t"
ZIP_MAGIC = b"PK\x03\x04"
Numbered = tuple[int, list[str]]
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Headings, and the rows with text below them, each with its number in the file; `decimal` is its decimal point."""

    where: str
    headings: list[str]
    rows: list[Numbered]
    decimal: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One row: cells by field, and errors that name file, row and column."""

    where: str
    number: int
    cells: Mapping[str, str]
    headings: Mapping[str, str]
    decimal: str

    def text(self, field: str) -> str | None:
        return one_line(self.cells.get(field))

    def fail(self, field: str, why: str) -> NoReturn:
        heading = self.headings.get(field, field)
        value = self.cells.get(field, "")
        raise InputError(f'{self.where}: row {self.number}: column "{heading}": {value!r}: {why}')

    def value(self, field: str, read: Callable[[str], Value]) -> Value:
        """What `read` makes of a cell; fails with the words of its ValueError."""
        try:
            return read(self.cells.get(field, ""))
        except ValueError as error:
            self.fail(field, str(error))

    def quantity(self, field: str) -> int | None:
        return self.value(field, partial(quantity, decimal=self.decimal))


def load(path: Path) -> Sheet:
    """The sheet of a CSV or XLSX file (told by its first bytes). Raises InputError; MissingExtra for XLSX."""
    raw = read_bounded(path)
    if raw.startswith(ZIP_MAGIC):
        from licsweep.imports.workbook import first_sheet

        name, others, rows = first_sheet(path)
        notes = (f"{path}: sheet {name!r} was read, not {', '.join(map(repr, others))}",) if others else ()
        return _sheet(str(path), rows, ".", notes)
    text = _decoded(path, raw)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    return _sheet(str(path), list(_numbered(path, text, delimiter)), "," if delimiter == ";" else ".")


def rows_of(sheet: Sheet, layout: Layout, column_map: Mapping[str, str]) -> tuple[list[Row], Found]:
    """The sheet's rows by the fields of a layout. Raises InputError, also for a file without rows; UsageError."""
    found = fields_of(layout, sheet.headings, column_map, sheet.where)
    named = {f: heading.strip() for f, heading in zip(found.fields, sheet.headings, strict=True) if f}
    rows = []
    for number, cells in sheet.rows:
        by_field = {field: cell for field, cell in zip(found.fields, cells, strict=False) if field}
        rows.append(Row(sheet.where, number, by_field, named, sheet.decimal))
    if not rows:
        raise InputError(f"{sheet.where}: holds no row", why=f"a {layout.what} without rows says nothing")
    return rows, found


def _sheet(where: str, rows: list[Numbered], decimal: str, notes: tuple[str, ...] = ()) -> Sheet:
    _, headings = rows[0] if rows else (0, [])
    for number, cells in rows:
        if len(cells) < len(headings) or any(cell.strip() for cell in cells[len(headings) :]):
            what = f"{where}: row {number}: has {len(cells)} cells, the heading has {len(headings)}"
            raise InputError(what, why="the row is cut off, or a cell holds the delimiter without quotes")
    return Sheet(where, headings, rows[1:], decimal, notes)


def _numbered(path: Path, text: str, delimiter: str) -> Iterator[Numbered]:
    """Line number and cells of each row with text."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise InputError(f"{path}: row {reader.line_num}: {error}", why="the file is not whole CSV") from error


def _decoded(path: Path, raw: bytes) -> str:
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8", why=str(error), hint="save it as CSV UTF-8") from error
