"""Answers of CSSM's API, saved as JSON: v1 `licenses` and `devices`, v3 `licenses/summary`, v2 `get-summary`.

A file is one answer, a list of answers (pages), or the rows alone. Rows are known by their keys, wherever they lie:
`license` with `billingType` or `licenseDetails` (v1); `tag` with `display_name` (summaries, which alone teach which
tag a display name is); `sudi` or `licenseUsage` (devices). Both spellings of keys are read (`licenseDetails`,
`license_details`). Source of the keys: public API clients and their test data.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar

from licsweep.errors import InputError
from licsweep.imports.cells import day, moment, one_line
from licsweep.imports.columns import exports, known_types, plain, term_type
from licsweep.imports.files import ImportedFile, load_json
from licsweep.imports.instances import serial_notes, udi_of
from licsweep.imports.licenses import open_ended_note
from licsweep.imports.quantity_type import Whole
from licsweep.position_types import CssmInstance, CssmLicense, Entitlement, Term
from licsweep.serialization import check_json

Document = dict[str, Any]


class _Answer:
    """Base of what an API says: keys that are not asked for are passed over."""

    __slots__ = ()
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "ignore"}


Count = Annotated[int, Whole()] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Detail(_Answer):
    quantity: Count = None
    license_type: str | None = None
    billing_type: str | None = None
    start_date: str | None = None
    end_date: str | None = None
    subscription_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _License(_Answer):
    """A row of v1 (license, quantity, in_use, reserved) or of a summary (display_name, entitled or prepaid_...)."""

    license: str | None = None
    display_name: str | None = None
    tag: str | None = None
    virtual_account: str | None = None
    billing_type: str | None = None
    quantity: Count = None
    entitled: Count = None
    prepaid_entitled: Count = None
    in_use: Count = None
    inuse: Count = None
    prepaid_inuse: Count = None
    reserved: Count = None
    prepaid_reserved: Count = None
    license_details: tuple[_Detail, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sudi(_Answer):
    udi_pid: str | None = None
    udi_serial_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Usage(_Answer):
    license: str
    quantity: Annotated[int, Whole()]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Device(_Answer):
    host_name: str | None = None
    display_name: str | None = None
    virtual_account: str | None = None
    last_contact_date: str | None = None
    sudi: _Sudi = field(default_factory=_Sudi)
    license_usage: tuple[_Usage, ...] | None = None


def read(path: Path) -> ImportedFile:
    """Entitlements and product instances of a file, and notes. Raises InputError that names the row and the key."""
    try:
        document = _snake(load_json(path))
        found = list(_rows(document))
    except RecursionError as error:
        raise InputError(f"{path}: lists within lists without end", why="no answer of the API is nested so") from error
    if not found:
        raise InputError(f"{path}: holds no row of a license or a device", why=_said(document))
    rows = list({json.dumps(row, sort_keys=True): row for row in found}.values())
    notes = [f"{path}: {len(found) - len(rows)} rows stand there twice"] if len(rows) < len(found) else []
    _check_total(path, document, len(rows))
    entitlements, instances, open_ended = [], [], []
    for number, row in enumerate(rows, 1):
        where = f"{path}: row {number}"
        if _is_device(row):
            instances.append(_instance(check_json(json.dumps(row), _Device, where), number, where))
        else:
            made, is_open = _entitlement(check_json(json.dumps(row), _License, where), number, where)
            entitlements.append(made)
            open_ended += [number] if is_open else []
    notes += [open_ended_note(str(path), open_ended)] if open_ended else []
    return ImportedFile(
        kind="cssm-json",
        entitlements=tuple(entitlements),
        instances=tuple(instances),
        notes=(*notes, *serial_notes(str(path), instances)),
    )


def _snake(node: Any) -> Any:
    if isinstance(node, list):
        return [_snake(one) for one in node]
    if isinstance(node, dict):
        return {re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower(): _snake(value) for key, value in node.items()}
    return node


def _rows(node: Any) -> Iterator[Document]:
    if isinstance(node, dict) and (_is_device(node) or _is_license(node)):
        yield node
    elif isinstance(node, dict | list):
        for inner in node.values() if isinstance(node, dict) else node:
            yield from _rows(inner)


def _is_device(row: Document) -> bool:
    return "sudi" in row or "license_usage" in row


def _is_license(row: Document) -> bool:
    return ("license" in row and ("license_details" in row or "billing_type" in row)) or (
        "tag" in row and "display_name" in row
    )


def _check_total(path: Path, document: Any, rows: int) -> None:
    """An answer in pages says how many rows there are; fewer would pass for all that is owned."""
    pages = document if isinstance(document, list) else [document]
    totals = [page["total_records"] for page in pages if isinstance(page, dict) and "total_records" in page]
    total = max((number for number in totals if isinstance(number, int)), default=rows)
    if total > rows:
        what = f"{path}: holds {rows} of {total} rows"
        raise InputError(what, why="pages of the answer are missing", hint="put all pages into one file, as a list")


def _said(document: Any) -> str:
    """The API's own words where it answered with an error."""
    said = document if isinstance(document, dict) else {}
    words = [said[key] for key in ("status", "status_message", "message") if key in said]
    return "the API says: " + ", ".join(map(str, words)) if words else "neither licenses nor summary nor devices"


def _entitlement(row: _License, number: int, where: str) -> tuple[Entitlement, bool]:
    """The entitlement, and whether a part of it ends nowhere without being called perpetual."""
    name = one_line(row.license or row.display_name)
    if name is None:
        raise InputError(f"{where}: the license has no name", why="license or display_name is empty")
    terms = [_term(detail, row, where) for detail in row.license_details or ()] or _without_details(row, where)
    perpetual = [exports().types.get(plain(d.license_type or "")) == "perpetual" for d in row.license_details or ()]
    is_open = any(
        term.end is None and term.quantity and not (term.type == "perpetual" and said)
        for term, said in zip(terms, perpetual or [False] * len(terms), strict=True)
        if term.type != "usage"
    )
    made = Entitlement(
        virtual_account=row.virtual_account,
        license=name,
        entitlement_tag=row.tag,
        terms=tuple(terms),
        cssm_in_use=_said_number(row.in_use, row.inuse, row.prepaid_inuse),
        cssm_reserved=_said_number(row.reserved, row.prepaid_reserved),
        source_row=number,
    )
    return made, is_open


def _term(detail: _Detail, row: _License, where: str) -> Term:
    try:
        start, end = day(detail.start_date or ""), day(detail.end_date or "")
    except ValueError as error:
        raise InputError(f"{where}: start or end date: {detail.start_date}, {detail.end_date}: {error}") from error
    if start and end and end < start:
        raise InputError(f"{where}: end date {end} is before start date {start}")
    billing = detail.billing_type or row.billing_type or ""
    word = billing if exports().types.get(plain(billing), "?") else detail.license_type or ""
    kind = term_type(word, ends=end is not None)
    if kind is None:
        raise InputError(f"{where}: {word!r} is not a known type", why=known_types())
    if detail.quantity is None and kind != "usage":
        raise InputError(f"{where}: license_details: a quantity is missing", why="a missing number is not 0")
    return Term(
        type=kind, quantity=detail.quantity or 0, start=start, end=end, subscription_id=detail.subscription_id or None
    )


def _without_details(row: _License, where: str) -> list[Term]:
    """What a row without details owns: nothing or by use, or what a summary calls entitled.

    The row total of v1 is not ownership: it tells neither type nor dates, so such a row is refused.
    """
    if term_type(row.billing_type or "", ends=False) == "usage":
        return [Term(type="usage")]
    entitled = _said_number(row.entitled, row.prepaid_entitled)
    if entitled:
        return [Term(type="perpetual", quantity=entitled)]
    if row.quantity:
        what = f"{where}: {row.license}: quantity {row.quantity} without licenseDetails"
        raise InputError(what, why="the row total tells neither type nor dates, so what is owned is not known")
    return []


def _said_number(*numbers: int | None) -> int | None:
    return next((number for number in numbers if number is not None), None)


def _instance(row: _Device, number: int, where: str) -> CssmInstance:
    pid, sn = udi_of(row.display_name)
    pid, sn = row.sudi.udi_pid or pid, row.sudi.udi_serial_number or sn
    if not (sn or row.host_name or row.display_name):
        raise InputError(f"{where}: the device states neither a serial nor a name")
    try:
        last_contact = moment(row.last_contact_date or "")
    except ValueError as error:
        raise InputError(f"{where}: last contact date {row.last_contact_date}: {error}") from error
    return CssmInstance(
        virtual_account=row.virtual_account,
        pid=pid,
        sn=sn,
        name=row.host_name or row.display_name,
        last_contact=last_contact,
        licenses=tuple(CssmLicense(license=use.license, quantity=use.quantity) for use in row.license_usage or ()),
        source_row=number,
    )
