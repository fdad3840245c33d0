"""Writing a snapshot of hosts whose outputs are at hand."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice

from licsweep.host_result import HostResult
from licsweep.model import SnapshotKind
from licsweep.reading.collected import Collected
from licsweep.store import Store

AT_ONCE = 100


def write_snapshot(
    store: Store, kind: SnapshotKind, selection: str, count: int, results: Iterable[HostResult]
) -> Collected:
    """Stores the results of so many hosts in a new snapshot, AT_ONCE in a transaction."""
    snapshot_id = store.begin(kind, selection, count, datetime.now(UTC))
    outcomes, left = [], iter(results)
    while some := list(islice(left, AT_ONCE)):
        store.save_host(snapshot_id, *some)
        outcomes += [result.outcome for result in some]
    store.end(snapshot_id, "complete", datetime.now(UTC))
    return Collected(snapshot_id=snapshot_id, outcomes=outcomes)
