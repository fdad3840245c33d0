"""`report actions`: what to do, the plan in its order, and what was not measured; the first part of `report index`."""

from collections import Counter

from licsweep.action_types import ActionsReport, PlanStep
from licsweep.position_types import JudgementResult
from licsweep.reports.build import Figures, Records
from licsweep.reports.view import layout, values
from reconcile.actions import actions

DAYS_SOON = 90


def data(result: JudgementResult) -> ActionsReport:
    """What the JSON holds."""
    return actions(result)


def contents(result: JudgementResult) -> tuple[Figures, dict[str, Records]]:
    """All actions in one table for files, by part for the page; a part with nothing to do says what was looked at."""
    found = actions(result)
    rows = [{**values(one), "part": layout()["tables"][one.part]["title"], "state": None} for one in found.actions]
    by_part: dict[str, Records] = {
        looked.part: [row for row, one in zip(rows, found.actions, strict=True) if one.part == looked.part]
        for looked in found.parts
    }
    parts = Counter(one.part for one in found.actions)
    late = sum((one.days_left or 0) < 0 for one in found.actions if one.part == "reports")
    soon = [one for one in found.actions if one.part == "ending" and (one.days_left or 0) <= DAYS_SOON]
    figures: Figures = {f"looked_{looked.part}": looked.looked_at for looked in found.parts}
    figures |= {
        "short": parts["short"],
        "units_short": sum(one.short or 0 for one in found.actions if one.part == "short"),
        "buy": sum(row.units for row in result.judgement.exposure),
        "buy_buffers": sum(row.units_with_buffers for row in result.judgement.exposure),
        "late": late,
        "due": parts["reports"] - late,
        "reports": parts["reports"],
        "registration": parts["registration"],
        "ending": len(soon),
        "ending_short": sum(bool(one.short) for one in soon),
        "unread": parts["not-measured"],
    }
    plan = ({**values(step), **_balances(step)} for step in found.plan)
    return figures, {"actions": rows, **by_part, "plan": plan}


def _balances(step: PlanStep) -> dict[str, str | None]:
    """The balances of both accounts before and after a step, in words."""
    giving = None if step.from_ is None else f"{step.from_before} to {step.from_after}"
    return {"giving": giving, "receiving": f"{step.to_before} to {step.to_after}"}
