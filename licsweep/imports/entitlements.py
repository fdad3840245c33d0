"""Files of what was bought and of what CSSM lists: CSSM's exports and API answers, On-Prem exports, our own YAML."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from licsweep.errors import InputError, UsageError
from licsweep.imports import cssm_api, foreign, own_yaml, sheets
from licsweep.imports.cells import Order, moment, one_line
from licsweep.imports.columns import exports, lists_instances
from licsweep.imports.files import KINDS, ImportedFile, Kind, decoded, load_json, read_raw, some
from licsweep.imports.rows import alerts_of, grouped, imported, instance_key, license_key
from licsweep.model import as_utc
from licsweep.serialization import not_in_the_future

__all__ = ["KINDS", "ImportedFile", "read_all"]

_SHEETS: tuple[Kind, ...] = ("cssm-csv", "xlsx")
_KIND_OF: Mapping[str, Kind] = {
    ".csv": "cssm-csv", ".tsv": "cssm-csv", ".xlsx": "xlsx", ".yaml": "yaml", ".yml": "yaml"
}  # fmt: skip


def read_all(
    paths: Sequence[Path],
    *,
    kind: str | None = None,
    smart_account: str | None = None,
    virtual_account: str | None = None,
    exported_at: datetime | None = None,
    column_map: Mapping[str, str] | None = None,
    dates: Order | None = None,
) -> list[ImportedFile]:
    """The entitlements and product instances of files; those that are pages of one API answer are read as one.

    `kind` is one of KINDS (None: by name and content). The accounts and `exported_at` fill what a file does not say (a
    note where it says something else); without any date the file's own time counts, with a note. `column_map` is column
    to field, `dates` the order of day and month in files with columns. Raises InputError that names file, row and
    column (or line and key), UsageError for a wrong option, MissingExtra for XLSX without its reader.
    """
    if kind is not None and kind not in KINDS:
        raise UsageError(f"--as {kind}: this kind of file can't be read", why=f"known are {', '.join(KINDS)}")
    given = {"smart_account": one_line(smart_account), "virtual_account": one_line(virtual_account)}
    found = list(_read(paths, kind, column_map or {}, dates))
    if kind == "cssm-instances" and (without := next((one for one in found if not one.instances), None)):
        raise InputError(f"{without.paths[0]}: lists no product instance", why="it is no product-instance export")
    return [_filled(one, given, exported_at) for one in found]


def _read(
    paths: Sequence[Path], kind: str | None, column_map: Mapping[str, str], dates: Order | None
) -> Iterator[ImportedFile]:
    pages: dict[frozenset[Any], list[cssm_api.AnswerRow]] = {}
    for path in paths:
        raw = read_raw(path)
        foreign.refuse_bytes(path, raw)
        form = next((known for known in KINDS if known == kind and known != "cssm-instances"), None) or _form(path, raw)
        if form in _SHEETS:
            yield _from_sheet(path, raw, kind, form, column_map, dates)
        elif column_map or dates:
            option = "--map" if column_map else "--dates"
            raise UsageError(f"{option} is for files with columns", why=f"{path} is {form}")
        elif form == "yaml":
            text, _ = decoded(path, raw)
            foreign.refuse_text(path, text)
            yield own_yaml.read(path, text)
        else:
            document = load_json(path, raw)
            if empty := cssm_api.no_alert(path, document):
                yield empty
                continue
            rows = _answer(path, document)
            answer = {(row.above.smart, row.above.total, row.kind) for row in rows}
            pages.setdefault(frozenset(answer if cssm_api.missing_pages(rows) else [path]), []).extend(rows)
    yield from map(cssm_api.read, pages.values())


def _form(path: Path, raw: bytes) -> Kind:
    """The form of a file by its suffix, else by its first characters."""
    if raw.startswith(sheets.ZIP_MAGIC):
        return "xlsx"
    known, text = _KIND_OF.get(path.suffix.lower()), decoded(path, raw)[0].lstrip()
    if known and not (known == "cssm-csv" and text.startswith(("{", "["))):
        return known
    if text.startswith(("{", "[")):
        return "yaml" if own_yaml.is_own(load_json(path, raw)) else "cssm-json"
    first = text.partition("\n")[0]
    looks_like_csv = any(mark in first for mark in ",;\t") and ":" not in first and not first.startswith(("#", "-"))
    return "cssm-csv" if looks_like_csv or first.startswith("sep=") else "yaml"


def _answer(path: Path, document: Any) -> list[cssm_api.AnswerRow]:
    rows = cssm_api.rows_of(path, document)
    foreign.refuse_names(path, "json", foreign.keys_of(document), has_rows=bool(rows))
    if not rows:
        raise InputError(f"{path}: holds no row of a license, a device or an alert", why=cssm_api.api_words(document))
    return rows


def _from_sheet(
    path: Path, raw: bytes, kind: str | None, form: Kind, column_map: Mapping[str, str], dates: Order | None
) -> ImportedFile:
    """Where the call leaves it open, the headings say whether the sheet lists licenses, product instances or alerts."""
    sheet = sheets.load(path, raw, column_map)
    foreign_notes = foreign.refuse_names(path, "headings", sheet.headings, has_rows=sheet.fits)
    if not sheet.fits and form == "cssm-csv":
        foreign.refuse_text(path, decoded(path, raw)[0])
    lists = kind == "cssm-instances" or (kind != "cssm-csv" and lists_instances(sheet.headings))
    layout = exports().instances if lists else exports().licenses
    if not lists and exports().alerts.fits(exports().alerts.fields_of(sheet.headings, column_map)):
        layout = exports().alerts
    rows, notes, local = sheets.rows_of(sheet, layout, column_map, dates)
    said: dict[str, Any] = {"source": "onprem", "instance_source": "onprem"} if local else {}
    with suppress(ValueError):  # a title that holds no date says nothing of it
        said["exported_at"] = moment(sheet.above.get("exported_at", ""), dates)
    told = (*foreign_notes, *sheet.notes, *notes)
    if layout is exports().alerts:
        said["alert_source"] = "onprem-alerts" if local else "cssm-alerts"
        return imported(form, [path], alerts=alerts_of(rows), notes=told, **said)
    if lists:
        return imported("cssm-instances", [path], listed=grouped(rows, instance_key), notes=told, **said)
    return imported(form, [path], grouped(rows, license_key), notes=told, **said)


def _filled(found: ImportedFile, given: Mapping[str, str | None], exported_at: datetime | None) -> ImportedFile:
    """The file with what the call says of it, and notes on what it leaves open."""
    where, notes = some(found.paths), list(found.notes)
    rows = (*found.entitlements, *found.instances, *found.alerts)
    for name, value in given.items():
        others = {said for row in rows if value and (said := getattr(row, name)) and said != value}
        if others:
            option = f"--{name.replace('_', '-')} {value}"
            notes.append(f"{where}: {option} was not used for rows that say {some(sorted(others))}")
    when = _when(found, where, exported_at, notes)
    not_in_the_future(when, f"{where}: exported")
    smart, virtual = given["smart_account"], given["virtual_account"]

    def filled(row: Any) -> Any:
        accounts = row.smart_account or smart, row.virtual_account or virtual
        return replace(row, smart_account=accounts[0], virtual_account=accounts[1], exported_at=when)

    bought, listed, alerts = (tuple(map(filled, rows)) for rows in (found.entitlements, found.instances, found.alerts))
    for row in bought:
        if row.virtual_account is None:
            what = f"{row.source_file}: row {row.source_row}: no virtual account for {row.license}"
            raise InputError(what, why="licenses are owned by a virtual account", hint="type --virtual-account NAME")
    for name in given:
        named = (*bought, *listed, *(alerts if name == "smart_account" else ()))
        if any(getattr(row, name) is None for row in named):
            option = f"--{name.replace('_', '-')} NAME"
            notes.append(f"{where}: names no {name.replace('_', ' ')}; give one with {option}")
    filled_in: dict[str, Any] = {"entitlements": bought, "instances": listed, "alerts": alerts}
    return replace(found, **filled_in, notes=tuple(notes), one_account=virtual is not None)


def _when(found: ImportedFile, where: str, given: datetime | None, notes: list[str]) -> datetime:
    """When it was exported: the file's word, else the option, else the file's own time."""
    when = found.exported_at or (as_utc(given) if given else None)
    if when is None:
        when = datetime.fromtimestamp(int(max(path.stat().st_mtime for path in found.paths)), UTC)
        notes.append(f"{where}: does not say when it was exported; the file's time {when:%Y-%m-%dT%H:%M:%SZ} is taken")
    elif given and as_utc(given) != when:
        notes.append(f"{where}: --exported-at was not used, the file says {when:%Y-%m-%dT%H:%M:%SZ}")
    return when
