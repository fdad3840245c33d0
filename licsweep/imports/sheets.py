"""An export as a sheet of text cells, from CSV or from an XLSX workbook, and its rows by field.

Around the table stands what Excel and people add: a `sep=;` line, titles above the headings, empty columns, rows of
totals. None of it is counted, and notes say so; a title that names the account or the date is used.
"""

import csv
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from licsweep import serialization
from licsweep.errors import InputError, UsageError
from licsweep.imports.cells import EXCEL_ROUNDED, ORDERS, Order, one_line, order_of
from licsweep.imports.columns import Layout, exports, fields_of, plain
from licsweep.imports.files import check, decoded, some
from licsweep.imports.rows import Row

DELIMITERS = ",;\t"
ZIP_MAGIC = b"PK\x03\x04"
TITLE_ROWS = 20
DATES = ("start", "end", "last_contact")
_SEP = re.compile(r'\s*"?sep=(.)"?[;,\t ]*(?:\r\n?|\n)', re.IGNORECASE)
_TOTAL = (
    r"(?:(?:grand|sub|overall)[ -]?)?"
    r"(?:total(?:s|e| g[eé]n[eé]ral| geral)?|totaal|sum|summe|(?:gesamt|teil)?ergebnis|gesamt(?:summe)?)"
)
_IS_TOTAL = re.compile(rf"{_TOTAL}\s*:?\s*(?:\(.*\)|[0-9][0-9.,' ]*)?", re.IGNORECASE)
_TOTAL_OF = re.compile(rf"(.+) {_TOTAL}", re.IGNORECASE)  # Excel's subtotals: the name and the word
_HOLDS_TOTAL = re.compile(rf"\b{_TOTAL}\b", re.IGNORECASE)
Numbered = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Headings, and the rows with text below them, each with its number in the file; `decimal` is its decimal point.

    `above` is what the titles over the table say of all its rows, by field. `fits`: its headings are
    those of an import.
    """

    where: str
    headings: list[str]
    rows: list[Numbered]
    decimal: str
    fits: bool
    above: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def load(path: Path, raw: bytes, asked: Mapping[str, str]) -> Sheet:
    """The sheet of a CSV or XLSX file (told by its first bytes). Raises InputError; MissingExtra for XLSX."""
    if raw.startswith(ZIP_MAGIC):
        from licsweep.imports.workbook import first_sheet

        name, others, rows = first_sheet(path)
        notes = [f"{path}: sheet {name!r} was read, not {some(map(repr, others))}"] if others else []
        return _sheet(str(path), rows, ".", asked, notes)
    text, guessed = decoded(path, raw)
    lines_before = 0
    if told := _SEP.match(text):
        delimiter, text, lines_before = told[1], text[told.end() :], 1
    else:
        delimiter = max(DELIMITERS, key=lambda mark: _likeness(text, mark, asked))
    rows = [(number + lines_before, cells) for number, cells in serialization.csv_rows(str(path), text, delimiter)]
    return _sheet(str(path), rows, "," if delimiter == ";" else ".", asked, [guessed] if guessed else [])


def rows_of(
    sheet: Sheet, layout: Layout, column_map: Mapping[str, str], dates: Order | None
) -> tuple[list[Row], list[str], bool]:
    """The sheet's rows by the fields of a layout, notes, and whether the accounts are On-Prem's own.

    Raises InputError, also for a file without rows; UsageError.
    """
    fields, notes, local = fields_of(layout, sheet.headings, column_map, sheet.where)
    named = {f: heading.strip() for f, heading in zip(fields, sheet.headings, strict=True) if f}
    rows: list[Row] = []
    totals, twice = [], []
    met: set[str] = set()
    for number, cells in sheet.rows:
        by_field = {field: cell for field, cell in zip(fields, cells, strict=False) if field}
        if _is_total(cells, [by_field.get(name, "") for name in layout.names], met):
            totals.append(number)
        else:
            filled = sheet.above | {f: cell for f, cell in by_field.items() if cell.strip() or f not in sheet.above}
            row = Row(where=sheet.where, number=number, cells=filled, headings=named, decimal=sheet.decimal)
            if rounded := next((f for f, cell in filled.items() if EXCEL_ROUNDED.fullmatch(cell.strip())), None):
                row.fail(rounded, "is a number that Excel has rounded; export again and open the file as text columns")
            rows.append(row)
            twice += [number] if repr(cells) in met else []
            met.update((repr(cells), *(plain(by_field.get(name, "")) for name in layout.names)))
    if not (rows or layout.may_be_empty):
        raise InputError(f"{sheet.where}: holds no row", why=f"a {layout.what} without rows says nothing")
    if totals:
        notes.append(f"{sheet.where}: totals, not counted: row {some(totals)}")
    if twice:
        notes.append(f"{sheet.where}: the same as a row before, and counted once more: row {some(twice)}")
    order = _order(rows, dates, notes)
    return ([replace(row, order=order) for row in rows] if order else rows), notes, local


def _is_total(cells: Sequence[str], names: Sequence[str], met: Collection[str]) -> bool:
    """Whether a row is one of totals: in place of the name stands a word for it, with a name of a row before it or
    alone; or no name, but before it such a word."""
    said = next((name.strip() for name in names if name.strip()), "")
    first = next(cell for cell in cells if cell.strip())
    of = _TOTAL_OF.fullmatch(said)
    return bool((of and plain(of[1]) in met) or (_IS_TOTAL.fullmatch(said) if said else _HOLDS_TOTAL.search(first)))


def _order(rows: list[Row], given: Order | None, notes: list[str]) -> Order | None:
    """The order of day and month in all dates of a file: one export was written by one program."""
    proof: dict[str, str] = {}
    for row in rows:
        for name in DATES:
            if (cell := row.cells.get(name)) and (said := order_of(cell)) and said not in proof:
                proof[said] = f'row {row.number} of "{row.headings.get(name, name)}", {cell.strip()}'
    if "dmy" in proof and "mdy" in proof:
        what = f"{rows[0].where}: day and month stand in both orders: {proof['dmy']}; {proof['mdy']}"
        raise InputError(what, why="so no other date of the file can be trusted", hint="export it again with ISO dates")
    for order in ORDERS:
        if order in proof:
            if given not in (None, order):
                raise UsageError(f"--dates {given}: the file says {order}", why=proof[order], hint=f"--dates {order}")
            if "open" in proof:
                notes.append(f"{rows[0].where}: dates are read as {order}: {proof[order]}")
            return order
    return given


def _sheet(where: str, rows: list[Numbered], decimal: str, asked: Mapping[str, str], notes: list[str]) -> Sheet:
    at = max(range(len(rows[:TITLE_ROWS])), key=lambda at: (*_known(rows[at][1], asked), -at), default=0)
    titles, table = rows[:at], rows[at:]
    headings = table[0][1] if table else []
    while headings and not headings[-1].strip():
        headings = headings[:-1]
    check(where, "columns", len(headings))
    check(where, "rows", len(table))
    for number, cells in table:
        if len(cells) < len(headings) or any(cell.strip() for cell in cells[len(headings) :]):
            what = f"{where}: row {number}: has {len(cells)} cells, the heading has {len(headings)}"
            raise InputError(what, why="the row is cut off, or a cell holds the delimiter without quotes")
    if titles:
        said = some([" ".join(filter(None, map(one_line, cells))) for _, cells in titles])
        notes = [*notes, f"{where}: above the headings, in row {table[0][0]}, stands: {said}"]
    fits, *_ = _known(headings, asked)
    return Sheet(where, headings, table[1:], decimal, fits, _above(cells for _, cells in titles), tuple(notes))


def _known(cells: Sequence[str], asked: Mapping[str, str]) -> tuple[bool, int, int]:
    """How much a row is like headings: it names all that one kind of export needs, known headings, cells with text."""
    both = [
        (layout, layout.fields_of(cells, asked))
        for layout in (exports().licenses, exports().instances, exports().alerts)
    ]
    fits = any(layout.fits(names) for layout, names in both)
    most = max(sum(name is not None for name in names) for _, names in both)
    return fits and most > 1, most, sum(bool(cell.strip()) for cell in cells)


def _likeness(text: str, delimiter: str, asked: Mapping[str, str]) -> tuple[bool, int, int]:
    lines = [line for line in text[:65536].splitlines() if line.strip()][:TITLE_ROWS]
    return max((_known(cells, asked) for cells in csv.reader(lines, delimiter=delimiter)), default=(False, 0, 0))


def _above(titles: Iterator[list[str]]) -> dict[str, str]:
    """What titles say of the account and the date: `Virtual Account: Campus`, in one cell or in two."""
    known = {plain(name): title for title, names in exports().titles.items() for name in names}
    found: dict[str, str] = {}
    for cells in titles:
        texts = [text for cell in cells if (text := one_line(cell))]
        pairs = [tuple(text.split(":", 1)) for text in texts if ":" in text.rstrip(":")]
        for heading, value in (*pairs, *pairwise(texts)):
            if title := known.get(plain(heading)):
                found.setdefault(title, value.strip())
    return found
