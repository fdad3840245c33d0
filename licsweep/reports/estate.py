"""`report estate`: what the estate looks like, what is due, what needs a person."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from licsweep.judged import SEVERITIES, Finding, FindingEvidence, Reconciled
from licsweep.model import HostState, Observation
from licsweep.reports.parts import (
    EVIDENCE,
    clock_table,
    counted,
    coverage_cards,
    distribution,
    outcome_table,
    unanswered_table,
)
from licsweep.reports.view import Card, Column, Position, Report, Table, Tone, hours, make_table, values

HORIZON_DAYS = 90
OLDEST = 20
EVIDENCE_SHOWN = 3

_DISTRIBUTIONS = (
    ("licensing_model", "By licensing model", "Licensing model"),
    ("platform", "By platform", "Platform"),
    ("release", "By software release", "Release"),
    ("agent_version", "By smart agent version", "Agent version"),
)
_HOSTS = (
    Column("hostname", "Host"),
    Column("outcome", "Newest try", "state"),
    Column("platform", "Platform"),
    Column("release", "Release"),
    Column("licensing_model", "Licensing model"),
    Column("agent_version", "Agent version"),
    Column("state", "Compliance state", "state", missing="no instance of its own"),
    Column("virtual_account", "Virtual account", missing="no instance of its own"),
    Column("captured_at", "Captured", "datetime", missing="never read"),
    Column("age_hours", "Age, hours", "int", missing="never read"),
)
_FINDINGS = (
    Column("severity", "Severity", "state"),
    Column("name", "Finding"),
    Column("code", "Code"),
    Column("kind", "About"),
    Column("id", "Which"),
    Column("message", "What", "prose"),
    Column("advice", "Advice", "prose", missing="none"),
    Column("evidence", "Evidence", "code", missing="no line recorded"),
    Column("waived_by", "Waived by", missing="not waived"),
)
_DRIFT = (
    Column("shape", "Line, digits and quoted words folded", "code"),
    Column("instances", "Product instances", "int"),
    Column("lines", "Lines", "int"),
    Column("hostname", "Example host"),
    *EVIDENCE,
)


def build(position: Position, *, generated_at: datetime) -> Report:
    """The estate report."""
    reconciled, states = position.reconciled, position.states
    judgement = reconciled.judgement
    as_of = judgement.as_of
    by_host = {state.hostname: state for state in states}
    lines = Counter(use.hostname for use in reconciled.uses)
    soon = [i for i in judgement.instances if i.days_left is not None and i.days_left <= HORIZON_DAYS]
    later = sum(i.days_left is not None for i in judgement.instances) - len(soon)
    hosts = _host_records(reconciled, states)
    return Report(
        kind="estate",
        title="Licensing estate",
        headline="The estate as its product instances described themselves.",
        statement="States, releases and deadlines are what the boxes printed when they were last read. A host that "
        "did not answer stands here as it was last seen, with its age. This is no report to Cisco and can't be "
        "imported.",
        generated_at=generated_at,
        as_of=as_of,
        coverage=judgement.coverage,
        cards=(*coverage_cards(judgement, states), *_finding_cards(judgement.findings)),
        tables=(
            outcome_table(judgement.coverage),
            distribution(
                "states",
                "By compliance state",
                "State",
                counted(i.compliance_state for i in judgement.instances),
            ),
            *(
                distribution(
                    name.replace("_", "-"),
                    title,
                    what,
                    counted(host[name] for host in hosts if host["seen"]),
                    kind="text",
                )
                for name, title, what in _DISTRIBUTIONS
            ),
            unanswered_table(states, lines, as_of),
            clock_table(
                "deadlines",
                f"Report deadlines: overdue and within {HORIZON_DAYS} days",
                soon,
                by_host,
                as_of,
                note=f"{later} more deadlines lie further away.",
                empty="No deadline is that near.",
            ),
            _finding_table(judgement.findings),
            _drift_table(states),
            make_table(
                "oldest",
                f"The {OLDEST} oldest captures",
                tuple(c for c in _HOSTS if c.key in ("hostname", "outcome", "captured_at", "age_hours")),
                sorted((h for h in hosts if h["captured_at"]), key=lambda h: (h["captured_at"], h["hostname"]))[
                    :OLDEST
                ],
                empty="Nothing was captured.",
            ),
            make_table("hosts", "Every host", _HOSTS, sorted(hosts, key=lambda h: h["hostname"])),
        ),
        main="hosts",
    )


def _host_records(reconciled: Reconciled, states: Sequence[HostState]) -> list[dict[str, Any]]:
    """One record a host: its newest good observation, and the instance that judgement made of it."""
    instances = {instance.hostname: instance for instance in reconciled.judgement.instances}
    records = []
    for state in states:
        seen = state.observation or Observation()
        instance = instances.get(state.hostname)
        records.append(
            {
                **values(seen),
                "hostname": state.hostname,
                "outcome": state.outcome,
                "seen": state.observation is not None,
                "state": instance.compliance_state if instance else None,
                "virtual_account": instance.virtual_account if instance else None,
                "age_hours": hours(reconciled.judgement.as_of, seen.captured_at),
            }
        )
    return records


def _finding_cards(findings: Sequence[Finding]) -> tuple[Card, ...]:
    tones: dict[str, Tone] = {"critical": "bad", "error": "bad", "warning": "warn", "info": "info"}
    cards = []
    for severity in reversed(SEVERITIES):
        found = [f for f in findings if f.severity == severity]
        waived = sum(f.waived_by is not None for f in found)
        cards.append(
            Card(
                f"Findings: {severity}",
                str(len(found)),
                f"{waived} of them waived" if found else "none",
                tones[severity] if found else "quiet",
            )
        )
    return tuple(cards)


def _finding_table(findings: Iterable[Finding]) -> Table:
    ordered = sorted(findings, key=lambda f: (-SEVERITIES.index(f.severity), f.name, f.subject.id))
    return make_table(
        "findings",
        "Findings",
        _FINDINGS,
        ({**values(f), **values(f.subject), "evidence": _evidence_text(f.evidence)} for f in ordered),
    )


def _evidence_text(evidence: Sequence[FindingEvidence]) -> str | None:
    """The first lines and rows that a finding rests on, in one cell."""
    if not evidence:
        return None
    said = [_one_evidence(e) for e in evidence[:EVIDENCE_SHOWN]]
    more = len(evidence) - len(said)
    return " | ".join(said) + (f" | and {more} more" if more else "")


def _one_evidence(evidence: FindingEvidence) -> str:
    source, kind, number = evidence.capture, "line", evidence.line
    if evidence.entitlement is not None:
        source, kind, number = evidence.entitlement, "row", evidence.row
    where = f"{source or 'not known'}, {kind} {'not known' if number is None else number}"
    return f"{where}: {evidence.text.strip()}" if evidence.text else where


def fold(text: str) -> str:
    """The shape of a line: digits and quoted words folded, so that one cause is one row."""
    return re.sub(r"\d+", "#", re.sub(r'"[^"]*"|(?<!\w)\'[^\']*\'(?!\w)', '"…"', " ".join(text.split())))


def _drift_table(states: Iterable[HostState]) -> Table:
    shapes: dict[str, dict[str, Any]] = {}
    for state in sorted(states, key=lambda s: s.hostname):
        for line in state.observation.unclaimed_lines if state.observation else ():
            first = {"hostname": state.hostname, "line": line.line_number, "seen": set(), "lines": 0}
            shape = shapes.setdefault(fold(line.text), {**values(line), **first})
            shape["seen"].add(state.hostname)
            shape["lines"] += 1
    records = ({**found, "shape": shape, "instances": len(found["seen"])} for shape, found in shapes.items())
    return make_table(
        "drift",
        "Printed lines that no template knows",
        _DRIFT,
        sorted(records, key=lambda r: (-r["instances"], -r["lines"], r["shape"])),
        note="Nothing was read from these lines. A new kind of line is a reason for a look: a figure may stand in it.",
        empty="Every printed line was read or is known to say nothing.",
    )
