"""The tables that more than one report shows: coverage, who did not answer, the reporting clock."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from licsweep.judged import Coverage, Instance, Judgement
from licsweep.model import HostState
from licsweep.reports.view import Card, Cell, Column, Table, hours, make_table, percent, values

ALL = 100

# The lines that an instance's state and deadline rest on, the most telling first.
_STATE_FIELDS = ("next_ack_deadline", "authorization_status", "registration_status", "smart_licensing_enabled")

EVIDENCE = (
    Column("command", "Command", "code", missing="no line recorded"),
    Column("line", "Line", "int", missing="no line recorded"),
    Column("text", "What the box printed", "code", missing="no line recorded"),
)
_CLOCK = (
    Column("hostname", "Product instance"),
    Column("state", "State", "state"),
    Column("deadline", "Report deadline", "datetime", missing="no deadline known"),
    Column("days_left", "Days left", "int", missing="no deadline"),
    Column("computed_deadline", "Computed from policy", "datetime", missing="not computed"),
    Column("service_affecting", "Stops service when late", "bool"),
    Column("never_reported", "Never reported", "bool"),
    Column("reported_by", "Reported by"),
    Column("smart_account", "Smart account"),
    Column("virtual_account", "Virtual account"),
    Column("virtual_account_source", "Account known from"),
    Column("udi", "UDI"),
    Column("aliases", "Also known as", missing="no other name"),
    Column("outcome", "Newest try", "state"),
    Column("captured_at", "Captured", "datetime"),
    *EVIDENCE,
)


def coverage_cards(judgement: Judgement, states: Sequence[HostState]) -> tuple[Card, ...]:
    """What stands first in every report."""
    coverage = judgement.coverage
    good = coverage.outcomes.get("ok", 0)
    missed = coverage.selected - good
    oldest = min(
        (s.observation.captured_at for s in states if s.observation and s.observation.captured_at), default=None
    )
    age = hours(judgement.as_of, oldest)
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in _by_size(coverage.outcomes))
    return (
        Card("Hosts selected", str(coverage.selected), outcomes or "no result recorded"),
        Card(
            "Coverage",
            percent(coverage.percent),
            f"{good} of {coverage.selected} hosts were read in full; unsupported and fresh-enough hosts do not weigh",
            "good" if coverage.percent >= ALL else "warn",
        ),
        Card(
            "Not read in full",
            str(missed),
            "listed below with reasons; what they printed last is counted and marked stale" if missed else "none",
            "good" if not missed else "quiet" if coverage.percent >= ALL else "bad",
        ),
        Card(
            "Oldest capture",
            "not known" if oldest is None else f"{oldest:%Y-%m-%d %H:%M}",
            "no capture" if age is None else f"UTC; {age} hours before the date of this report",
        ),
    )


def _by_size(outcomes: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(outcomes.items(), key=lambda pair: (pair[0] != "ok", -pair[1], pair[0]))


def outcome_table(coverage: Coverage) -> Table:
    """How the newest try of each selected host ended; hosts without a result are a row of their own."""
    counts = dict(_by_size(coverage.outcomes))
    if open_ := coverage.selected - sum(counts.values()):
        counts["no result recorded"] = open_
    return distribution("outcomes", "Coverage by outcome", "Outcome", counts)


def distribution(name: str, title: str, what: str, counts: Mapping[Any, int], *, kind: Any = "state") -> Table:
    """How many per value, with bars and shares; the order is the mapping's."""
    total = sum(counts.values())
    columns = (Column("value", what, kind), Column("count", "Count", "bar"), Column("share", "Share"))
    return make_table(
        name,
        title,
        columns,
        ({"value": value, "count": count, "share": percent(100 * count / total)} for value, count in counts.items()),
    )


def counted(found: Iterable[Cell]) -> dict[Cell, int]:
    """Counts by value, the most frequent first, what is not known last."""
    return dict(sorted(Counter(found).items(), key=lambda pair: (pair[0] is None, -pair[1], str(pair[0]))))


def unanswered_table(states: Sequence[HostState], lines: Mapping[str, int], as_of: datetime) -> Table:
    """Who did not answer in full, why, and how much of the figures still rests on what they printed before.

    `lines` counts the licence lines of a host that are in the figures.
    """
    columns = (
        Column("hostname", "Host"),
        Column("outcome", "Outcome", "state"),
        Column("reason", "Reason", "prose", missing="no reason recorded"),
        Column("captured_at", "Last good capture", "datetime", missing="never read"),
        Column("age_hours", "Age, hours", "int", missing="never read"),
        Column("lines", "Licence lines counted from it", "int"),
    )
    missed = sorted((s for s in states if s.outcome != "ok"), key=lambda s: (s.outcome, s.hostname))
    return make_table(
        "not-read",
        "Hosts that were not read in full",
        columns,
        ({**values(s), **_capture(s, as_of), "lines": lines.get(s.hostname, 0)} for s in missed),
        note="A host that was never read is in no licence figure of this report.",
        empty="Every host was read in full.",
    )


def _capture(state: HostState | None, as_of: datetime) -> dict[str, Any]:
    at = state.observation.captured_at if state and state.observation else None
    return {"captured_at": at, "age_hours": hours(as_of, at)}


def clock_table(
    name: str, title: str, instances: Iterable[Instance], states: Mapping[str, HostState], as_of: datetime, **words: str
) -> Table:
    """Instances with their reporting clock: where lateness stops service first, then by days left, overdue ahead."""
    ordered = sorted(
        instances, key=lambda i: (not i.service_affecting, i.days_left is None, i.days_left or 0, i.hostname)
    )
    records = (
        {
            **values(instance),
            "state": instance.compliance_state,
            "udi": ", ".join(dict.fromkeys(" ".join(filter(None, (udi.pid, udi.sn))) for udi in instance.udis)) or None,
            "aliases": ", ".join(instance.also_known_as) or None,
            **_capture(states.get(instance.hostname), as_of),
            **_state_evidence(states.get(instance.hostname)),
        }
        for instance in ordered
    )
    return make_table(name, title, _CLOCK, records, **words)


def _state_evidence(state: HostState | None) -> dict[str, Any]:
    lines = {e.field: e for e in state.observation.evidence} if state and state.observation else {}
    found = next((lines[field] for field in _STATE_FIELDS if field in lines), None)
    if found is None:
        return {"command": None, "line": None, "text": None}
    return {"command": found.command, "line": found.line_number, "text": found.text}
