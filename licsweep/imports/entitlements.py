"""Files of what was bought and of what CSSM lists: CSSM's exports and API answers, On-Prem exports, our own YAML."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from licsweep.errors import InputError, UsageError
from licsweep.imports import cssm_api, own_yaml, sheets
from licsweep.imports.cells import one_line
from licsweep.imports.columns import exports, lists_instances
from licsweep.imports.files import KINDS, ImportedFile, Kind, load_json
from licsweep.imports.instances import product_instances
from licsweep.imports.licenses import entitlements
from licsweep.model import as_utc
from licsweep.position_types import CssmInstance, Entitlement
from licsweep.serialization import read_bounded

__all__ = ["KINDS", "ImportedFile", "read"]

Imported = TypeVar("Imported", Entitlement, CssmInstance)
_SHEETS: tuple[Kind, ...] = ("cssm-csv", "xlsx")
_KIND_OF: Mapping[str, Kind] = {
    ".csv": "cssm-csv", ".tsv": "cssm-csv", ".xlsx": "xlsx", ".yaml": "yaml", ".yml": "yaml"
}  # fmt: skip


def read(
    path: Path,
    *,
    kind: str | None = None,
    smart_account: str | None = None,
    virtual_account: str | None = None,
    exported_at: datetime | None = None,
    column_map: Mapping[str, str] | None = None,
) -> ImportedFile:
    """The entitlements and product instances of a file. `kind` is one of KINDS (None: by its name and content).

    The accounts and `exported_at` fill what the file does not say (a note where it says something else); without any
    date the file's own time counts, with a note. `column_map` is column to field. Raises InputError that names file,
    row and column (or line and key), UsageError for a wrong option, MissingExtra for XLSX without its reader.
    """
    found = _read(path, kind, column_map or {})
    notes = list(found.notes)
    given = {"smart_account": one_line(smart_account), "virtual_account": one_line(virtual_account)}
    rows = [*found.entitlements, *found.instances]
    for name, value in given.items():
        others = sorted({said for row in rows if value and (said := one_line(getattr(row, name))) and said != value})
        if others:
            option = f"--{name.replace('_', '-')} {value}"
            notes.append(f"{path}: {option} was not used for rows that say {', '.join(others)}")
    when = _when(path, found.exported_at, exported_at, notes)
    bought = _filled(found.entitlements, given, path, when)
    for row in bought:
        if row.virtual_account is None:
            what = f"{path}: row {row.source_row}: no virtual account for {row.license}"
            raise InputError(what, why="licenses are owned by a virtual account", hint="type --virtual-account NAME")
    listed = _filled(found.instances, given, path, when)
    for name in given:
        if any(getattr(row, name) is None for row in (*bought, *listed)):
            option = f"--{name.replace('_', '-')} NAME"
            notes.append(f"{path}: names no {name.replace('_', ' ')}; give one with {option}")
    return replace(found, entitlements=bought, instances=listed, notes=tuple(notes))


def _read(path: Path, kind: str | None, column_map: Mapping[str, str]) -> ImportedFile:
    if kind is not None and kind not in KINDS:
        raise UsageError(f"--as {kind}: this kind of file can't be read", why=f"known are {', '.join(KINDS)}")
    form = next((known for known in KINDS if known == kind and known != "cssm-instances"), None) or _form(path)
    if form in _SHEETS:
        return _from_sheet(path, kind, form, column_map)
    if column_map:
        raise UsageError("--map is for files with columns", why=f"{path} is read as {form}")
    found = cssm_api.read(path) if form == "cssm-json" else own_yaml.read(path)
    if kind == "cssm-instances" and not found.instances:
        raise InputError(f"{path}: lists no product instance", why="it is no product-instance export")
    return found


def _form(path: Path) -> Kind:
    """The form of a file by its suffix, else by its first characters."""
    if known := _KIND_OF.get(path.suffix.lower()):
        return known
    raw = read_bounded(path)
    if raw.startswith(sheets.ZIP_MAGIC):
        return "xlsx"
    text = raw.decode("utf-8-sig", "replace").lstrip()
    if text.startswith(("{", "[")):
        return "yaml" if own_yaml.is_own(load_json(path)) else "cssm-json"
    first = text.partition("\n")[0]
    looks_like_csv = any(mark in first for mark in ",;\t") and ":" not in first and not first.startswith(("#", "-"))
    return "cssm-csv" if looks_like_csv else "yaml"


def _from_sheet(path: Path, kind: str | None, form: Kind, column_map: Mapping[str, str]) -> ImportedFile:
    """Where the call leaves it open, the headings say whether the sheet lists licenses or product instances."""
    sheet = sheets.load(path)
    if kind == "cssm-instances" or (kind != "cssm-csv" and lists_instances(sheet.headings)):
        rows, found = sheets.rows_of(sheet, exports().instances, column_map)
        listed, notes = product_instances(rows)
        made = ImportedFile(kind="cssm-instances", instances=tuple(listed))
    else:
        rows, found = sheets.rows_of(sheet, exports().licenses, column_map)
        bought, notes = entitlements(rows)
        made = ImportedFile(kind=form, entitlements=tuple(bought))
    if found.local:
        made = replace(made, source="onprem", instance_source="onprem")
    return replace(made, notes=(*sheet.notes, *found.notes, *notes))


def _when(path: Path, said: datetime | None, given: datetime | None, notes: list[str]) -> datetime:
    """When it was exported: the file's word, else the option, else the file's own time."""
    if said is not None:
        if given is not None and as_utc(given) != as_utc(said):
            notes.append(f"{path}: --exported-at was not used, the file says {said:%Y-%m-%dT%H:%M:%SZ}")
        return as_utc(said)
    if given is not None:
        return as_utc(given)
    when = datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
    notes.append(f"{path}: does not say when it was exported; the file's time {when:%Y-%m-%dT%H:%M:%SZ} is taken")
    return when


def _filled(
    rows: Sequence[Imported], given: Mapping[str, str | None], path: Path, when: datetime
) -> tuple[Imported, ...]:
    return tuple(
        replace(
            row,
            smart_account=one_line(row.smart_account) or given["smart_account"],
            virtual_account=one_line(row.virtual_account) or given["virtual_account"],
            exported_at=when,
            source_file=str(path),
        )
        for row in rows
    )
