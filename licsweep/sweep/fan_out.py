"""Nornir fans out over hosts with our runner; one processor passes on the report of each."""

import gc
import logging
import sys
from collections.abc import Callable, Sequence

from nornir.core import Nornir
from nornir.core.inventory import Defaults, Groups, Host, Hosts, Inventory
from nornir.core.processor import Processors
from nornir.core.task import Result, Task

from licsweep.access.session import kinds
from licsweep.errors import LicsweepError, plain_reason
from licsweep.estate.inventory import AUTO, Target
from licsweep.reading.host_report import HostReport
from licsweep.sweep.host import skipped, sweep_host
from licsweep.sweep.host_queue import HostQueue
from licsweep.sweep.plan import SweepPlan
from licsweep.sweep.processors import ReportProcessor
from licsweep.sweep.runner import Queue, SweepRunner
from licsweep.sweep.signals import stopping

log = logging.getLogger(__name__)
_TURN_SECONDS = 0.02
"""How long a thread may compute while others want to: longer than most hosts take to be read, so that a hundred threads
don't take turns in it."""


def fan_out(
    plan: SweepPlan,
    ended: Callable[[HostReport], None],
    leave: Callable[[list[str]], object],
    queue: Queue | None = None,
) -> None:
    """Does with each host what the plan says. `ended` hears of each, from any thread, and must not raise; `leave` of
    those that are not tried because the run is over. With a `queue`, the hosts that it gives."""
    runner = SweepRunner(plan.settings, plan.gate, queue or queue_of(plan), leave)
    chosen = Nornir(inventory=_inventory(plan.targets), runner=runner)

    def one_host(task: Task) -> Result:
        target: Target = task.host["target"]
        try:
            report = _one(target, plan)
        except Exception as error:  # whatever it is, the host ends, and is told
            log.exception("%s: unexpected", target.name)
            report = skipped(target, f"an error inside licsweep: {type(error).__name__}", "internal-error")
        return Result(host=task.host, result=report)

    gc.freeze()  # what is there before a sweep stays: the collector need not walk over it again and again
    turn = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_SECONDS)
    try:
        with stopping(plan.gate):
            chosen.with_processors(Processors([ReportProcessor(ended)])).run(task=one_host, name="sweep")
    finally:
        sys.setswitchinterval(turn)
        gc.unfreeze()
    plan.jump_hosts.close()


def queue_of(plan: SweepPlan) -> HostQueue:
    """The hosts of a plan, by what they are spread and capped by."""
    buckets = {
        one.name: (one.site, one.aaa_group, one.jump[0] if one.jump else None, one.collector) for one in plan.targets
    }
    return HostQueue(buckets, plan.settings, plan.gate)


def _inventory(targets: Sequence[Target]) -> Inventory:
    """Nornir's view of the targets: what the task needs of each."""
    hosts = Hosts({target.name: Host(name=target.name, data={"target": target}) for target in targets})
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
    reason = gate.accounts.refusal(login.account, login.lockout_after) if login.password else None
    if over := gate.over():
        return skipped(target, over, "sweep-over")
    if reason:
        return skipped(target, reason, "login-withheld")
    return sweep_host(target, login, plan)
