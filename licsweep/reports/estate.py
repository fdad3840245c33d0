"""`report estate`: what the estate looks like, what is due, what needs a person."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from licsweep.position_types import SEVERITIES, Finding, FindingEvidence, JudgementResult
from licsweep.reports.common_tables import (
    NEVER_READ,
    build_report,
    clock_table,
    counted,
    distribution,
    unanswered_table,
)
from licsweep.reports.view import Card, Report, Table, Tone, hours, make_table, values

HORIZON_DAYS = 90
OLDEST = 20
EVIDENCE_SHOWN = 3

_DISTRIBUTIONS = ("licensing_model", "platform", "release", "agent_version")


def build(result: JudgementResult, *, generated_at: datetime) -> Report:
    """The estate report."""
    judgement = result.judgement
    hosts = sorted(_host_records(result), key=lambda h: h["hostname"])
    read = [host for host in hosts if host["seen"]]
    captured = sorted((h for h in hosts if h["captured_at"]), key=lambda h: (h["captured_at"], h["hostname"]))
    soon = [i for i in judgement.instances if i.days_left is not None and i.days_left <= HORIZON_DAYS]
    later = sum(i.days_left is not None for i in judgement.instances) - len(soon)
    tables = (
        distribution("states", counted(i.compliance_state for i in judgement.instances)),
        *(distribution(name.replace("_", "-"), counted(host[name] for host in read)) for name in _DISTRIBUTIONS),
        unanswered_table(result),
        clock_table("deadlines", soon, result, days=HORIZON_DAYS, later=later),
        _finding_table(judgement.findings),
        make_table("drift", map(values, result.drift)),
        make_table("oldest", captured[:OLDEST], number=OLDEST),
        make_table("hosts", hosts),
    )
    return build_report("estate", result, generated_at, _finding_cards(judgement.findings), tables)


def _host_records(result: JudgementResult) -> list[dict[str, Any]]:
    """One record a host: its newest good observation, and the instance that judgement made of it."""
    judgement = result.judgement
    instances = {instance.hostname: instance for instance in judgement.instances}
    records = []
    for state in result.states:
        seen = state.observation or NEVER_READ
        instance = instances.get(state.hostname)
        records.append(
            {
                **values(seen),
                "hostname": state.hostname,
                "outcome": state.outcome,
                "seen": state.observation is not None,
                "state": instance.compliance_state if instance else None,
                "virtual_account": instance.virtual_account if instance else None,
                "age_hours": hours(judgement.as_of, seen.captured_at),
            }
        )
    return records


def _finding_cards(findings: Sequence[Finding]) -> tuple[Card, ...]:
    tones: dict[str, Tone] = {"critical": "bad", "error": "bad", "warning": "warn", "info": "info"}
    cards = []
    for severity in reversed(SEVERITIES):
        found = [f for f in findings if f.severity == severity]
        waived = f"{sum(f.waived_by is not None for f in found)} of them waived"
        tone = tones[severity] if found else "quiet"
        cards.append(Card(f"Findings: {severity}", str(len(found)), waived if found else "none", tone))
    return tuple(cards)


def _finding_table(findings: Iterable[Finding]) -> Table:
    ordered = sorted(findings, key=lambda f: (-SEVERITIES.index(f.severity), f.name, f.subject.id))
    return make_table(
        "findings", ({**values(f), **values(f.subject), "evidence": _evidence_text(f.evidence)} for f in ordered)
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
