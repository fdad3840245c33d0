"""Writing a snapshot of hosts whose outputs are at hand."""

from collections.abc import Iterable
from datetime import UTC, datetime

from licsweep.host_result import HostResult
from licsweep.model import SnapshotKind
from licsweep.reading.collected import Collected
from licsweep.store import Store


def write_snapshot(
    store: Store, kind: SnapshotKind, selection: str, count: int, results: Iterable[HostResult]
) -> Collected:
    """Stores the results of so many hosts in a new snapshot."""
    snapshot_id = store.begin(kind, selection, count, datetime.now(UTC))
    outcomes = []
    for result in results:
        store.save_host(snapshot_id, result)
        outcomes.append(result.outcome)
    store.end(snapshot_id, "complete", datetime.now(UTC))
    return Collected(snapshot_id=snapshot_id, outcomes=outcomes)
