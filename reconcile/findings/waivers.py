"""Waivers: a finding that somebody has accepted is marked with their name; an expired waiver speaks up."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase

from licsweep.errors import InputError
from licsweep.position_types import Finding, FindingEvidence, Subject
from reconcile.findings.kinds import explain
from reconcile.findings.raised import RaisedFinding, in_order, merged
from reconcile.tables.rows import WaiverRow
from reconcile.tables.tables import norm


def waived(findings: Sequence[Finding], waivers: Sequence[WaiverRow], day: date) -> tuple[Finding, ...]:
    """The findings in order, those that a waiver in force covers marked; `waiver-expired` for the others' waivers.

    InputError for a waiver of a finding that does not exist.
    """
    valid = [row for row in waivers if row.until is None or day <= row.until]
    found = in_order((*findings, *merged(_expired(findings, waivers, day)))) if waivers else findings
    return tuple(_marked(finding, valid) for finding in found)


def _expired(findings: Sequence[Finding], waivers: Sequence[WaiverRow], day: date) -> Iterator[RaisedFinding]:
    for place, row in enumerate(waivers, 1):
        if not explain(row.finding):
            raise InputError(
                f"waivers.yaml: row {place}: finding: {row.finding}: no such finding",
                why="a waiver that covers nothing would look like one that does",
                hint="licsweep explain shortage",
            )
        if row.until and day > row.until:
            met = [f.subject for f in findings if covers(row, f)]
            evidence = [FindingEvidence(entitlement="waivers.yaml", row=place)]
            still = "the finding still stands" if met else "the finding no longer stands"
            said = f"{row.owner or 'nobody'} waived {row.finding} until {row.until}: {still}"
            for subject in met or [Subject(kind="estate", id=row.subject)]:
                yield RaisedFinding("waiver-expired", subject, said, evidence)


def _marked(finding: Finding, waivers: Iterable[WaiverRow]) -> Finding:
    row = next((row for row in waivers if covers(row, finding)), None)
    return replace(finding, waived_by=row.owner or row.reason or "waivers.yaml") if row else finding


def covers(row: WaiverRow, finding: Finding) -> bool:
    """Whether a waiver is about a finding, in force or not."""
    kind = explain(row.finding)
    name = kind.slug if kind else norm(row.finding)
    wanted, subject = norm(row.subject), norm(finding.subject.id)
    return name == finding.name and (wanted == subject or fnmatchcase(subject, wanted))
