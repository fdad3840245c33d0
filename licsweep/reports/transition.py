"""`report transition`: each product instance on its way to Smart Licensing Using Policy, in the order of work."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from licsweep.judged import TransitionRow
from licsweep.reports.parts import coverage_cards, distribution, outcome_table, unanswered_table
from licsweep.reports.view import Card, Column, Position, Report, make_table, values
from reconcile.tables import Tables
from reconcile.transition import transition

_STEPS = {
    "onprem-too-old": "Update SSM On-Prem first",
    "eligible": "Can change as it is",
    "upgrade-needed": "Needs a newer release",
    "not-eligible": "No release runs it",
    "unknown": "Not known",
    "already": "Already changed",
}
_ROWS = (
    Column("hostname", "Product instance"),
    Column("order", "Order of work", "int", missing="nothing to do"),
    Column("step", "Step", "state"),
    Column("reason", "Why", "prose"),
    Column("needs_release", "Needs release", missing="none"),
    Column("onprem_server", "Behind On-Prem", missing="none that is too old"),
    Column("product", "Product", missing="not known"),
    Column("release", "Release"),
    Column("licensing_model", "Licensing model"),
    Column("first_report_days", "First report due after days", "int"),
    Column("first_report_due", "First report due if changed now", "datetime"),
    Column("smart_account", "Smart account"),
    Column("virtual_account", "Virtual account"),
    Column("source", "Source of the rule", "prose", missing="no rule applied"),
)


def build(position: Position, *, generated_at: datetime) -> Report:
    """The transition report over both worlds: classic boxes with their next step, and those that are there."""
    judgement = position.reconciled.judgement
    tables = position.tables or Tables.load()
    rows = transition(position.states, tables, judgement.as_of, judgement.instances)
    steps: Counter[str] = Counter(row.step for row in rows)
    return Report(
        kind="transition",
        title="Transition to Smart Licensing Using Policy",
        headline="Where each product instance stands between classic licensing and Smart Licensing Using Policy.",
        statement="Which release a product needs is a table with sources (releases.yaml); a product that it does not "
        "know is not known here either. The first report is due counted from the change, by the default policy and "
        "the licences in use today.",
        generated_at=generated_at,
        as_of=judgement.as_of,
        coverage=judgement.coverage,
        cards=(*coverage_cards(judgement, position.states), *_cards(rows)),
        tables=(
            outcome_table(judgement.coverage),
            distribution(
                "steps", "By step", "Step", {title: steps[step] for step, title in _STEPS.items() if steps[step]}
            ),
            make_table(
                "transition",
                "Product instances, in the order of work",
                _ROWS,
                map(values, rows),
                empty="No product instance was judged.",
            ),
            unanswered_table(
                position.states, Counter(use.hostname for use in position.reconciled.uses), judgement.as_of
            ),
        ),
        main="transition",
    )


def _cards(rows: Sequence[TransitionRow]) -> tuple[Card, ...]:
    done = sum(row.step == "already" for row in rows)
    work = sum(row.order is not None for row in rows)
    unknown = sum(row.step == "unknown" for row in rows)
    return (
        Card("Already changed", f"{done} of {len(rows)}", "product instances under Smart Licensing Using Policy"),
        Card("With work to do", str(work), "in the order of the table", "warn" if work else "good"),
        Card("Not known", str(unknown), "no rule, no release or no answer", "warn" if unknown else "good"),
    )
