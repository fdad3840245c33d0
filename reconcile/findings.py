"""The findings that judgement can raise (findings.yaml says of each what it means), and those that it has raised."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

from licsweep.model import Record
from licsweep.position_types import SEVERITIES, Finding, FindingEvidence, Severity, Subject
from reconcile.tables import shipped


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingKind(Record):
    """One kind of finding: what it means, why it arises, what to do."""

    code: str
    slug: str
    severity: Severity
    meaning: str
    cause: str
    remedy: str


@cache
def kinds() -> tuple[FindingKind, ...]:
    """All kinds, by code."""
    return shipped("findings", FindingKind)


@cache
def _by_name() -> dict[str, FindingKind]:
    return {name: kind for kind in kinds() for name in (kind.code, kind.slug)}


def explain(code_or_slug: str) -> FindingKind | None:
    """The kind of a code (`LF001`, in any case) or slug (`shortage`); None where there is no such kind."""
    return _by_name().get(code_or_slug.upper()) or _by_name().get(code_or_slug.lower())


class Raised:
    """The findings of one judgement: at most one for a subject and slug."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, Subject], Finding] = {}

    def add(
        self,
        slug: str,
        subject: Subject,
        message: str,
        evidence: Iterable[FindingEvidence] = (),
        *,
        severity: Severity | None = None,
    ) -> None:
        """Adds a finding, or what it says to the one of that slug and subject; the kind's severity by default."""
        kind = _by_name()[slug]
        made = Finding(
            code=kind.code,
            name=kind.slug,
            severity=severity or kind.severity,
            subject=subject,
            message=message,
            evidence=tuple(evidence),
            advice=kind.remedy,
        )
        before = self._found.get((slug, subject))
        if before:
            worst = max(before.severity, made.severity, key=SEVERITIES.index)
            message = before.message if message in before.message else f"{before.message}; {message}"
            made = replace(before, severity=worst, message=message, evidence=(*before.evidence, *made.evidence))
        self._found[slug, subject] = made

    def in_order(self) -> tuple[Finding, ...]:
        """Worst first, then by code and subject."""

        def place(finding: Finding) -> tuple[int, str, str, str]:
            return -SEVERITIES.index(finding.severity), finding.code, finding.subject.kind, finding.subject.id

        return tuple(sorted(self._found.values(), key=place))
