"""`report reporting`: when each product instance must report next, on a line, and how reports get to CSSM."""

from licsweep.position_types import JudgementResult
from licsweep.reports.build import Figures, Records, clocks, counted, distribution
from licsweep.reports.view import values
from reconcile.grouping import lists_by

DAYS_SOON = 30


def contents(result: JudgementResult) -> tuple[Figures, dict[str, Records]]:
    """Deadlines with the line that they were read from, and product instances by reporting state and way."""
    instances = result.judgement.instances
    dated = [one for one in instances if one.days_left is not None]
    figures = {
        "instances": len(instances),
        "dated": len(dated),
        "overdue": sum((one.days_left or 0) < 0 for one in dated),
        "soon": sum(0 <= (one.days_left or 0) <= DAYS_SOON for one in dated),
        "stops": sum(one.service_affecting for one in dated),
        "never": sum(one.never_reported for one in instances),
    }
    return figures, {
        "timeline": _timeline(result),
        "clocks": clocks(dated, result),
        "states": distribution(counted(one.compliance_state for one in instances)),
        "ways": distribution(counted(one.reported_by for one in instances)),
    }


def _timeline(result: JudgementResult) -> Records:
    """A row for each kind of deadline, with every day that it has."""
    for kind, found in lists_by((one.kind, one) for one in result.deadlines).items():
        late = sum(one.days_left < 0 for one in found)
        first = values(found[late]) if late < len(found) else dict.fromkeys(("day", "days_left", "about"))
        days = dict.fromkeys(str(one.days_left) for one in found)
        yield {**first, "kind": kind, "number": len(found), "overdue": late, "values": " ".join(days)}
