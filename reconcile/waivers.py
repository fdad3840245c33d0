"""Waivers: a finding that somebody has accepted is marked with their name; an expired waiver speaks up."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase

from licsweep.judged import Finding, FindingEvidence, Subject
from reconcile.findings import Raised, explain
from reconcile.rows import WaiverRow
from reconcile.tables import norm


def waived(raised: Raised, waivers: Sequence[WaiverRow], day: date) -> tuple[Finding, ...]:
    """The findings in order, those that a waiver in force covers marked; `waiver-expired` for the others' waivers."""
    for place, row in enumerate(waivers, 1):
        if row.until and day > row.until:
            met = [f.subject for f in raised.in_order() if _covers(row, f)]
            evidence = [FindingEvidence(entitlement="waivers.yaml", row=place)]
            still = "the finding still stands" if met else "the finding no longer stands"
            said = f"{row.owner or 'nobody'} waived {row.finding} until {row.until}: {still}"
            for subject in met or [Subject(kind="estate", id=row.subject)]:
                raised.add("waiver-expired", subject, said, evidence)
    valid = [row for row in waivers if row.until is None or day <= row.until]
    return tuple(_marked(finding, valid) for finding in raised.in_order())


def _marked(finding: Finding, waivers: Iterable[WaiverRow]) -> Finding:
    row = next((row for row in waivers if _covers(row, finding)), None)
    return replace(finding, waived_by=row.owner or row.reason or "waivers.yaml") if row else finding


def _covers(row: WaiverRow, finding: Finding) -> bool:
    kind = explain(row.finding)
    name = kind.slug if kind else norm(row.finding)
    wanted, subject = norm(row.subject), norm(finding.subject.id)
    return name == finding.name and (wanted == subject or fnmatchcase(subject, wanted))
