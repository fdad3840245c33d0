"""Collecting without SSH: text files that somebody gathered, or observations of another collector."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from licsweep import serialization
from licsweep.access.blanking import blank
from licsweep.errors import InputError, NothingCollected
from licsweep.jobs.host_lookup import inventory_of, target_of
from licsweep.jobs.snapshots import Collected, write_snapshot, writing
from licsweep.model import Observation, Outcome
from licsweep.reading.host_report import HostReport, capture, read_report
from licsweep.settings import Project
from licsweep.store.store import Store

if TYPE_CHECKING:
    from nornir.core.inventory import Inventory

MAX_TEXT_BYTES = 8 * 1024 * 1024


def texts(project: Project, paths: Sequence[Path], taken_at: datetime | None) -> Collected:
    """A snapshot from files `<host>/<command>.txt` (blanks or underscores in the command).

    The platform comes from the inventory, else it is recognized from the text. The time is `taken_at`, else the
    files' own. Raises InputError, NothingCollected, LockedError.
    """
    found = _files(paths)
    inventory = inventory_of(project)
    reports = [_report(hostname, files, inventory, taken_at) for hostname, files in sorted(found.items())]
    with writing(project, "ingest") as store:
        return write_snapshot(store, "ingest", " ".join(map(str, paths)), reports, partial(_save, store))


def _save(store: Store, snapshot_id: int, report: HostReport) -> Outcome:
    outcome, observation = read_report(report)
    store.save_captures(snapshot_id, report.captures)
    store.save_result(snapshot_id, outcome, report.tried_at, observation)
    return outcome


def _files(paths: Sequence[Path]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in paths:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder", why="nothing to read")
        files = [path] if path.is_file() else sorted(path.rglob("*.txt"))
        for file in files:
            found.setdefault(file.absolute().parent.name, []).append(file)
    if not found:
        raise NothingCollected(
            "no text was found", why=f"no *.txt in {', '.join(map(str, paths))}", hint="name files <host>/<command>.txt"
        )
    return found


def _report(hostname: str, files: list[Path], inventory: "Inventory | None", taken_at: datetime | None) -> HostReport:
    bodies = [serialization.read_bounded(file, MAX_TEXT_BYTES).decode("utf-8", "replace") for file in files]
    times = [taken_at or datetime.fromtimestamp(file.stat().st_mtime, UTC) for file in files]
    captures = tuple(
        capture(hostname, file.stem.replace("_", " "), blank(body), at)
        for file, body, at in zip(files, bodies, times, strict=True)
    )
    target = target_of(hostname, bodies, inventory)
    return HostReport(
        hostname=hostname,
        platform=target.platform,
        timezone=target.timezone,
        outcome=Outcome(hostname=hostname, status="ok"),
        tried_at=min(times),
        captures=captures,
    )


def observations(project: Project, file: Path, taken_at: datetime | None) -> Collected:
    """A snapshot from a JSON list of observations. Raises InputError, NothingCollected, LockedError."""
    from licsweep.imports.observations import read

    rows = read(file)
    if not rows:
        raise NothingCollected(f"{file}: an empty list", why="it holds no observation")
    now = datetime.now(UTC)
    with writing(project, "ingest") as store:

        def save(snapshot_id: int, row: Observation) -> Outcome:
            at = row.captured_at or taken_at or now
            outcome = Outcome(hostname=str(row.hostname), status=row.outcome)
            store.save_result(snapshot_id, outcome, at, replace(row, captured_at=at))
            return outcome

        return write_snapshot(store, "observations", str(file), rows, save)
