"""The courier's ledger: usage files and acknowledgements come in, parcels and uploads go out."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from licsweep import files
from licsweep.courier.contents import Contents
from licsweep.courier.devices import Devices, Match
from licsweep.courier.parcel_folder import write_parcel
from licsweep.courier.parcels import divided, fewest, make_parcel
from licsweep.courier.progress import entries_of, progress
from licsweep.courier.status import owner
from licsweep.courier.usage_files import MAX_BYTES, read_usage
from licsweep.errors import InputError, UnknownParcel, UsageError, did_you_mean, plain_reason
from licsweep.estate import inventory as inv
from licsweep.estate.selection import Selection, select
from licsweep.jobs import judge
from licsweep.jobs.gathered_files import gather
from licsweep.ledger_types import FileKind, Form, KeptFile, Ledger, Parcel
from licsweep.model import Record
from licsweep.position_types import folded
from licsweep.reading.gathered_texts import GatheredFile, Unused
from licsweep.serialization import not_in_the_future
from licsweep.settings import Project
from licsweep.store import Store, exists, writing
from licsweep.store.lock import locked
from reconcile.instances.account_assignment import UNASSIGNED

BY_HAND = "carried by hand; no device was asked whether it is whole"
PARCELS, MAX_PARCEL = "courier/parcels", 50 * files.MIB


CarriedState = Literal["new", "known", "unmatched", "nothing-to-report", "not-used"]


class CarriedFile(Record):
    """A file that came in: what it is and what became of it. `telemetry` reports travel and are not counted."""

    file: str
    state: CarriedState
    kind: FileKind | None = None
    hostname: str | None = None
    parcel: str | None = None
    reports: int = 0
    telemetry: int = 0
    sha256: str | None = None
    why: str | None = None

    @classmethod
    def of(cls, kept: KeptFile, path: str, state: CarriedState, why: str | None) -> "CarriedFile":
        """A file that is kept, by the path that it came from."""
        return cls(
            file=path,
            state=state,
            kind=kept.kind,
            hostname=kept.hostname,
            parcel=kept.parcel,
            reports=len(kept.counted),
            telemetry=len(kept.reports) - len(kept.counted),
            sha256=kept.sha256,
            why=why,
        )


class NotPacked(Record):
    """A device or a file whose reports are in no parcel, and why."""

    hostname: str | None
    file: str
    why: str


class Packed(Record):
    """The parcels whose folders were made, the folders, and what is in no parcel.

    `made_again` are those of earlier runs whose folders were not there: cut off, moved away or removed.
    """

    parcels: tuple[Parcel, ...]
    folders: tuple[str, ...]
    made_again: tuple[str, ...] = ()
    left: tuple[NotPacked, ...] = ()


def estate(project: Project, as_of: datetime | None = None) -> Devices:
    """The devices as judgement sees them; none where nothing was collected yet. A controller reports for its devices,
    so that they have no deadline here.
    """
    if not exists(project):
        return Devices(by_name={})
    result = judge.reconcile(project, as_of=as_of)
    inventory = inv.find(project)
    instances = (
        replace(one, deadline=None, days_left=None) if one.compliance_state == "reported-by-controller" else one
        for one in result.judgement.instances
    )
    return Devices(
        by_name={one.hostname: one for one in instances},
        sites={name: target.site for name, target in inventory.targets.items()} if inventory else {},
        seen={state.hostname: state.observation for state in result.states},
    )


def selected(project: Project, selection: Selection) -> Collection[str] | None:
    """The names of the selected hosts, None for all. Raises UsageError, InventoryError."""
    if selection == Selection():
        return None
    return {target.name for target in select(inv.load(project), selection)}


@contextmanager
def open_ledger(project: Project, doing: str, *, alone: bool = False) -> Iterator[tuple[Store, Ledger]]:
    """The store and the ledger for the one run of the courier that may write, `alone` as `store.writing` has it.

    Raises LockedError, StoreError.
    """
    files.make_folder(project.folder / "courier")
    with locked(project.folder / "courier" / "lock", doing), writing(project, doing, alone=alone) as store:
        yield store, store.courier_ledger()


Matching = Callable[[GatheredFile], Match | None]


def take(
    store: Store, ledger: Ledger, contents: Contents, found: Iterable[GatheredFile | Unused], match: Matching
) -> list[CarriedFile]:
    """Takes files into an open ledger: the bytes of each as it comes, then all rows in one transaction.

    `match` says what a file is and whose: None where it holds nothing to report, InputError where it can't be used.
    """
    now = datetime.now(UTC)
    rows: list[CarriedFile] = []
    new: dict[str, KeptFile] = {}
    for one in found:
        if isinstance(one, Unused):
            rows.append(CarriedFile(file=one.path, state="not-used", why=one.reason))
            continue
        try:
            matched = match(one)
        except InputError as error:
            why = plain_reason(error).removeprefix(f"{one.path}: ") + (f"; {error.hint}" if error.hint else "")
            rows.append(CarriedFile(file=one.path, state="not-used", why=why))
            continue
        if matched is None:
            rows.append(CarriedFile(file=one.path, state="nothing-to-report"))
            continue
        sha256 = contents.keep(one.raw)
        before = new.get(sha256) or ledger.files.get(sha256)
        owned = before.hostname if before else None
        file = KeptFile(
            sha256=sha256,
            kind=matched.kind,
            name=one.name.name,
            size=len(one.raw),
            kept_at=now,
            origin=matched.origin,
            hostname=matched.hostname or owned,
            parcel=matched.parcel,
            reports=matched.reports,
        )
        if owned not in (None, file.hostname) and file.kind != "usage":
            why = f"the same bytes were taken for {owned}: a file is kept for one device only"
            rows.append(CarriedFile(file=one.path, state="not-used", kind=file.kind, why=why))
            continue
        known = before is not None and owned == file.hostname
        if not known:
            new[sha256] = file
        state: CarriedState = "unmatched" if file.hostname is None else "known" if known else "new"
        rows.append(CarriedFile.of(file, one.path, state, matched.why))
    usage = [file for file in new.values() if file.kind == "usage"]
    acks = [file for file in new.values() if file.kind == "ack" and file.hostname]
    entries = [entry for file in usage for entry in entries_of(file, "collected", now)]
    entries += [entry for file in acks for entry in entries_of(file, "acknowledged", now)]
    store.record_courier(files=list(new.values()), entries=entries)
    return rows


def collect(project: Project, paths: Sequence[Path]) -> list[CarriedFile]:
    """Takes usage files carried by hand into the ledger. Raises InputError, LockedError, StoreError."""
    devices = estate(project)

    def match(found: GatheredFile) -> Match | None:
        reports = read_usage(Path(found.path), found.raw).reports
        if not reports:
            return None
        hostname = devices.owner((one.pid, one.sn) for one in reports)
        udis = ", ".join(sorted({f"{one.pid} {one.sn}".strip() for one in reports})[:5])
        why = None if hostname else f"no single host of the estate has the UDI {udis}"
        return Match(kind="usage", hostname=hostname, origin=BY_HAND, reports=reports, why=why)

    with open_ledger(project, "courier collect") as (store, ledger):
        found = gather(paths, suffixes=None, limit=MAX_BYTES)
        return take(store, ledger, Contents(project.folder), found, match)


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
    devices, contents, base = estate(project), Contents(project.folder), project.folder / PARCELS
    with open_ledger(project, "courier pack") as (store, ledger):
        now = datetime.now(UTC)
        for name in again:
            require_parcel(ledger, name)
        out = {entry.parcel for entry in ledger.entries if entry.step in ("uploaded", "acknowledged")}
        known = progress(ledger.entries)
        waiting = {one.parcel for one in known.values()} - out - set(again)
        missing = [one for one in ledger.parcels.values() if one.id in waiting and not (base / one.id).exists()]
        open_reports = {
            key
            for key, one in known.items()
            if one.acknowledged_at is None and (one.parcel is None or one.parcel in again)
        }
        usage = [
            replace(file, hostname=owner(file, devices))
            for file in ledger.files.values()
            if file.kind == "usage" and any(report.key in open_reports for report in file.counted)
        ]
        grouped, left = _by_account(usage, devices)
        taken = set[str]()
        parcels = [
            make_parcel(*account, group, at=now, by=by, form=form, taken=taken)
            for account, found in sorted(grouped.items(), key=str)
            for group in divided(fewest(found, open_reports), limit)
        ]
        entries = [
            entry
            for parcel in parcels
            for file in parcel.files
            for entry in entries_of(ledger.files[file.sha256], "packed", now, parcel=parcel.id, by=by)
            if entry.key in open_reports
        ]
        store.record_courier(parcels=parcels, entries=entries)
        folders = [write_parcel(parcel, ledger.files, contents, base) for parcel in (*missing, *parcels)]
        if to:
            folders += [write_parcel(parcel, ledger.files, contents, to) for parcel in parcels]
    return Packed(
        parcels=(*missing, *parcels),
        folders=tuple(map(str, folders)),
        made_again=tuple(parcel.id for parcel in missing),
        left=tuple(left),
    )


def _by_account(
    usage: Iterable[KeptFile], devices: Devices
) -> tuple[dict[tuple[str | None, str], list[KeptFile]], list[NotPacked]]:
    """The files by smart and virtual account, and those that can be packed nowhere."""
    grouped: dict[tuple[str | None, str], list[KeptFile]] = {}
    left = []
    for file in usage:
        device = devices.by_name.get(file.hostname or "")
        if device and device.virtual_account != UNASSIGNED:
            grouped.setdefault((device.smart_account, device.virtual_account), []).append(file)
            continue
        why = "its host is not judged today" if file.hostname else "no single host of the estate has its UDI"
        if device:
            why = "no virtual account is known: set virtual_account in the inventory, or import CSSM's instances"
        left.append(NotPacked(hostname=file.hostname, file=file.name, why=why))
    return grouped, left


def require_parcel(ledger: Ledger, name: str) -> Parcel:
    """The parcel of this id. Raises UnknownParcel."""
    if name not in ledger.parcels:
        why = did_you_mean(name, ledger.parcels.keys())
        raise UnknownParcel(f"{name}: no such parcel", why=why, hint="licsweep courier status")
    return ledger.parcels[name]


def uploaded(
    project: Project, name: str, *, by: str, at: datetime | None = None, virtual_account: str | None = None
) -> Iterator[str]:
    """Records that a parcel was uploaded; gives what a person should know of it. Raises UnknownParcel, InputError."""
    now = datetime.now(UTC)
    not_in_the_future(at, "--at")
    with open_ledger(project, "courier uploaded") as (store, ledger):
        parcel, when = require_parcel(ledger, name), min(at or now, now)
        if when < parcel.packed_at:
            what = f"{name}: was packed at {parcel.packed_at:%Y-%m-%d %H:%M} UTC"
            why = f"it can't have been uploaded at {when:%Y-%m-%d %H:%M} UTC"
            raise UsageError(what, why=why, hint="name another --at")
        note = None
        if virtual_account and folded(virtual_account) != folded(parcel.virtual_account):
            note = f"uploaded to the virtual account {virtual_account}, packed for {parcel.virtual_account}"
        sent = [ledger.files[file.sha256] for file in parcel.files]
        entries = [one for file in sent for one in entries_of(file, "uploaded", when, parcel=name, by=by, note=note)]
        store.record_courier(entries=entries)
    if note:
        yield f"{name}: {note}: its licenses are charged there; see what CSSM says, or move the product instances"
    yield f"{name}: uploaded at {when:%Y-%m-%d %H:%M} UTC, usage files: {len(sent)}"
