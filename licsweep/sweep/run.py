"""The run over all selected hosts, in this process or in several, into a new snapshot."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from collectors.parse import prepare
from licsweep import serialization
from licsweep.access.session import kind_of
from licsweep.errors import StoreError
from licsweep.model import Observation, Outcome
from licsweep.reading.collected import Collected
from licsweep.store import Store
from licsweep.sweep.fan_out import fan_out
from licsweep.sweep.host import skipped
from licsweep.sweep.plan import SweepPlan
from licsweep.sweep.processes import Processes, how_many
from licsweep.sweep.share_server import ShareServer
from licsweep.sweep.signals import stopping
from licsweep.sweep.snapshot_writer import SnapshotWriter

if TYPE_CHECKING:
    from licsweep.sweep.cluster import Cluster


def sweep(
    plan: SweepPlan, store: Store, progress: Callable[[Outcome], None], cluster: "Cluster | None" = None
) -> Collected:
    """Sweeps the targets into a new snapshot, on the workers of a cluster where one is given.

    The caller holds the project's lock. Raises StoreError, and WorkersUnfit of a cluster.
    """
    with stopping(plan.gate):  # from here on every host has an outcome
        return _sweep(plan, store, progress, cluster)


def _sweep(plan: SweepPlan, store: Store, progress: Callable[[Outcome], None], cluster: "Cluster | None") -> Collected:
    gate, workers = plan.gate, plan.settings.workers
    snapshot_id = store.begin("sweep", plan.selection, len(plan.targets), datetime.now(UTC))
    writer = SnapshotWriter(store, snapshot_id, gate, read=plan.read, progress=progress)
    _prepare(plan)
    if cluster:
        for target in (one for one in plan.targets if one.name in plan.fresh):
            writer.host_ended(skipped(target, plan.fresh[target.name], "fresh-enough"))
        others = replace(plan, targets=[one for one in plan.targets if one.name not in plan.fresh])
        ShareServer(others, cluster, writer).run((workers, one) for one in cluster.begin(store, snapshot_id))
    elif (number := how_many(plan.settings, len(plan.targets))) > 1:
        sizes = ((workers // number + (n < workers % number), None) for n in range(number))
        ShareServer(plan, Processes(plan, store, snapshot_id), writer).run(sizes)
    else:
        fan_out(plan, writer.host_ended, writer.leave)
    if writer.errors:
        raise StoreError(
            f"{len(writer.errors)} hosts could not be stored",
            why=writer.errors[0],
            hint="check disk and database",
        )
    interrupted = gate.stop.is_set()
    store.end(snapshot_id, "interrupted" if interrupted else "complete", datetime.now(UTC))
    return Collected(
        snapshot_id=snapshot_id,
        outcomes=writer.outcomes,
        interrupted=interrupted,
        legacy_ssh=tuple(sorted(target.name for target in plan.targets if target.legacy_ssh)),
    )


def _prepare(plan: SweepPlan) -> None:
    """Loads what a host takes, before threads and processes would each do it at their first one."""
    with suppress(Exception):  # what can't be loaded is told of each host that needs it
        names = {target.platform for target in plan.targets}
        for platform in (plan.platforms[name] for name in names if name in plan.platforms):
            kind_of(platform.session)
        prepare(names if plan.read else ())
        serialization.to_json(Observation())
