"""The run over all selected hosts: Nornir fans out, one processor streams results to the store."""

import gc
import logging
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import current_thread, main_thread
from typing import Any

from nornir.core import Nornir
from nornir.core.inventory import Defaults, Groups, Host, Hosts, Inventory
from nornir.core.processor import Processors
from nornir.core.task import Result, Task

from licsweep.access.session import kinds
from licsweep.errors import LicsweepError, StoreError, plain_reason
from licsweep.estate.inventory import AUTO, Target
from licsweep.model import Outcome
from licsweep.reading.collected import Collected
from licsweep.reading.host_report import HostReport
from licsweep.store import Store
from licsweep.sweep.gate import INTERRUPTED, Gate
from licsweep.sweep.host import skipped, sweep_host
from licsweep.sweep.plan import SweepPlan
from licsweep.sweep.processors import ReportProcessor
from licsweep.sweep.runner import SweepRunner
from licsweep.sweep.snapshot_writer import SnapshotWriter

log = logging.getLogger(__name__)
PATIENCE_SECONDS = 5.0
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def sweep(plan: SweepPlan, store: Store, progress: Callable[[Outcome], None]) -> Collected:
    """Sweeps the targets into a new snapshot. The caller holds the project's lock. Raises StoreError."""
    gate = plan.gate
    snapshot_id = store.begin("sweep", plan.selection, len(plan.targets), datetime.now(UTC))
    writer = SnapshotWriter(store, snapshot_id, gate, read=plan.read, progress=progress)
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


def fan_out(plan: SweepPlan, ended: Callable[[HostReport], None], leave: Callable[[Iterable[str]], None]) -> None:
    """Does with each host what the plan says. `ended` hears of each, from any thread, and must not raise; `leave` of
    those that are not tried because the run is over."""
    chosen = Nornir(inventory=_inventory(plan.targets), runner=SweepRunner(plan.settings, plan.gate, leave))

    def one_host(task: Task) -> Result:
        target: Target = task.host["target"]
        try:
            report = _one(target, plan)
        except Exception as error:  # whatever it is, the host ends, and is told
            log.exception("%s: unexpected", target.name)
            report = skipped(target, f"an error inside licsweep: {type(error).__name__}", "internal-error")
        return Result(host=task.host, result=report)

    gc.freeze()  # what is there before a sweep stays: the collector need not walk over it again and again
    try:
        with _stopping(plan.gate):
            chosen.with_processors(Processors([ReportProcessor(ended)])).run(task=one_host, name="sweep")
    finally:
        gc.unfreeze()
    plan.jump_hosts.close()


def _inventory(targets: Sequence[Target]) -> Inventory:
    """Nornir's view of the targets: what the runner and the task need of each."""
    hosts = Hosts()
    for target in targets:
        data = {"target": target, "site": target.site, "aaa_group": target.aaa_group}
        hosts[target.name] = Host(name=target.name, data=data)
    return Inventory(hosts=hosts, groups=Groups(), defaults=Defaults())


def _one(target: Target, plan: SweepPlan) -> HostReport:
    gate = plan.gate
    if reason := gate.over():
        return skipped(target, reason, "sweep-over")
    if reason := plan.fresh.get(target.name):
        return skipped(target, reason, "fresh-enough")
    platform = plan.platforms.get(target.platform)
    if target.platform != AUTO and (platform is None or platform.session not in kinds()):
        return skipped(target, f"platform {target.platform} can't be swept yet: use licsweep ingest", "no-session")
    try:
        login = plan.login_of(target)
    except LicsweepError as error:
        return skipped(target, plain_reason(error), "wrong-entry")
    if login.password and (reason := gate.accounts.refusal(login.account, login.lockout_after)):
        return skipped(target, reason, "login-withheld")
    return sweep_host(target, login, plan)


@contextmanager
def _stopping(gate: Gate) -> Iterator[None]:
    """Ctrl-C, SIGTERM and SIGHUP end the sweep; one more, when that takes longer than it should, the program.

    A signal that is ignored (`nohup`) stays ignored. Only the main thread may set handlers.
    """
    mine = {number: signal.getsignal(number) for number in _ENDING if current_thread() is main_thread()}
    before = {number: handler for number, handler in mine.items() if handler is not signal.SIG_IGN}
    asked: list[float] = []

    def ask(number: int, _frame: Any) -> None:
        if not gate.stop.is_set():
            asked.append(time.monotonic())
            gate.end(INTERRUPTED)
        elif asked and time.monotonic() - asked[0] > PATIENCE_SECONDS:
            for each, handler in before.items():
                signal.signal(each, handler)
            signal.raise_signal(number)

    for number in before:
        signal.signal(number, ask)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
