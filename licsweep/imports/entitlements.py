"""Entitlement files: the licence CSV that CSSM exports, and our own YAML (or JSON)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from licsweep.codec import load_yaml_file, read_bounded
from licsweep.errors import InputError, UsageError
from licsweep.imports.cssm_csv import read_rows
from licsweep.judged import Entitlement, Term
from licsweep.model import Record, Utc, as_utc

Kind = Literal["cssm-csv", "yaml"]
_KIND_OF = {".csv": "cssm-csv", ".tsv": "cssm-csv", ".yaml": "yaml", ".yml": "yaml", ".json": "yaml"}


@dataclass(frozen=True, slots=True)
class ImportedEntitlements:
    """The entitlements of one file, its source kind, and what a person should know about the reading."""

    kind: Kind
    entitlements: tuple[Entitlement, ...]
    notes: tuple[str, ...] = ()


class _Whole:
    """Marks a quantity that must be written as a whole number: no text, no yes or no, nothing below zero."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.int_schema(strict=True, ge=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Term(Record):
    type: Literal["perpetual", "term", "demo", "usage"]
    quantity: Annotated[int, _Whole()] | None = None
    start: date | None = None
    end: date | None = None
    subscription_id: str | None = None

    def __post_init__(self) -> None:
        if self.quantity is None and self.type != "usage":
            raise ValueError("quantity is missing")
        if self.start and self.end and self.end < self.start:
            raise ValueError("end is before start")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entitlement(Record):
    license: str
    virtual_account: str | None = None
    entitlement_tag: str | None = None
    terms: tuple[_Term, ...] = ()
    cssm_in_use: Annotated[int, _Whole()] | None = None
    cssm_reserved: Annotated[int, _Whole()] | None = None

    def __post_init__(self) -> None:
        if not self.license.strip():
            raise ValueError("license is empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class _File(Record):
    """The YAML of docs/judgement.md, "Project files"."""

    entitlements: tuple[_Entitlement, ...]
    smart_account: str | None = None
    exported_at: Utc | None = None


def read(
    path: Path,
    *,
    kind: str | None = None,
    smart_account: str | None = None,
    virtual_account: str | None = None,
    exported_at: datetime | None = None,
    column_map: Mapping[str, str] | None = None,
) -> ImportedEntitlements:
    """The entitlements of a file. `kind` is cssm-csv or yaml (None: by suffix).

    The accounts and `exported_at` fill what the file does not say; without any date the file's own time counts, with a
    note. `column_map` is column to field. Raises InputError that names file, row and column (or line and key), and
    UsageError for a wrong option.
    """
    chosen = _kind(path, kind)
    when = exported_at
    if chosen == "cssm-csv":
        rows, notes = read_rows(path, column_map or {})
    else:
        rows, notes, said_at = _read_yaml(path)
        when = exported_at or said_at
    if when is None:
        when = datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
        notes.append(f"{path}: does not say when it was exported; the file's time {when:%Y-%m-%dT%H:%M:%SZ} is taken")
    filled = [
        replace(
            row,
            smart_account=_first(row.smart_account, smart_account),
            virtual_account=_first(row.virtual_account, virtual_account),
            exported_at=as_utc(when),
            source_file=str(path),
        )
        for row in rows
    ]
    for row in filled:
        if row.virtual_account is None:
            what = f"{path}: row {row.source_row}: no virtual account for {row.license}"
            raise InputError(what, why="licences are owned by a virtual account", hint="type --virtual-account NAME")
    if any(row.smart_account is None for row in filled):
        notes.append(f"{path}: names no smart account; give one with --smart-account NAME")
    return ImportedEntitlements(chosen, tuple(filled), tuple(notes))


def _kind(path: Path, kind: str | None) -> Kind:
    known: dict[str, Kind] = {"cssm-csv": "cssm-csv", "yaml": "yaml"}
    if kind is not None and kind not in known:
        raise UsageError(f"--as {kind}: this kind of file can't be read", why=f"known are {', '.join(known)}")
    guess = kind or _KIND_OF.get(path.suffix.lower()) or ("cssm-csv" if _looks_like_csv(path) else "yaml")
    return known[guess]


def _looks_like_csv(path: Path) -> bool:
    """By the first line with text: a heading has no colon before its first separator."""
    lines = read_bounded(path).decode("utf-8-sig", "replace").splitlines()
    first = next((line for line in lines if line.strip()), "")
    return any(mark in first for mark in ",;\t") and ":" not in first and not first.lstrip().startswith(("{", "#", "-"))


def _read_yaml(path: Path) -> tuple[list[Entitlement], list[str], datetime | None]:
    said: _File = load_yaml_file(path, _File)
    rows = [
        Entitlement(
            smart_account=said.smart_account,
            virtual_account=row.virtual_account,
            license=" ".join(row.license.split()),
            entitlement_tag=_first(row.entitlement_tag),
            terms=tuple(
                Term(type=t.type, quantity=t.quantity or 0, start=t.start, end=t.end, subscription_id=t.subscription_id)
                for t in row.terms
            ),
            cssm_in_use=row.cssm_in_use,
            cssm_reserved=row.cssm_reserved,
            source_row=number,
        )
        for number, row in enumerate(said.entitlements, 1)
    ]
    return rows, [], said.exported_at


def _first(*names: str | None) -> str | None:
    """The first name that is not blank, without surplus blanks."""
    return next((" ".join(name.split()) for name in names if name and name.strip()), None)
