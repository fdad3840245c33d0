"""`report transition`: each product instance on its way to Smart Licensing Using Policy, in the order of work."""

from collections import Counter

from licsweep.position_types import JudgementResult
from licsweep.reports.build import Figures, Records, distribution
from licsweep.reports.view import layout, values


def contents(result: JudgementResult) -> tuple[Figures, dict[str, Records]]:
    """Both worlds: classic boxes with their next step, and those that are there."""
    rows = result.transition
    steps: Counter[str] = Counter(row.step for row in rows)
    work = sum(row.order is not None for row in rows)
    figures = {"instances": len(rows), "already": steps["already"], "unknown": steps["unknown"], "work": work}
    by_step = {title: steps[step] for step, title in layout()["steps"].items() if steps[step]}
    return figures, {"steps": distribution(by_step), "transition": map(values, rows)}
