"""The courier's visits to many devices at once: the sweep's way of fanning out, with other work done at each host."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from licsweep.access.conversation import Conversation
from licsweep.errors import AccessError, LicsweepError, VisitRefused
from licsweep.estate.inventory import Target
from licsweep.model import Outcome
from licsweep.reading.host_report import HostReport
from licsweep.sweep.fan_out import fan_out
from licsweep.sweep.plan import SweepPlan

Work = Callable[[Target, Conversation], None]


def visit(plan: SweepPlan, work: Work, progress: Callable[[Outcome], None]) -> dict[str, Outcome]:
    """Does the work with each host of the plan; how each ended, by name."""
    outcomes: dict[str, Outcome] = {}

    def told(target: Target, session: Conversation) -> None:
        try:
            work(target, session)
        except AccessError:
            raise
        except LicsweepError as error:  # a text that can't be read, a full disk: the host ends, and says so
            raise VisitRefused(error.what, why=error.why, hint=error.hint) from error

    def ended(report: HostReport) -> None:
        if outcomes.setdefault(report.outcome.hostname, report.outcome) is report.outcome:
            progress(report.outcome)

    def leave(names: Iterable[str]) -> None:
        why = plan.gate.over() or ""
        for name in names:
            outcomes.setdefault(name, Outcome(hostname=name, status="skipped", reason=why, skip="sweep-over"))

    if plan.targets:
        fan_out(replace(plan, visit=told), ended, leave)
    return outcomes
