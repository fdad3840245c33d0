"""The courier's way back: acknowledgements of CSSM to their parcels and devices, and out to the console."""

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from licsweep import files
from licsweep.clean_text import shell_word
from licsweep.courier.acknowledgements import Matcher, to_deliver, without_copy
from licsweep.courier.archives import MAX_BYTES, unpacked
from licsweep.courier.contents import Contents
from licsweep.courier.devices import Devices, Match
from licsweep.courier.progress import entries_of
from licsweep.courier.sheets import page
from licsweep.errors import InputError, NothingToCarry, UsageError, did_you_mean
from licsweep.estate.selection import Selection
from licsweep.imports import foreign
from licsweep.jobs.courier import CarriedFile, estate, open_ledger, selected, take
from licsweep.jobs.gathered_files import gather
from licsweep.ledger_types import FileKind, KeptFile, Ledger
from licsweep.model import Record
from licsweep.reading.gathered_texts import GatheredFile, Unused
from licsweep.reports.view import values
from licsweep.settings import Project

TO_DEVICES: tuple[FileKind, ...] = ("ack", "policy", "trust-code", "authorization")


FileState = Literal["planned", "handed-out", "delivered", "unproven", "already", "refused", "not-done"]


class HandedOut(Record):
    """A file for a device, and what became of it: written for its console, or imported over SSH with this `answer`,
    which `means` something where it was no success. `already`: the device had it. `unproven`: it says that it took it
    and shows nothing new. `not-done`: it was not reached, or not to the end.
    """

    hostname: str
    serials: tuple[str, ...]
    file: str
    kind: FileKind
    sha256: str
    state: FileState = "handed-out"
    answer: str | None = None
    means: str | None = None

    @classmethod
    def of(
        cls, kept: KeptFile, path: str, devices: Devices, state: FileState = "handed-out", **said: str | None
    ) -> "HandedOut":
        """A file for its device, by the path where it lies now; `said` are `answer` and `means`."""
        name = kept.hostname or ""
        serials = devices.serials(name)
        return cls(hostname=name, serials=serials, file=path, kind=kept.kind, sha256=kept.sha256, state=state, **said)


def unpack(project: Project, paths: Sequence[Path], host: str | None = None) -> list[CarriedFile]:
    """Takes what CSSM gave back into the ledger; `host` says whose a single file is, where nothing in it does.

    What belongs to no device for certain is kept and stays unmatched. Raises InputError, UsageError, StoreError.
    """
    devices = estate(project)
    if host and host not in devices.by_name:
        raise UsageError(f"{host}: no such host", why=did_you_mean(host, devices.by_name), hint="licsweep hosts")
    with open_ledger(project, "courier unpack") as (store, ledger):
        matcher = Matcher(devices, ledger)

        def match(found: GatheredFile) -> Match:
            rule = foreign.recognized(found.raw)
            kind = next((one for one in TO_DEVICES if rule and rule.kind == one), None)
            if kind is None:
                hint = rule.instead.replace("{file}", shell_word(found.path)) if rule else ""
                raise InputError(f"this is {rule.what}" if rule else "it is no file of CSSM for a device", hint=hint)
            return matcher.match(found.name.name, files.decoded(found.raw), kind, host)

        return take(store, ledger, Contents(project.folder), _found(paths), match)


def _found(paths: Sequence[Path]) -> Iterator[GatheredFile | Unused]:
    """The files behind the paths and in the archives among them."""
    for one in gather(paths, suffixes=None, limit=MAX_BYTES):
        if isinstance(one, Unused):
            yield one
        else:
            yield from unpacked(one)


def waiting(ledger: Ledger, devices: Devices, hosts: Collection[str] | None, *, again: bool) -> list[KeptFile]:
    """The files that these hosts (None: all) are still to import. Raises NothingToCarry."""
    found = [file for file in to_deliver(ledger, devices, again=again) if hosts is None or file.hostname in hosts]
    if not found:
        why = "no acknowledgement waits for a device of the selection"
        raise NothingToCarry("nothing to deliver", why=why, hint="licsweep courier status; --again repeats")
    return found


def deliver_to(project: Project, folder: Path, selection: Selection, *, again: bool = False) -> list[HandedOut]:
    """Writes what the selected devices are to import into a folder of each, with a checklist for the console.

    Raises NothingToCarry, OutputError, KeptFileDamaged, StoreError.
    """
    hosts = selected(project, selection)
    devices, contents, now = estate(project), Contents(project.folder), datetime.now(UTC)
    with open_ledger(project, "courier deliver") as (store, ledger):
        found = waiting(ledger, devices, hosts, again=again)
        rows = list[HandedOut]()
        for file in found:
            path = folder / _safe(file.hostname or "") / _safe(without_copy(file.name))
            if str(path) in {row.file for row in rows}:
                path = path.with_stem(f"{path.stem}-{file.sha256[:8]}")
            files.make_folder(path.parent)
            files.write(path, contents.read(file.sha256))
            rows.append(HandedOut.of(file, str(path), devices))
        facts = {"Written": f"{now:%Y-%m-%d %H:%M} UTC", "Devices": len({row.hostname for row in rows})}
        shown = [values(row) | {"file": Path(row.file).name, "answer": ""} for row in rows]
        files.write(folder / "checklist.html", page("checklist", {}, facts, {"devices": shown}))
        note = f"handed out in {folder} for the console"
        delivered = [entry for file in found for entry in entries_of(file, "delivered", now, note=note)]
        store.record_courier(entries=delivered)
    return rows


def _safe(name: str) -> str:
    """A name that every file system and every device takes."""
    return re.sub("[^A-Za-z0-9._-]+", "-", name).strip(".-") or "file"
