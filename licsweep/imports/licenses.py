"""CSSM's license export as a sheet: rows of one license become the terms of one entitlement."""

from licsweep.imports.cells import ENDLESS, NOTHING
from licsweep.imports.columns import TermType, exports, known_types, plain, term_type
from licsweep.imports.limits import check, some
from licsweep.imports.sheets import Row
from licsweep.position_types import Entitlement, Term


def entitlements(rows: list[Row]) -> tuple[list[Entitlement], list[str]]:
    """Entitlements without file name and date (the rows state none), and notes. Raises InputError naming the cell."""
    notes: list[str] = []
    groups: dict[tuple[str | None, ...], list[Row]] = {}
    for row in rows:
        if row.text("license") is None:
            row.fail("license", "is empty")
        key = tuple(row.text(f) for f in ("smart_account", "virtual_account", "license", "entitlement_tag"))
        groups.setdefault(key, []).append(row)
    check(rows[0].where, "pools", len(groups))
    made = [
        Entitlement(
            smart_account=smart,
            virtual_account=virtual,
            license=name or "",
            entitlement_tag=tag,
            terms=tuple(map(_term, lines)),
            cssm_in_use=_said_by_cssm(lines, "cssm_in_use", notes),
            cssm_reserved=_said_by_cssm(lines, "cssm_reserved", notes),
            source_row=lines[0].number,
        )
        for (smart, virtual, name, tag), lines in groups.items()
    ]
    if open_ended := [row.number for row in rows if _is_open_ended(row)]:
        notes.append(open_ended_note(rows[0].where, open_ended))
    return made, notes


def open_ended_note(where: str, rows: list[int]) -> str:
    """What a person should know of rows that nothing ends."""
    return f"{where}: rows that are not called perpetual and have no end date count without end: {some(rows)}"


def _term(row: Row) -> Term:
    start, end = row.day("start"), row.day("end")
    if start and end and end < start:
        row.fail("end", "is before the start date")
    kind = _type(row, ends=end is not None)
    quantity, _ = row.quantity("quantity")
    if quantity is None and kind != "usage":
        row.fail("quantity", "is empty; a missing number is not 0")
    return Term(type=kind, quantity=quantity or 0, start=start, end=end, subscription_id=row.text("subscription_id"))


def _type(row: Row, *, ends: bool) -> TermType:
    for field in ("billing", "type"):
        word = row.cells.get(field, "")
        kind = term_type(word, ends=ends)
        if kind is None:
            row.fail(field, f"is not a known type; {known_types()}")
        if exports().types[plain(word)]:
            return kind
    return "term" if ends else "perpetual"


def _is_open_ended(row: Row) -> bool:
    """True where nothing says that the license is perpetual, and nothing says when it ends."""
    said = exports().types.get(plain(row.cells.get("type", "")))
    end = row.cells.get("end", "").strip().casefold()
    return said != "perpetual" and end in NOTHING and end not in ENDLESS


def _said_by_cssm(lines: list[Row], field: str, notes: list[str]) -> int | None:
    """CSSM's figure for the license, which each of its rows repeats; None where rows differ, with a note.

    How many are reserved also stands behind a count: `48 (+ 2 reserved)`.
    """
    columns = ("cssm_in_use", "quantity") if field == "cssm_reserved" else ()
    said = {value for row in lines if (value := row.quantity(field)[0]) is not None}
    said |= {value for row in lines for column in columns if (value := row.quantity(column)[1]) is not None}
    if len(said) > 1:
        notes.append(f"{lines[0].where}: row {lines[0].number}: rows of one license differ in {field}; left open")
    return said.pop() if len(said) == 1 else None
