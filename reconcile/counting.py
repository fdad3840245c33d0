"""What one product instance uses and reserves: every printed licence line, counted once, with the line that says so.

The printed count is the number: it is never multiplied or divided by members, supervisors or stack size.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from licsweep.judged import Use
from licsweep.model import LicenseUse, Observation
from reconcile.attribution import Place
from reconcile.identity import Unit
from reconcile.matching import Match, Matcher, Printed
from reconcile.tables import norm

CountedAs = Literal["in_use", "in_evaluation", "reserved", "not_counted", "legacy"]
IDLE = frozenset({"not-in-use", "init", "disabled"})
EVALUATING = frozenset({"eval-mode", "eval-expired"})
LEGACY_MODELS = frozenset({"rtu", "pak"})
_RESERVED_KINDS = frozenset({"slr", "plr"})


def counted_as(license_use: LicenseUse) -> CountedAs:
    """How a line counts by its own words; a count of 0 is neither use nor unmatched, an unknown status is use."""
    if not license_use.count or license_use.status in IDLE:
        return "not_counted"
    return "in_evaluation" if license_use.status in EVALUATING else "in_use"


def is_legacy(seen: Observation, license_use: LicenseUse) -> bool:
    """True for what CSSM does not see: PAK and RTU licences, and default licences that print no tag."""
    return seen.licensing_model in LEGACY_MODELS or not (license_use.entitlement_tag or "").strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A printed line before it is matched."""

    field: str
    counted_as: CountedAs
    tag: str | None
    name: str | None
    description: str | None = None
    count: int | None
    status: str | None


def uses_of(unit: Unit, place: Place, matcher: Matcher) -> list[Use]:
    """Every licence and reservation line of an instance. Only lines that count can be unmatched or ambiguous."""
    seen = unit.observation
    if seen is None:
        return []
    pids = tuple(sorted({udi.pid for udi in seen.udis if udi.pid}))
    lines = {e.field: e for e in seen.evidence}
    uses = []
    for line in (*_licenses(seen), *_reservations(seen), *_codes(seen)):
        match = _match(line, matcher, pids)
        source = lines.get(f"{line.field}.count") or lines.get(line.field)
        uses.append(
            Use(
                hostname=unit.hostname,
                smart_account=place.smart_account,
                virtual_account=place.virtual_account,
                license=matcher.name(match.license_id) if match.license_id else None,
                license_id=match.license_id,
                name=line.name,
                entitlement_tag=line.tag,
                count=line.count,
                status=line.status,
                counted_as=line.counted_as,
                matched_by=match.matched_by,
                captured_at=seen.captured_at,
                stale=unit.stale,
                capture=unit.capture(source.command) if source else None,
                line=source.line_number if source else None,
                text=source.text if source else None,
            )
        )
    return uses


def _match(line: _Line, matcher: Matcher, pids: tuple[str, ...]) -> Match:
    if line.counted_as == "legacy":
        return Match(matched_by="legacy")
    return matcher.printed(Printed(line.tag, line.name, line.description, pids))


def _licenses(seen: Observation) -> Iterator[_Line]:
    for index, row in enumerate(seen.licenses):
        yield _Line(
            field=f"licenses[{index}]",
            counted_as="legacy" if is_legacy(seen, row) else counted_as(row),
            tag=row.entitlement_tag,
            name=row.name,
            description=row.description,
            count=row.count,
            status=row.status,
        )


def _reservations(seen: Observation) -> Iterator[_Line]:
    for index, row in enumerate(seen.reservations):
        yield _Line(
            field=f"reservations[{index}]",
            counted_as="reserved" if row.count else "not_counted",
            tag=row.tag,
            name=row.name,
            count=row.count,
            status=row.status,
        )


def _codes(seen: Observation) -> Iterator[_Line]:
    """The units of installed authorization codes. Two supervisors of one UDI hold one code; an SLR or PLR code says
    again what the reservations list, where they are printed."""
    met = set()
    for index, code in enumerate(seen.authorizations):
        repeats = seen.reservations and norm(code.kind or "") in _RESERVED_KINDS
        for at, held in enumerate(code.licenses if code.status == "installed" and not repeats else ()):
            box = (norm(code.pid or ""), norm(code.sn)) if code.sn else index
            tag = held.entitlement_tag or held.license
            if (box, tag) not in met:
                met.add((box, tag))
                yield _Line(
                    field=f"authorizations[{index}].licenses[{at}]",
                    counted_as="reserved" if held.count else "not_counted",
                    tag=tag,
                    name=held.license,
                    description=held.description,
                    count=held.count,
                    status=code.status,
                )
