"""The courier's way out: usage files into the ledger, parcels, uploads."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from licsweep import files
from licsweep.courier.contents import Contents
from licsweep.courier.devices import Device, Devices, account
from licsweep.courier.parcel_folder import write_parcel
from licsweep.courier.parcels import divided, fewest, make_parcel
from licsweep.courier.progress import entries_of, progress
from licsweep.courier.usage_files import MAX_BYTES, read_usage
from licsweep.errors import (
    InputError,
    UnknownParcel,
    UsageError,
    did_you_mean,
    plain_reason,
)
from licsweep.estate import inventory as inv
from licsweep.estate.selection import Selection, select
from licsweep.jobs import judge
from licsweep.jobs.gathered_files import gather
from licsweep.ledger_types import FileKind, Form, KeptFile, Parcel
from licsweep.model import Record
from licsweep.position_types import folded
from licsweep.reading.gathered_texts import Unused
from licsweep.serialization import not_in_the_future
from licsweep.settings import Project
from licsweep.store import Store, exists, writing

BY_HAND = "carried by hand; no device was asked whether it is whole"
CONTROLLED = "reported-by-controller"
PARCELS, MAX_PARCEL = "courier/parcels", 50 * files.MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedFile(Record):
    """A file that came in: what it is and what became of it. `telemetry` reports travel and are not counted."""

    file: str
    state: Literal["new", "known", "unmatched", "nothing-to-report", "not-used"]
    kind: FileKind | None = None
    hostname: str | None = None
    parcel: str | None = None
    reports: int = 0
    telemetry: int = 0
    sha256: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotPacked(Record):
    """A device or a file whose reports are in no parcel, and why."""

    hostname: str | None
    file: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed(Record):
    """The parcels whose folders were made (one that a run before this left without its own among them), the folders,
    and what is in no parcel.
    """

    parcels: tuple[Parcel, ...]
    folders: tuple[str, ...]
    left: tuple[NotPacked, ...] = ()


def estate(project: Project, as_of: datetime | None = None) -> Devices:
    """The devices as judgement sees them; none where nothing was collected yet. A controller reports for its devices,
    so that they have no deadline here.
    """
    if not exists(project):
        return Devices(by_name={})
    result = judge.reconcile(project, as_of=as_of)
    inventory = inv.find(project)
    targets = inventory.targets if inventory else {}
    seen = {state.hostname: state.observation for state in result.states}
    return Devices(
        by_name={
            one.hostname: Device(
                hostname=one.hostname,
                udis=one.udis,
                smart_account=one.smart_account,
                virtual_account=account(one.virtual_account),
                site=targets[one.hostname].site if one.hostname in targets else None,
                deadline=None if one.compliance_state == CONTROLLED else one.deadline,
                days_left=None if one.compliance_state == CONTROLLED else one.days_left,
                service_affecting=one.service_affecting,
                observation=seen.get(one.hostname),
            )
            for one in result.judgement.instances
        }
    )


def selected(project: Project, selection: Selection) -> Collection[str] | None:
    """The names of the selected hosts, None for all. Raises UsageError, InventoryError."""
    if selection == Selection():
        return None
    return {target.name for target in select(inv.load(project), selection)}


def collect(project: Project, paths: Sequence[Path]) -> list[CarriedFile]:
    """Takes usage files carried by hand into the ledger, all in one transaction. Raises InputError, StoreError."""
    devices, contents, now = estate(project), Contents(project.folder), datetime.now(UTC)
    rows: list[CarriedFile] = []
    new: dict[str, KeptFile] = {}
    with writing(project, "courier collect", alone=False) as store:
        known = {file.sha256 for file in store.courier_files() if file.hostname}
        for found in gather(paths, suffixes=None, limit=MAX_BYTES):
            if isinstance(found, Unused):
                rows.append(CarriedFile(file=found.path, state="not-used", why=found.reason))
                continue
            try:
                usage = read_usage(Path(found.path), found.raw)
            except InputError as error:
                why = f"{plain_reason(error).removeprefix(f'{found.path}: ')}; {error.hint}"
                rows.append(CarriedFile(file=found.path, state="not-used", why=why))
                continue
            if not usage.reports:
                rows.append(CarriedFile(file=found.path, state="nothing-to-report"))
                continue
            file = KeptFile(
                sha256=contents.keep(found.raw),
                kind="usage",
                name=found.name.name,
                size=len(found.raw),
                kept_at=now,
                origin=BY_HAND,
                hostname=devices.owner((one.pid, one.sn) for one in usage.reports),
                reports=usage.reports,
            )
            rows.append(carried(found.path, file, known=file.sha256 in known | new.keys()))
            if rows[-1].state != "known":
                new[file.sha256] = file
        store.record_courier(
            files=list(new.values()),
            entries=[entry for file in new.values() for entry in entries_of(file, "collected", now)],
        )
    return rows


def carried(path: str, file: KeptFile, *, known: bool, why: str | None = None) -> CarriedFile:
    """The row about a file that is kept."""
    serials = ", ".join(sorted({one.sn for one in file.reports}))
    return CarriedFile(
        file=path,
        state="known" if known else "new" if file.hostname else "unmatched",
        kind=file.kind,
        hostname=file.hostname,
        parcel=file.parcel,
        reports=len(file.counted),
        telemetry=len(file.reports) - len(file.counted),
        sha256=file.sha256,
        why=why or (None if file.hostname or known else f"no host of the estate has the serial number {serials}"),
    )


def pack(
    project: Project,
    *,
    by: str,
    again: Sequence[str] = (),
    form: Form = "files",
    limit: int = MAX_PARCEL,
    to: Path | None = None,
) -> Packed:
    """Packs the reports that are in no parcel yet, and those of the parcels named in `again` that have no ACK.

    The ledger is written first: a parcel that is not uploaded and whose folder is missing is made by the next call.
    `to`: a second folder for the parcels, that of a USB stick. Raises UnknownParcel, StoreError, KeptFileDamaged.
    """
    devices, now = estate(project), datetime.now(UTC)
    contents, base = Contents(project.folder), project.folder / PARCELS
    with writing(project, "courier pack", create=False, alone=False) as store:
        for name in again:
            require_parcel(store, name)
        kept = {file.sha256: file for file in store.courier_files()}
        entries = store.courier_entries()
        out = {entry.parcel for entry in entries if entry.step in ("uploaded", "acknowledged")}
        missing = [one for one in store.courier_parcels() if one.id not in out and not (base / one.id).exists()]
        known = progress(entries, now)
        open_reports = {
            key
            for key, one in known.items()
            if one.acknowledged_at is None and (one.parcel is None or one.parcel in again)
        }
        usage = [
            replace(file, hostname=file.hostname or devices.owner((one.pid, one.sn) for one in file.reports))
            for file in kept.values()
            if file.kind == "usage" and any(report.key in open_reports for report in file.counted)
        ]
        grouped, left = _by_account(usage, devices)
        parcels = [
            make_parcel(*pair, group, at=now, by=by, form=form)
            for pair, found in sorted(grouped.items(), key=str)
            for group in divided(fewest(found, open_reports), limit)
        ]
        store.record_courier(
            parcels=parcels,
            entries=[
                entry
                for parcel in parcels
                for file in parcel.files
                for entry in entries_of(kept[file.sha256], "packed", now, parcel=parcel.id, by=by)
                if entry.key in open_reports
            ],
        )
    folders = [write_parcel(parcel, kept, contents, base) for parcel in (*missing, *parcels)]
    if to:
        folders += [write_parcel(parcel, kept, contents, to) for parcel in parcels]
    return Packed(parcels=(*missing, *parcels), folders=tuple(map(str, folders)), left=tuple(left))


def _by_account(
    usage: Iterable[KeptFile], devices: Devices
) -> tuple[dict[tuple[str | None, str], list[KeptFile]], list[NotPacked]]:
    """The files by smart and virtual account, and those that can be packed nowhere."""
    grouped: dict[tuple[str | None, str], list[KeptFile]] = {}
    left = []
    for file in usage:
        device = devices.by_name.get(file.hostname or "")
        if device and device.virtual_account:
            grouped.setdefault((device.smart_account, device.virtual_account), []).append(file)
            continue
        why = "no host of the estate has its serial number" if file.hostname is None else "its host is not judged today"
        if device:
            why = "no virtual account is known: set virtual_account in the inventory, or import CSSM's instances"
        left.append(NotPacked(hostname=file.hostname, file=file.name, why=why))
    return grouped, left


def require_parcel(store: Store, name: str) -> Parcel:
    """The parcel of this id. Raises UnknownParcel."""
    parcels = {parcel.id: parcel for parcel in store.courier_parcels()}
    if name not in parcels:
        raise UnknownParcel(f"{name}: no such parcel", why=did_you_mean(name, parcels), hint="licsweep courier status")
    return parcels[name]


def uploaded(
    project: Project,
    name: str,
    *,
    by: str,
    at: datetime | None = None,
    virtual_account: str | None = None,
) -> Iterator[str]:
    """Records that a parcel was uploaded; gives what a person should know of it. Raises UnknownParcel, InputError."""
    now = datetime.now(UTC)
    not_in_the_future(at, "--at")
    with writing(project, "courier uploaded", create=False, alone=False) as store:
        parcel = require_parcel(store, name)
        when = min(at or now, now)
        if when < parcel.packed_at:
            what = f"{name}: was packed at {parcel.packed_at:%Y-%m-%d %H:%M} UTC"
            raise UsageError(
                what, why=f"it can't have been uploaded at {when:%Y-%m-%d %H:%M} UTC", hint="name another --at"
            )
        other = bool(virtual_account) and folded(virtual_account) != folded(parcel.virtual_account)
        note = (
            f"uploaded to the virtual account {virtual_account}, packed for {parcel.virtual_account}" if other else None
        )
        kept = {file.sha256: file for file in store.courier_files()}
        sent = [kept[file.sha256] for file in parcel.files]
        store.record_courier(
            entries=[one for file in sent for one in entries_of(file, "uploaded", when, parcel=name, by=by, note=note)]
        )
    if note:
        yield f"{name}: {note}: its licenses are charged there; move the product instances in CSSM, or see its alerts"
    yield f"{name}: uploaded at {when:%Y-%m-%d %H:%M} UTC, {len(sent)} files"
