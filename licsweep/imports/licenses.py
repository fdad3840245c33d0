"""The licence CSV of CSSM: rows of one licence become the terms of one entitlement."""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, NoReturn, cast

from licsweep.codec import read_bounded
from licsweep.errors import InputError
from licsweep.imports.cells import NOTHING, day, whole
from licsweep.imports.columns import TYPES, fields_of, plain
from licsweep.judged import Entitlement, Term

TermType = Literal["perpetual", "term", "demo", "usage"]
DELIMITERS = ",;\t"


class _Row:
    """One line of the file: cells by field, and errors that name file, row and column."""

    def __init__(
        self, where: str, number: int, cells: dict[str, str], headings: Mapping[str, str], decimal: str
    ) -> None:
        self.where, self.number, self._cells, self._headings = where, number, cells, headings
        self._decimal = decimal

    def text(self, field: str) -> str | None:
        value = " ".join(self._cells.get(field, "").split())
        return value or None

    def fail(self, field: str, why: str) -> NoReturn:
        heading = self._headings.get(field, field)
        value = self._cells.get(field, "")
        raise InputError(f'{self.where}: row {self.number}: column "{heading}": {value!r}: {why}')

    def quantity(self, field: str) -> int | None:
        text = self._cells.get(field, "")
        if text.strip().casefold() in NOTHING:
            return None
        try:
            return whole(text, decimal=self._decimal)
        except ValueError as error:
            self.fail(field, str(error))

    def term(self) -> Term:
        try:
            start = day(self._cells.get("start", ""))
        except ValueError as error:
            self.fail("start", str(error))
        try:
            end = day(self._cells.get("end", ""))
        except ValueError as error:
            self.fail("end", str(error))
        if start and end and end < start:
            self.fail("end", "is before the start date")
        kind = self._type(ends=end is not None)
        quantity = self.quantity("quantity")
        if quantity is None and kind != "usage":
            self.fail("quantity", "is empty; a missing number is not 0")
        return Term(
            type=kind, quantity=quantity or 0, start=start, end=end, subscription_id=self.text("subscription_id")
        )

    def is_open_ended(self) -> bool:
        """True where nothing says that the licence is perpetual, and nothing says when it ends."""
        said = TYPES.get(plain(self._cells.get("type", "")))
        return said != "perpetual" and self._cells.get("end", "").strip().casefold() in NOTHING

    def _type(self, *, ends: bool) -> TermType:
        for field in ("billing", "type"):
            word = plain(self._cells.get(field, ""))
            if word not in TYPES:
                self.fail(field, f"is not a known type; known are {', '.join(filter(None, TYPES))}")
            if TYPES[word]:
                return cast(TermType, TYPES[word])
        return "term" if ends else "perpetual"


def read_rows(path: Path, column_map: Mapping[str, str]) -> tuple[list[Entitlement], list[str]]:
    """Entitlements without file name and date (the file states none), and notes."""
    rows, notes = _rows(path, column_map)
    groups: dict[tuple[str | None, ...], list[_Row]] = {}
    for row in rows:
        if row.text("license") is None:
            row.fail("license", "is empty")
        key = tuple(row.text(f) for f in ("smart_account", "virtual_account", "license", "entitlement_tag"))
        groups.setdefault(key, []).append(row)
    if not groups:
        raise InputError(f"{path}: holds no row", why="an export without rows says nothing about what is owned")
    made = [
        Entitlement(
            smart_account=smart,
            virtual_account=virtual,
            license=name or "",
            entitlement_tag=tag,
            terms=tuple(row.term() for row in lines),
            cssm_in_use=_said_by_cssm(lines, "cssm_in_use", notes),
            cssm_reserved=_said_by_cssm(lines, "cssm_reserved", notes),
            source_row=lines[0].number,
        )
        for (smart, virtual, name, tag), lines in groups.items()
    ]
    open_ended = [row.number for row in rows if row.is_open_ended()]
    if open_ended:
        numbers = ", ".join(map(str, open_ended))
        notes.append(f"{path}: rows that are not called perpetual and have no end date count without end: {numbers}")
    return made, notes


def _said_by_cssm(lines: list[_Row], field: str, notes: list[str]) -> int | None:
    """CSSM's figure for the licence, which each of its rows repeats; None where rows differ, with a note."""
    said = {value for row in lines if (value := row.quantity(field)) is not None}
    if len(said) > 1:
        notes.append(f"{lines[0].where}: row {lines[0].number}: rows of one licence differ in {field}; left open")
    return said.pop() if len(said) == 1 else None


def _rows(path: Path, column_map: Mapping[str, str]) -> tuple[list[_Row], list[str]]:
    text = _decoded(path)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    table = _numbered(path, text, delimiter)
    _, headings = next(table, (0, []))
    fields, notes = fields_of(headings, column_map, str(path))
    named = {field: heading.strip() for field, heading in zip(fields, headings, strict=True) if field}
    decimal = "," if delimiter == ";" else "."
    rows = []
    for number, cells in table:
        if len(cells) < len(headings) or any(cell.strip() for cell in cells[len(headings) :]):
            what = f"{path}: row {number}: has {len(cells)} cells, the heading has {len(headings)}"
            raise InputError(what, why="the row is cut off, or a cell holds the delimiter without quotes")
        named_cells = {field: cell for field, cell in zip(fields, cells, strict=False) if field}
        rows.append(_Row(str(path), number, named_cells, named, decimal))
    return rows, notes


def _numbered(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each row with text."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise InputError(f"{path}: row {reader.line_num}: {error}", why="the file is not whole CSV") from error


def _decoded(path: Path) -> str:
    raw = read_bounded(path)
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8", why=str(error), hint="save it as CSV UTF-8") from error
