"""Writing a snapshot of hosts whose outputs are at hand."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from licsweep.model import Outcome, SnapshotKind
from licsweep.reading.collected import Collected
from licsweep.store import Store

Host = TypeVar("Host")


def write_snapshot(
    store: Store, kind: SnapshotKind, selection: str, hosts: Sequence[Host], save: Callable[[int, Host], Outcome]
) -> Collected:
    """A snapshot of hosts whose outputs are at hand; `save` stores one of them in it and says how it ended."""
    snapshot_id = store.begin(kind, selection, len(hosts), datetime.now(UTC))
    outcomes = [save(snapshot_id, host) for host in hosts]
    store.end(snapshot_id, "complete", datetime.now(UTC))
    return Collected(snapshot_id=snapshot_id, outcomes=outcomes)
