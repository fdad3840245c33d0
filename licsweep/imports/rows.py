"""Rows of any file, and the one place where they become entitlements and product instances, with notes.

The readers of sheets, API answers and YAML give groups: the row that states a license (or an instance), and the rows
that state its terms (or the licenses charged to it). A sheet's rows are both at once.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from licsweep import clean_text
from licsweep.alert_types import CssmAlert, CssmAlerts
from licsweep.errors import InputError
from licsweep.imports.cells import ENDLESS, Order, counted, moment, one_line
from licsweep.imports.columns import TermType, exports, plain, term_type
from licsweep.imports.files import ImportedFile, Kind, check, some
from licsweep.model import Record
from licsweep.position_types import CssmInstance, CssmLicense, Entitlement, Term

SHOWN_CHARACTERS = 100
_UDI = re.compile(r"\b(?:UDI_)?(PID|SN)\s*:\s*([^;,\s]+)", re.IGNORECASE)
Made = TypeVar("Made")


class Row(Record):
    """One row: text of cells (or values that need no reading) by field; errors name file, row and column.

    `headings` are the file's own names of fields, `decimal` is its decimal point, `order` that of day and month.
    """

    where: str
    number: int
    cells: Mapping[str, Any]
    headings: Mapping[str, str] = field(default_factory=dict)
    decimal: str = "."
    order: Order | None = None

    def text(self, field: str) -> str | None:
        return one_line(self.cells.get(field))

    def fail(self, field: str, why: str) -> NoReturn:
        column = f'column "{self.headings[field]}"' if field in self.headings else field
        value = str(self.cells.get(field) or "")[:SHOWN_CHARACTERS]
        what = f"{self.where}: row {self.number}: {column}: {value!r}: {why}"
        raise InputError(what, hint="correct the cell, or export again, and import the file again")

    def quantity(self, field: str) -> tuple[int | None, int | None]:
        """A count and how many of it are reserved."""
        said = self._read(field, lambda text: counted(text, decimal=self.decimal, owned=field == "quantity"))
        return said if isinstance(said, tuple) else (said, None)

    def day(self, field: str) -> date | None:
        found: date | None = self.moment(field)
        return found.date() if isinstance(found, datetime) else found

    def moment(self, field: str) -> datetime | None:
        return self._read(field, lambda text: moment(text, self.order))

    def make(self, kind: Callable[..., Made], **values: Any) -> Made:
        """One of our types, which says itself what is wrong with its fields."""
        try:
            return kind(**values)
        except ValueError as error:
            name, _, why = str(error).partition(": ")
            self.fail(name, why)

    def _read(self, field: str, read: Callable[[str], Made]) -> Made:
        cell: Any = self.cells.get(field)
        try:
            return read(cell) if isinstance(cell, str) else cell
        except ValueError as error:
            self.fail(field, str(error))


Group = tuple[Row, Sequence[Row]]


def grouped(rows: Iterable[Row], key: Callable[[Row], Any]) -> list[Group]:
    """Rows with the same key as one group."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return [(lines[0], lines) for lines in groups.values()]


def license_key(row: Row) -> tuple[str | None, ...]:
    """What the rows of one license of one account have in common."""
    return tuple(row.text(name) for name in ("smart_account", "virtual_account", "license", "entitlement_tag"))


def instance_key(row: Row) -> tuple[str | None, ...]:
    """The accounts, PID, serial and name of an instance; its UDI may stand in a name, `UDI_PID:C8000V; UDI_SN:...;`."""
    in_name = {key.upper(): said for key, said in _UDI.findall(row.text("udi") or row.text("name") or "")}
    pid, sn = row.text("pid") or in_name.get("PID"), row.text("sn") or in_name.get("SN")
    return row.text("smart_account"), row.text("virtual_account"), pid, sn, row.text("name")


def imported(
    kind: Kind,
    paths: Sequence[Path],
    bought: Sequence[Group] = (),
    listed: Sequence[Group] = (),
    notes: Iterable[str] = (),
    **said: Any,
) -> ImportedFile:
    """What the groups of licenses and of instances state; `said` are further fields of the file.

    Raises InputError that names the row and the field.
    """
    where = some(paths)
    check(where, "pools", len(bought) + len(listed))
    told = list(notes)
    owned = tuple(_entitlement(head, lines, told) for head, lines in bought)
    if endless := dict.fromkeys(line.number for _, lines in bought for line in lines if _counts_without_end(line)):
        told.append(
            f"{where}: rows that are not called perpetual and have no end date count without end: {some(endless)}"
        )
    if owned and not any(term.quantity or term.type == "usage" for one in owned for term in one.terms):
        told.append(f"{where}: every quantity is 0 or empty, so by this file nothing is owned")
    instances = tuple(_instance(head, lines) for head, lines in listed)
    if nameless := [one.source_row for one in instances if one.sn is None]:
        told.append(f"{where}: rows without a serial, which match no box: {some(nameless)}")
    return ImportedFile(
        kind=kind, paths=tuple(paths), entitlements=owned, instances=instances, notes=tuple(told), **said
    )


def _entitlement(head: Row, lines: Sequence[Row], notes: list[str]) -> Entitlement:
    smart, virtual, name, tag = license_key(head)
    return head.make(
        Entitlement,
        smart_account=smart,
        virtual_account=virtual,
        license=name or "",
        entitlement_tag=tag,
        terms=tuple(map(_term, lines)),
        cssm_in_use=_said_by_cssm((head, *lines), "cssm_in_use", notes),
        cssm_reserved=_said_by_cssm((head, *lines), "cssm_reserved", notes),
        substitutions=head.cells.get("substitutions", ()),
        source_file=head.where,
        source_row=head.number,
    )


def _term(row: Row) -> Term:
    start, end, (quantity, _) = row.day("start"), row.day("end"), row.quantity("quantity")
    kind = _type(row, ends=end is not None)
    if quantity is None and kind != "usage":
        row.fail("quantity", "is empty; a missing number is not 0")
    subscription = row.text("subscription_id")
    return row.make(Term, type=kind, quantity=quantity or 0, start=start, end=end, subscription_id=subscription)


def _type(row: Row, *, ends: bool) -> TermType:
    for name in ("billing", "type"):
        word = row.text(name) or ""
        kind = term_type(word, ends=ends)
        if kind is None:
            row.fail(name, f"is not a known type; known are {', '.join(filter(None, exports().types))}")
        if exports().types[plain(word)]:
            return kind
    return "term" if ends else "perpetual"


def _counts_without_end(row: Row) -> bool:
    """True where nothing says that units are perpetual, and nothing says when they end."""
    called = exports().types.get(plain(row.text("type") or "")) == "perpetual"
    if called or row.day("end") or (row.text("end") or "").casefold() in ENDLESS:
        return False
    return bool(row.quantity("quantity")[0]) and _type(row, ends=False) != "usage"


def _said_by_cssm(lines: Sequence[Row], name: str, notes: list[str]) -> int | None:
    """CSSM's figure for the license, which each of its rows repeats; None where rows differ, with a note.

    How many are reserved also stands behind a count: `48 (+ 2 reserved)`.
    """
    columns = ("cssm_in_use", "quantity") if name == "cssm_reserved" else ()
    figures = [row.quantity(name)[0] for row in lines] + [row.quantity(one)[1] for row in lines for one in columns]
    said = {figure for figure in figures if figure is not None}
    if len(said) > 1:
        notes.append(f"{lines[0].where}: row {lines[0].number}: rows of one license differ in {name}; left open")
        return None
    return max(said, default=None)


def _instance(head: Row, lines: Sequence[Row]) -> CssmInstance:
    smart, virtual, pid, sn, name = instance_key(head)
    return head.make(
        CssmInstance,
        smart_account=smart,
        virtual_account=virtual,
        pid=pid,
        sn=sn,
        name=name,
        last_contact=max((at for row in (head, *lines) if (at := row.moment("last_contact"))), default=None),
        licenses=tuple(_license(line) for line in lines if line.text("license")),
        source_file=head.where,
        source_row=head.number,
    )


def _license(row: Row) -> CssmLicense:
    name, (quantity, _) = row.text("license"), row.quantity("quantity")
    if quantity is None:
        row.fail("quantity", f"is empty for {name}; a missing number is not 0")
    return CssmLicense(license=name or "", quantity=quantity)


def alerts_of(rows: Iterable[Row]) -> tuple[CssmAlerts, ...]:
    """The alerts of rows as a list for each account that stands above them; an empty list where there is no row."""
    by_account = grouped(rows, lambda row: (row.text("smart_account"), row.text("virtual_account")))
    return tuple(
        CssmAlerts(
            smart_account=head.text("smart_account"),
            virtual_account=head.text("virtual_account"),
            alerts=tuple(map(_alert, lines)),
        )
        for head, lines in by_account
    ) or (CssmAlerts(),)


def _alert(row: Row) -> CssmAlert:
    said = {name: clean_text.one_line(row.text(name) or "") or None for name in ("severity", "source", "due")}
    message = clean_text.one_line(row.text("message") or "")
    return row.make(CssmAlert, message=message, source_file=row.where, source_row=row.number, **said)
