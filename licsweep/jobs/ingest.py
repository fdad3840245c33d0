"""Collecting without a session: texts that somebody gathered, or observations of another collector."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from licsweep.access.blanking import blank, is_configuration
from licsweep.errors import NothingCollected
from licsweep.estate import inventory as inv
from licsweep.estate.credentials import secrets_of_environment
from licsweep.host_result import HostResult
from licsweep.jobs.gathered_files import gather
from licsweep.jobs.snapshots import write_snapshot
from licsweep.model import Outcome
from licsweep.reading.collected import Collected
from licsweep.reading.gathered_texts import Unused, texts_of
from licsweep.reading.host_report import capture, offline_report, read_report
from licsweep.serialization import not_in_the_future
from licsweep.settings import Project
from licsweep.store import writing
from reconcile.grouping import lists_by

CONFIGURATION = "it holds a configuration, which is full of secrets; only answers to license commands are stored"


def texts(
    project: Project, paths: Sequence[Path], *, taken_at: datetime | None = None, platform: str | None = None
) -> tuple[Collected, list[Unused]]:
    """A snapshot from texts gathered by hand, and the files that were not used (reading/gathered_texts.py: the forms).

    The platform of a host is the inventory's, else `platform`, else it is recognized from its texts; a host of which
    nothing tells is `unparsed` and its texts are kept. The time is `taken_at`, else the files' own. Raises InputError,
    NothingCollected, LockedError, StoreError.
    """
    not_in_the_future(taken_at, "--taken-at")
    inventory = inv.find(project)
    found, unused = texts_of(gather(paths), frozenset(inventory.targets if inventory else ()))
    unused += [Unused(path=text.path, reason=CONFIGURATION) for text in found if is_configuration(text.text)]
    found = [text for text in found if not is_configuration(text.text)]
    if not found:
        said = "; ".join(f"{one.path}: {one.reason}" for one in unused[:3]) or "the folder is empty"
        raise NothingCollected("no text was found", why=said, hint="name files <host>/<command>.txt")
    by_host = lists_by((text.hostname, text) for text in found)
    reports, words = [], secrets_of_environment()
    for name, gathered in sorted(by_host.items()):
        captures = tuple(
            capture(name, text.command, blank(text.text, words), taken_at or min(text.modified, datetime.now(UTC)))
            for text in gathered
        )
        outcome, tried_at = Outcome(hostname=name, status="ok"), min(one.started_at for one in captures)
        result = HostResult(outcome=outcome, tried_at=tried_at, captures=captures)
        reports.append(offline_report(result, inventory, platform))
    with writing(project, "ingest") as store:
        results = map(read_report, reports)
        return write_snapshot(store, "ingest", " ".join(map(str, paths)), len(reports), results), unused


def observations(project: Project, file: Path, taken_at: datetime | None) -> Collected:
    """A snapshot from a JSON list of observations. Raises InputError, NothingCollected, LockedError."""
    from licsweep.imports.observations import read

    rows = read(file)
    if not rows:
        raise NothingCollected(f"{file}: an empty list", why="it holds no observation")
    results = []
    for row in rows:
        at = row.captured_at or taken_at or datetime.now(UTC)
        not_in_the_future(at, f"{file}: {row.hostname}: captured_at")
        outcome = Outcome(hostname=str(row.hostname), status=row.outcome)
        results.append(HostResult(outcome=outcome, tried_at=at, observation=replace(row, captured_at=at)))
    with writing(project, "ingest") as store:
        return write_snapshot(store, "observations", str(file), len(results), results)
