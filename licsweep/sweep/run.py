"""The run over all selected hosts: Nornir fans out, one processor streams results to the store."""

import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event, current_thread, main_thread
from typing import Any

from nornir.core import Nornir
from nornir.core.inventory import Host, Inventory
from nornir.core.processor import Processors
from nornir.core.task import Result, Task
from nornir.plugins.runners import ThreadedRunner

from collectors.base import platforms
from licsweep.access.hostkeys import KnownHosts
from licsweep.access.session import Limits
from licsweep.errors import StoreError
from licsweep.estate.credentials import Credentials
from licsweep.estate.inventory import Target
from licsweep.model import Outcome
from licsweep.store.store import Store
from licsweep.sweep.host import HostReport, sweep_host
from licsweep.sweep.processors import StoringProcessor


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """A finished sweep: `counts` add up to the selection; `interrupted` when it was stopped early."""

    snapshot_id: int
    counts: Counter[str]
    interrupted: bool


def sweep(
    inventory: Inventory,
    targets: Sequence[Target],
    store: Store,
    *,
    selection: str,
    credentials: Credentials,
    known_hosts: KnownHosts,
    limits: Limits,
    workers: int,
    read: bool = True,
    progress: Callable[[Outcome], None],
) -> Swept:
    """Sweeps the targets into a new snapshot. The caller holds the project's lock. Raises StoreError."""
    by_name = {target.name: target for target in targets}

    def is_chosen(host: Host, **_: Any) -> bool:
        return host.name in by_name

    chosen = Nornir(
        inventory=inventory.filter(filter_func=is_chosen),
        runner=ThreadedRunner(num_workers=workers),
    )
    known = platforms()
    snapshot_id = store.begin("sweep", selection, len(targets), datetime.now(UTC))
    processor = StoringProcessor(store, snapshot_id, read=read, progress=progress)
    stop = Event()

    def one_host(task: Task) -> Result:
        target = by_name[task.host.name]
        platform = known.get(target.platform)
        if stop.is_set():
            report = _skipped(target, "the sweep was interrupted")
        elif platform is None:
            report = _skipped(target, f"platform {target.platform} can't be swept yet: use licsweep ingest")
        else:
            report = sweep_host(target, platform, credentials, known_hosts, limits)
        return Result(host=task.host, result=report)

    with _stopping(stop):
        chosen.with_processors(Processors([processor])).run(task=one_host, name="sweep")
    store.end(snapshot_id, "interrupted" if stop.is_set() else "complete", datetime.now(UTC))
    if processor.errors:
        raise StoreError(
            f"{len(processor.errors)} hosts could not be stored",
            why=processor.errors[0],
            hint="check disk and database",
        )
    return Swept(snapshot_id=snapshot_id, counts=processor.counts, interrupted=stop.is_set())


def _skipped(target: Target, reason: str) -> HostReport:
    return HostReport(target, Outcome(hostname=target.name, status="skipped", reason=reason), datetime.now(UTC), ())


@contextmanager
def _stopping(stop: Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM let running sessions end and skip the rest; only the main thread may set handlers."""
    if current_thread() is not main_thread():
        yield
        return

    def ask(_number: int, _frame: Any) -> None:
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
