"""The kinds of findings that judgement can raise: findings.yaml says of each what it means."""

from functools import cache

from licsweep.model import Record
from licsweep.position_types import Severity
from reconcile.tables.tables import shipped


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


def kind_of(slug: str) -> FindingKind:
    """The kind of a slug; KeyError where findings.yaml has no row of it."""
    return _by_name()[slug]
