"""What a rule raises, and all that the rules of one judgement raised: at most one finding for a subject and slug."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from licsweep.model import Evidence, UnclaimedLine
from licsweep.position_types import SEVERITIES, Finding, FindingEvidence, Pool, Severity, Subject
from reconcile.findings.kinds import kind_of
from reconcile.grouping import lists_by
from reconcile.instances.identity import ProductInstance, capture_of
from reconcile.pools.pools import pool_id


class RaisedFinding(NamedTuple):
    """One finding as a rule raises it; `severity` None is that of its kind in findings.yaml."""

    slug: str
    subject: Subject
    message: str
    evidence: Iterable[FindingEvidence] = ()
    severity: Severity | None = None


def merged(raised: Iterable[RaisedFinding]) -> tuple[Finding, ...]:
    """The findings in order; those of one slug and subject are one, with every message and the worst severity."""
    made = []
    read = (one._replace(evidence=tuple(one.evidence)) for one in raised)
    for (slug, subject), same in lists_by(((one.slug, one.subject), one) for one in read).items():
        kind = kind_of(slug)
        severity = max((one.severity or kind.severity for one in same), key=SEVERITIES.index)
        made.append(
            Finding(
                code=kind.code,
                name=kind.slug,
                severity=severity,
                subject=subject,
                message="; ".join(dict.fromkeys(one.message for one in same)),
                evidence=tuple(line for one in same for line in one.evidence),
                advice=kind.remedy,
            )
        )
    return in_order(made)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Worst first, then by code and subject."""
    return tuple(sorted(findings, key=lambda f: (-SEVERITIES.index(f.severity), f.code, f.subject.kind, f.subject.id)))


def instance_subject(hostname: str) -> Subject:
    return Subject(kind="instance", id=hostname)


def pool_subject(pool: Pool) -> Subject:
    return Subject(kind="pool", id=pool_id(pool))


def of_instance(slug: str, unit: ProductInstance, message: str, *fields: str) -> RaisedFinding:
    """A finding of a product instance, with the lines that printed these fields."""
    return RaisedFinding(slug, instance_subject(unit.hostname), message, cited(unit, *fields))


def read_from(unit: ProductInstance, lines: Iterable[Evidence | UnclaimedLine]) -> Iterator[FindingEvidence]:
    """Lines of an instance's captures."""
    for line in lines:
        source = capture_of(unit.state, line.command)
        yield FindingEvidence(capture=source, line=line.line_number, path=line.path, text=line.text)


def cited(unit: ProductInstance, *fields: str) -> Iterator[FindingEvidence]:
    """The lines that printed these fields or parts of them."""
    rows = unit.observation.evidence if unit.observation else ()
    parts = tuple(field + end for field in fields for end in (".", "["))
    return read_from(unit, (e for e in rows if e.field in fields or e.field.startswith(parts)))
