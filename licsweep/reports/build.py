"""A report of what its kind gives: coverage, which stands first in all of them, and what several of them show."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from licsweep.contract_types import Units
from licsweep.model import Observation
from licsweep.position_types import Instance, JudgementResult
from licsweep.reports.view import Cell, Report, hours, layout, make_card, make_table, values
from reconcile.instances.coverage import read_in_full
from reconcile.instances.percent import floored, percent

ALL = 100
NEVER_READ = Observation()

# The lines that an instance's state and deadline rest on, the most telling first.
_STATE_FIELDS = ("next_ack_deadline", "authorization_status", "registration_status", "smart_licensing_enabled")

Figures = dict[str, Any]
Records = Iterable[Mapping[str, Any]]
Contents = Callable[[JudgementResult], tuple[Figures, dict[str, Records]]]


def build(
    kind: str,
    contents: Contents,
    result: JudgementResult,
    *,
    generated_at: datetime,
    data: Callable[[JudgementResult], Any] | None = None,
) -> Report:
    """The report of a kind; `contents` gives the figures in its words, and the records of its tables by their names.

    `data` gives what its JSON holds, where that is more than its tables.
    """
    judgement = result.judgement
    figures, records = contents(result)
    figures |= _coverage_figures(result)
    records |= {"outcomes": _outcomes(result), "not-read": _not_read(result)}
    words = dict(layout()["reports"][kind])
    cards = layout()["coverage_cards"] + words.pop("cards")
    return Report(
        kind=kind,
        generated_at=generated_at,
        as_of=judgement.as_of,
        coverage=judgement.coverage,
        cards=tuple(make_card(card, figures) for card in cards),
        data=data(result) if data else None,
        tables=tuple(make_table(name, records[name], figures) for name in words.pop("tables")),
        **words,
    )


def _coverage_figures(result: JudgementResult) -> Figures:
    as_of, coverage = result.judgement.as_of, result.judgement.coverage
    read = coverage.outcomes.get("ok", 0) - coverage.gathered
    captured = (state.observation.captured_at for state in result.states if state.observation)
    oldest = min(filter(None, captured), default=None)
    return {
        "selected": coverage.selected,
        "outcomes": ", ".join(f"{n} {outcome}" for outcome, n in _by_size(coverage.outcomes)) or "no result recorded",
        "coverage": percent(coverage.percent),
        "uncovered": coverage.percent < ALL,
        "read": read,
        "missed": coverage.selected - read - coverage.fresh,
        "missed_tone": "bad" if coverage.percent < ALL else "quiet",
        "left_inventory": coverage.left_inventory,
        "never_tried": coverage.never_tried,
        "oldest": f"{oldest:%Y-%m-%d %H:%M}" if oldest else "not known",
        "oldest_age": f"UTC; {hours(as_of, oldest)} hours before the date of this report" if oldest else "no capture",
    }


def _by_size(outcomes: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(outcomes.items(), key=lambda pair: (pair[0] != "ok", -pair[1], pair[0]))


def _outcomes(result: JudgementResult) -> Records:
    """How the newest try of each selected host ended; hosts without a result are a row of their own."""
    coverage = result.judgement.coverage
    counts = dict(_by_size(coverage.outcomes))
    if open_ := coverage.selected - sum(counts.values()):
        counts["no result recorded"] = open_
    return distribution(counts)


def distribution(counts: Mapping[Any, int]) -> Records:
    """How many per value, with bars and shares; the order is the mapping's."""
    total = sum(counts.values())
    return [{"value": value, "count": n, "share": floored(100 * n / total)} for value, n in counts.items()]


def counted(found: Iterable[Cell]) -> dict[Cell, int]:
    """Counts by value, the most frequent first, what is not known last."""
    return dict(sorted(Counter(found).items(), key=lambda pair: (pair[0] is None, -pair[1], str(pair[0]))))


def _not_read(result: JudgementResult) -> Records:
    """Who did not answer in full, why, and how much of the figures still rests on what they printed before."""
    as_of = result.judgement.as_of
    lines = Counter(use.hostname for use in result.uses)
    missed = (state for state in result.states if not state.left_inventory and not read_in_full(state))
    for state in sorted(missed, key=lambda s: (s.outcome, s.hostname)):
        at = state.observation.captured_at if state.observation else None
        figures = {"captured_at": at, "age_hours": hours(as_of, at), "lines": lines[state.hostname]}
        reason = state.reason or ("its texts were gathered and not read" if state.gathered else None)
        yield {**values(state), **figures, "reason": reason}


def trend(points: Mapping[datetime, Units]) -> Figures:
    """What was used at the first and last of some moments, and at each of them in their order."""
    days = sorted(points)
    used = [f"{points[at]:g}" for at in days]
    ends = {"first": used[0], "last": used[-1], "values": " ".join(used)}
    return ends | {"first_at": days[0].date(), "last_at": days[-1].date()}


def clocks(instances: Iterable[Instance], result: JudgementResult) -> Records:
    """Instances with their reporting clock: where lateness stops service first, then by days left, overdue ahead."""
    observations = {state.hostname: state.observation or NEVER_READ for state in result.states}
    for instance in sorted(
        instances, key=lambda i: (not i.service_affecting, i.days_left is None, i.days_left or 0, i.hostname)
    ):
        seen = observations.get(instance.hostname, NEVER_READ)
        udis = dict.fromkeys(" ".join(filter(None, (udi.pid, udi.sn))) for udi in instance.udis)
        evidence = {line.field: line for line in seen.evidence}
        line = next((evidence[field] for field in _STATE_FIELDS if field in evidence), None)
        yield {
            **values(instance),
            "state": instance.compliance_state,
            "udi": ", ".join(udis) or None,
            "aliases": ", ".join(instance.also_known_as) or None,
            "captured_at": seen.captured_at,
            "command": line and line.command,
            "line": line and (line.path or line.line_number),
            "text": line and line.text,
        }
