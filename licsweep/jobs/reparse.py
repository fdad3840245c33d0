"""Reading stored captures again with today's templates: a new result beside the old one, which stays."""

from collections.abc import Iterator
from dataclasses import replace

from licsweep.errors import LicsweepError, NothingCollected, UsageError, plain_reason
from licsweep.estate import inventory as inv
from licsweep.host_result import HostResult
from licsweep.jobs.snapshots import write_snapshot
from licsweep.reading.collected import Collected
from licsweep.reading.host_report import offline_report, read_report
from licsweep.settings import Project
from licsweep.store import Store, writing

READ = frozenset({"ok", "partial", "unparsed", "unsupported", "refused"})
"""Outcomes of hosts that answered to the end, so that reading decides how they ended."""


def reparse(project: Project, snapshot_id: int | None = None) -> tuple[Collected, tuple[str, ...]]:
    """Reads the captures of a snapshot again (None: the newest captures of each host).

    Gives the new snapshot, and the hosts of which today's reading differs from the stored one.
    The new results carry the time of their captures, so that they count in place of what was read from them before.
    Of one snapshot, hosts that had no answer to read are in the new one as they were in it.
    Raises UsageError for a snapshot without captures, NothingCollected, LockedError, StoreError.
    """
    inventory = inv.find(project)
    changed = []
    with writing(project, "reparse", create=False) as store:
        found = _results(store, snapshot_id)

        def results() -> Iterator[HostResult]:
            for before in found:
                after = _read(store, before, inventory) if before.outcome.status in READ else before
                if (after.outcome.status, after.observation) != (before.outcome.status, before.observation):
                    changed.append(after.outcome.hostname)
                yield after

        chosen = f"captures of snapshot {snapshot_id}" if snapshot_id is not None else "newest captures"
        collected = write_snapshot(store, "reparse", chosen, len(found), results())
    return collected, tuple(changed)


def _results(store: Store, snapshot_id: int | None) -> list[HostResult]:
    """The hosts with captures to read, with what was first read from them; of one snapshot all hosts."""
    holders = store.captured_in(snapshot_id)
    if snapshot_id is not None and not holders:
        raise UsageError(
            f"snapshot {snapshot_id} holds no captures", why="there is nothing to read", hint="licsweep snapshots"
        )
    found = [
        replace(before, captured_in=holder)
        for holder in sorted(set(holders.values()))
        for before in store.results(holder)
        if holder == snapshot_id or (holders.get(before.outcome.hostname) == holder and before.outcome.status in READ)
    ]
    if not found:
        raise NothingCollected("no captures to read", why="no host has answered to the end", hint="licsweep snapshots")
    return sorted(found, key=lambda before: before.outcome.hostname)


def _read(store: Store, before: HostResult, inventory: inv.Inventory | None) -> HostResult:
    platform = before.observation.platform if before.observation else None
    outcome = replace(before.outcome, status="ok", reason=None)
    try:
        captures = tuple(store.captures(before.captured_in or 0, outcome.hostname))
    except LicsweepError as error:  # a damaged capture
        outcome = replace(outcome, status="unparsed", reason=plain_reason(error))
        return replace(before, outcome=outcome, observation=None)
    read = read_report(offline_report(replace(before, outcome=outcome, captures=captures), inventory, platform))
    return replace(before, outcome=read.outcome, observation=read.observation)
