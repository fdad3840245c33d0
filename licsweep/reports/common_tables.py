"""What more than one report shows: coverage, who did not answer, the reporting clock."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from licsweep.model import Observation
from licsweep.position_types import Coverage, Instance, JudgementResult
from licsweep.reports.view import (
    Card,
    Cell,
    Report,
    Table,
    alarm_card,
    hours,
    layout,
    make_table,
    percent,
    values,
)
from reconcile.instances.coverage import read_in_full

ALL = 100
NEVER_READ = Observation()

# The lines that an instance's state and deadline rest on, the most telling first.
_STATE_FIELDS = ("next_ack_deadline", "authorization_status", "registration_status", "smart_licensing_enabled")


def build_report(
    kind: str, result: JudgementResult, generated_at: datetime, cards: Iterable[Card], tables: Iterable[Table]
) -> Report:
    """A report of these cards and tables; coverage stands before them in every report."""
    judgement = result.judgement
    return Report(
        kind=kind,
        **layout()["reports"][kind],
        generated_at=generated_at,
        as_of=judgement.as_of,
        coverage=judgement.coverage,
        cards=(*_coverage_cards(result), *cards),
        tables=(_outcome_table(judgement.coverage), *tables),
    )


def _coverage_cards(result: JudgementResult) -> tuple[Card, ...]:
    judgement = result.judgement
    coverage = judgement.coverage
    good = coverage.outcomes.get("ok", 0) - coverage.gathered
    missed = coverage.selected - good - coverage.fresh
    oldest = min(
        (s.observation.captured_at for s in result.states if s.observation and s.observation.captured_at),
        default=None,
    )
    age = hours(judgement.as_of, oldest)
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in _by_size(coverage.outcomes))
    return (
        Card("Hosts selected", str(coverage.selected), outcomes or "no result recorded"),
        Card(
            "Coverage",
            percent(coverage.percent),
            f"{good} of {coverage.selected} hosts were read in full; unsupported and recently read hosts are excluded",
            "good" if coverage.percent >= ALL else "warn",
        ),
        alarm_card(
            "Not read in full",
            missed,
            "listed below with reasons; what they printed last is counted and marked stale" if missed else "none",
            "quiet" if coverage.percent >= ALL else "bad",
        ),
        alarm_card(
            "Left the inventory",
            coverage.left_inventory,
            "counted with their last good answer, as stale" if coverage.left_inventory else "none",
            "warn",
        ),
        Card(
            "Oldest capture",
            "not known" if oldest is None else f"{oldest:%Y-%m-%d %H:%M}",
            "no capture" if age is None else f"UTC; {age} hours before the date of this report",
        ),
    )


def _by_size(outcomes: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(outcomes.items(), key=lambda pair: (pair[0] != "ok", -pair[1], pair[0]))


def _outcome_table(coverage: Coverage) -> Table:
    """How the newest try of each selected host ended; hosts without a result are a row of their own."""
    counts = dict(_by_size(coverage.outcomes))
    if open_ := coverage.selected - sum(counts.values()):
        counts["no result recorded"] = open_
    return distribution("outcomes", counts)


def distribution(name: str, counts: Mapping[Any, int]) -> Table:
    """How many per value, with bars and shares; the order is the mapping's."""
    total = sum(counts.values())
    return make_table(
        name,
        ({"value": value, "count": count, "share": percent(100 * count / total)} for value, count in counts.items()),
    )


def counted(found: Iterable[Cell]) -> dict[Cell, int]:
    """Counts by value, the most frequent first, what is not known last."""
    return dict(sorted(Counter(found).items(), key=lambda pair: (pair[0] is None, -pair[1], str(pair[0]))))


def unanswered_table(result: JudgementResult) -> Table:
    """Who did not answer in full, why, and how much of the figures still rests on what they printed before."""
    as_of = result.judgement.as_of
    lines = Counter(use.hostname for use in result.uses)
    records = []
    missed = (state for state in result.states if not state.left_inventory and not read_in_full(state))
    for state in sorted(missed, key=lambda s: (s.outcome, s.hostname)):
        at = state.observation.captured_at if state.observation else None
        figures = {"captured_at": at, "age_hours": hours(as_of, at), "lines": lines[state.hostname]}
        reason = state.reason or ("its texts were gathered and not read" if state.gathered else None)
        records.append({**values(state), **figures, "reason": reason})
    return make_table("not-read", records)


def clock_table(name: str, instances: Iterable[Instance], result: JudgementResult, **figures: int) -> Table:
    """Instances with their reporting clock: where lateness stops service first, then by days left, overdue ahead."""
    observations = {state.hostname: state.observation or NEVER_READ for state in result.states}
    ordered = sorted(
        instances, key=lambda i: (not i.service_affecting, i.days_left is None, i.days_left or 0, i.hostname)
    )
    records = []
    for instance in ordered:
        seen = observations.get(instance.hostname, NEVER_READ)
        udis = dict.fromkeys(" ".join(filter(None, (udi.pid, udi.sn))) for udi in instance.udis)
        records.append(
            {
                **values(instance),
                "state": instance.compliance_state,
                "udi": ", ".join(udis) or None,
                "aliases": ", ".join(instance.also_known_as) or None,
                "captured_at": seen.captured_at,
                **_state_evidence(seen),
            }
        )
    return make_table(name, records, **figures)


def _state_evidence(seen: Observation) -> dict[str, Any]:
    lines = {evidence.field: evidence for evidence in seen.evidence}
    found = next((lines[field] for field in _STATE_FIELDS if field in lines), None)
    if found is None:
        return {"command": None, "line": None, "text": None}
    return {"command": found.command, "line": found.line_number, "text": found.text}
