"""`report transition`: each product instance on its way to Smart Licensing Using Policy, in the order of work."""

from collections import Counter
from datetime import datetime

from licsweep.position_types import JudgementResult
from licsweep.reports.common_tables import build_report, distribution, unanswered_table
from licsweep.reports.view import Card, Report, alarm_card, make_table, values

_STEPS = {
    "onprem-too-old": "Update SSM On-Prem first",
    "eligible": "Can change as it is",
    "upgrade-needed": "Needs a newer release",
    "not-eligible": "No release runs it",
    "unknown": "Not known",
    "already": "Already changed",
}


def build(result: JudgementResult, *, generated_at: datetime) -> Report:
    """The transition report over both worlds: classic boxes with their next step, and those that are there."""
    rows = result.transition
    steps: Counter[str] = Counter(row.step for row in rows)
    done = f"{steps['already']} of {len(rows)}"
    work = sum(row.order is not None for row in rows)
    cards = (
        Card("Already changed", done, "product instances under Smart Licensing Using Policy"),
        alarm_card("With work to do", work, "in the order of the table", "warn"),
        alarm_card("Not known", steps["unknown"], "no rule, no release or no answer", "warn"),
    )
    tables = (
        distribution("steps", {title: steps[step] for step, title in _STEPS.items() if steps[step]}),
        make_table("transition", map(values, rows)),
        unanswered_table(result),
    )
    return build_report("transition", result, generated_at, cards, tables)
