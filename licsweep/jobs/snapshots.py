"""Writing a snapshot, and what came of it."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from licsweep.model import Outcome, SnapshotKind
from licsweep.store import Store
from reconcile.instances.coverage import percent_read

Host = TypeVar("Host")


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """A finished snapshot; `counts` add up to `selected`, of which `fresh` were left out as fresh enough."""

    snapshot_id: int
    selected: int
    counts: Counter[str]
    fresh: int = 0
    interrupted: bool = False
    legacy_ssh: tuple[str, ...] = ()
    failed: tuple[Outcome, ...] = ()

    @property
    def percent(self) -> float:
        """The share that ended ok, of those that can have an answer."""
        return percent_read(self.counts, self.fresh)


def write_snapshot(
    store: Store, kind: SnapshotKind, selection: str, hosts: Sequence[Host], save: Callable[[int, Host], Outcome]
) -> Collected:
    """A snapshot of hosts whose outputs are at hand; `save` stores one of them in it and says how it ended."""
    snapshot_id = store.begin(kind, selection, len(hosts), datetime.now(UTC))
    outcomes = [save(snapshot_id, host) for host in hosts]
    store.end(snapshot_id, "complete", datetime.now(UTC))
    return Collected(snapshot_id=snapshot_id, selected=len(hosts), counts=Counter(one.status for one in outcomes),
        failed=tuple(one for one in outcomes if one.status != "ok"),
    )
