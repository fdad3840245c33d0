"""Sites without a line: what was collected there travels to the centre in a signed file, with the courier's ledger."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby, islice, zip_longest
from operator import itemgetter
from pathlib import Path
from typing import Any

from licsweep import serialization
from licsweep.clean_text import one_line
from licsweep.courier.contents import Contents
from licsweep.errors import InputError, UsageError
from licsweep.host_result import HostResult
from licsweep.imports.observations import check_counts
from licsweep.jobs import site_files
from licsweep.jobs.courier import open_ledger
from licsweep.ledger_types import Ledger
from licsweep.model import Record, Snapshot, Utc
from licsweep.settings import Project
from licsweep.store import Store, reading
from licsweep.version import VERSION

MANIFEST = "manifest.json"
HOSTS_AT_ONCE = 500
_Results = Iterator[tuple[str, HostResult]]


class Manifest(Record):
    """What the file of a site holds beside texts and results; `uids` are those of all its snapshots, by their id."""

    site: str
    made_at: Utc
    tool_version: str
    snapshots: tuple[Snapshot, ...]
    uids: dict[int, str]
    ledger: Ledger


def export(project: Project, numbers: Sequence[int], output: Path, *, site: str, key: Path) -> Manifest:
    """Writes snapshots and the courier's ledger, signed with the key of the site.

    Raises UsageError, StoreError, KeptFileDamaged, OutputError, MissingExtra.
    """
    with reading(project) as store:
        snapshots = {one.id: one for one in store.snapshots()}
        for number in numbers:
            store.require_snapshot(number)
            if snapshots[number].origin or snapshots[number].state in ("running", "pruned"):
                why = "it came from another site, is being written, or was pruned"
                raise UsageError(f"snapshot {number}: not exported", why=why, hint="licsweep snapshots")
        manifest = Manifest(
            site=site,
            made_at=datetime.now(UTC),
            tool_version=VERSION,
            snapshots=tuple(replace(snapshots[number], origin=site) for number in dict.fromkeys(numbers)),
            uids={one.id: str(one.uid) for one in snapshots.values()},
            ledger=store.courier_ledger(),
        )
        site_files.write(output, site, key, _members(store, manifest, Contents(project.folder)))
    return manifest


def _members(store: Store, manifest: Manifest, contents: Contents) -> Iterator[tuple[str, bytes]]:
    yield MANIFEST, serialization.to_json(manifest).encode()
    yield from ((f"{sha256}.txt", contents.read(sha256)) for sha256 in manifest.ledger.files)
    for snapshot in manifest.snapshots:
        lines = (f"{serialization.to_json(one, light=True)}\n" for one in _results(store, snapshot.id))
        parts = iter(lambda: "".join(islice(lines, HOSTS_AT_ONCE)), "")  # noqa: B023 - asked at once
        yield from ((f"{snapshot.uid}.{number:05}.jsonl", part.encode()) for number, part in enumerate(parts, 1))


def _results(store: Store, number: int) -> Iterator[HostResult]:
    """What a snapshot holds of its hosts and their texts, by name."""
    for one in store.results(number):
        yield replace(one, captures=store.captures(number, one.outcome.hostname))


def import_file(project: Project, path: Path) -> tuple[list[Snapshot], int]:
    """Takes the file of a site in, whole or not at all: its snapshots as they are here, and how many of them are new.

    What is there already changes nothing. Raises InputError for what no known site signed, what contradicts an earlier
    import, and a host name that is another box here; LockedError, StoreError, OutputError, MissingExtra.
    """
    site, members = site_files.read(path, project.path(project.settings.allowed_signers))
    name, raw = next(members, ("", b""))
    manifest: Manifest = _read(raw, Manifest, f"{path}: {name}")
    _check_manifest(manifest, site, f"{path}: {name}")
    with open_ledger(project, "site import", alone=True) as (store, ledger):
        here = {one.uid: one for one in store.snapshots()}
        new = [one for one in manifest.snapshots if one.uid not in here]
        found = _lines(path, members, Contents(project.folder), manifest.ledger)
        results = _new_results(store, manifest, found, path)
        store.import_site(new, results, manifest.uids, _new_rows(ledger, manifest.ledger))
        uids = {one.uid for one in manifest.snapshots}
        return [one for one in store.snapshots() if one.uid in uids], len(new)


def _read(raw: bytes, kind: Any, where: str) -> Any:
    try:
        return serialization.check_json(raw, kind, where, strict=False)
    except InputError as error:
        raise site_files.odd(error.what, error.why) from error


def _check_manifest(manifest: Manifest, site: str, where: str) -> None:
    """Raises InputError for what no export writes: whoever holds the key may still bring anything."""
    snapshots, ledger = manifest.snapshots, manifest.ledger
    if {manifest.site, *(one.origin for one in snapshots)} != {site}:
        raise InputError(f"{where} names another site", why=f"the signature is that of {site}")
    wrong = len({one.uid for one in snapshots}) < len(snapshots)
    for one in snapshots:
        serialization.not_in_the_future(max(one.started_at, one.ended_at or one.started_at), f"{where}: {one.uid}")
        wrong |= one.state not in ("complete", "interrupted") or one.selected not in range(10**9)
        wrong |= manifest.uids.get(one.id) != one.uid
    for name, parcel in ledger.parcels.items():
        wrong |= name != parcel.id or any(file.sha256 not in ledger.files for file in parcel.files)
    if wrong or any(at != one.sha256 for at, one in ledger.files.items()):
        raise site_files.odd(f"{where}: contradicts itself")


def _new_rows(mine: Ledger, theirs: Ledger) -> Ledger:
    """What the ledger of a site holds that ours does not; of a file that is known here, its host where we have none."""
    known, newest = set(mine.entries), datetime.max.replace(tzinfo=UTC)
    since = {at: newest if one.hostname else one.kept_at for at, one in mine.files.items()}
    return Ledger(
        files={at: one for at, one in theirs.files.items() if at not in since or one.kept_at > since[at]},
        parcels={name: one for name, one in theirs.parcels.items() if name not in mine.parcels},
        entries=[one for one in theirs.entries if one not in known],
    )


def _lines(path: Path, members: Iterator[tuple[str, bytes]], contents: Contents, ledger: Ledger) -> _Results:
    """The results of a file, with the uid of the snapshot of each; the courier's files are kept on the way."""
    missing = {f"{one.sha256}.txt": one.size for one in ledger.files.values()}
    for name, raw in members:
        if name.endswith(".txt"):
            if name != f"{hashlib.sha256(raw).hexdigest()}.txt" or missing.pop(name, None) != len(raw):
                raise site_files.odd(f"{path}: {name}: not as its ledger has it")
            contents.keep(raw)
            continue
        for number, line in enumerate(raw.splitlines(), 1):
            where = f"{path}: {name}:{number}"
            yield name.partition(".")[0], _read(line, HostResult, where)
    if missing:
        raise site_files.odd(f"{path}: {min(missing)} is missing", "its ledger names it")


def _new_results(store: Store, manifest: Manifest, found: _Results, path: Path) -> _Results:
    """Those of snapshots that are not here yet. Raises InputError for what can't be, and where one is another here."""
    here, listed = {str(one.uid): one for one in store.snapshots()}, {str(one.uid): one for one in manifest.snapshots}
    origins, beside = {one.id: one.origin for one in here.values()}, store.hostnames_beside(manifest.site)
    ended: dict[str, dict[str, str]] = {uid: {} for uid in listed}
    for uid, group in groupby(found, key=itemgetter(0)):
        results = (one for _, one in group)
        if known := here.get(uid):
            pairs = zip_longest(map(_told, results), map(_told, _results(store, known.id)))
            differs = known.state != "pruned" and any(one != other for one, other in pairs)
            if differs or known.origin != manifest.site:
                why = f"it is snapshot {known.id}, of {known.origin or 'this project'}, and its results differ"
                hint = "licsweep snapshots; a site keeps its name, and no two have one database"
                raise InputError(f"{path}: snapshot {uid} is another one here", why=why, hint=hint)
            continue
        for one in results:
            where = f"{path}: {one.outcome.hostname}"
            texts = one.captured_in is None or manifest.uids.get(one.captured_in) in (here.keys() | listed.keys())
            if uid not in listed or not texts:
                why = "a snapshot that was read again needs the one with its texts"
                raise InputError(f"{where}: its snapshot is missing", why=why, hint="export that snapshot too")
            _check_result(one, where)
            if one.outcome.hostname in ended[uid]:
                raise site_files.odd(f"{where}: stands there twice")
            ended[uid][one.outcome.hostname] = one.outcome.status
            if one.outcome.hostname in beside:
                _check_box(store, one, manifest.site, origins, where)
            yield uid, one
    for uid in listed.keys() - here.keys():
        if Counter(ended[uid].values()) != listed[uid].outcomes:
            why = f"{sum(listed[uid].outcomes.values())} hosts ended, {len(ended[uid])} results came"
            raise site_files.odd(f"{path}: snapshot {uid}: not whole", why)


def _told(one: HostResult) -> HostResult:
    """What a result says wherever it is: ids of snapshots differ."""
    return replace(one, captured_in=None)


def _check_result(one: HostResult, where: str) -> None:
    name, seen = one.outcome.hostname, one.observation
    if not name.strip() or one_line(name, 253) != name or (seen and seen.hostname != name):
        raise site_files.odd(f"{where}: not the name of a host")
    serialization.not_in_the_future(one.tried_at, where)
    if seen:
        serialization.not_in_the_future(seen.captured_at, where)
        check_counts(seen, where)
    for text in one.captures:
        if text.hostname != one.outcome.hostname or hashlib.sha256(text.text.encode()).hexdigest() != text.sha256:
            raise InputError(f"{where}: {text.command}: not the text that was stored", why="its sha256 differs")


def _check_box(store: Store, one: HostResult, site: str, origins: Mapping[int, str | None], where: str) -> None:
    """Raises InputError where the name is known here from elsewhere, of a box with other serial numbers."""
    for state in store.host_states(as_of=datetime.now(UTC), hostname=one.outcome.hostname):
        theirs, ours = (
            {udi.sn for udi in seen.udis if udi.sn} if seen else set() for seen in (one.observation, state.observation)
        )
        if theirs and ours and not theirs & ours and origins[state.snapshot_id or 0] != site:
            why = f"{', '.join(map(str, theirs))} at {site}, {', '.join(map(str, ours))} here"
            hint = "give one another name in its inventory and sweep again; one box with new parts: sweep it here first"
            raise InputError(f"{where}: two boxes of one name", why=why, hint=hint)
