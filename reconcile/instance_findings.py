"""Says what a person should know of one product instance, each finding with the lines that it rests on."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from licsweep.model import Evidence, Observation, UnclaimedLine
from licsweep.position_types import FindingEvidence, Severity, Subject, Use
from reconcile import cssm
from reconcile.device_conditions import conditions
from reconcile.findings import Raised
from reconcile.identity import ProductInstance, capture_of
from reconcile.judged_instance import JudgedInstance
from reconcile.matching import Matcher
from reconcile.pairing import bad_pairs
from reconcile.states import State, state_findings
from reconcile.tables import Tables

_STATE_FIELDS = (
    "authorization_status",
    "registration_status",
    "evaluation_seconds_left",
    "evaluation_expired_at",
    "next_ack_deadline",
    "last_ack_received",
)
_UNPLACED = {"unmatched": "unmatched-license", "ambiguous": "ambiguous-license", "legacy": "legacy-licensing"}


def instance(hostname: str) -> Subject:
    """The subject of an instance's findings."""
    return Subject(kind="instance", id=hostname)


def raise_instance(raised: Raised, case: JudgedInstance, as_of: datetime, tables: Tables, matcher: Matcher) -> None:
    """The findings of one product instance, apart from its age."""
    unit, place, state, uses = case.unit, case.place, case.state, case.uses
    subject = instance(unit.hostname)
    if unit.others:
        names = ", ".join(sorted({other.hostname for other in unit.others}))
        message = f"{unit.hostname} is also in the inventory as {names}; its capture is the newest"
        raised.add("duplicate-inventory-entry", subject, message, cited(unit, "udis"))
    if place.conflicts:
        evidence = [*cited(unit, "virtual_account", "smart_account"), *cssm.evidence(place.rows)]
        raised.add("account-mismatch", subject, "; ".join(place.conflicts), evidence)
    if seen := unit.observation:
        for slug in state_findings(seen, state):
            raised.add(slug, subject, _state_message(seen, state, tables), cited(unit, *_STATE_FIELDS))
        if state.clock.disagreement:
            raised.add("clock-disagreement", subject, state.clock.disagreement, cited(unit, "next_ack_deadline"))
        for found in conditions(seen, state, uses, as_of, tables):
            raised.add(found.slug, subject, found.message, cited(unit, *found.fields))
        if not seen.complete:
            said = "the output was cut off or lacks a required part"
            raised.add("parser-drift", subject, said, read_from(unit, seen.unclaimed_lines))
    for pair in bad_pairs(uses, tables.pairing, matcher):
        severity: Severity = "warning" if pair.invalid else "info"
        raised.add("tier-pairing", subject, pair.message, of_uses(pair.lines), severity=severity)
    _raise_lines(raised, subject, uses)


def raise_stale(raised: Raised, unit: ProductInstance, as_of: datetime, stale_after: timedelta) -> None:
    """`stale-capture` where the last good observation is older than `stale_after`, or of unknown age."""
    seen = unit.observation
    if seen is None or (seen.captured_at and as_of - seen.captured_at <= stale_after):
        return
    age = f"{(as_of - seen.captured_at) // timedelta(hours=1)} hours old" if seen.captured_at else "of unknown age"
    message = f"the last good answer of {unit.hostname} is {age}; its newest try ended as {unit.state.outcome}"
    raised.add("stale-capture", instance(unit.hostname), message)


def of_uses(uses: Iterable[Use]) -> Iterator[FindingEvidence]:
    """The lines of captures that uses were read from."""
    return (FindingEvidence(capture=use.capture, line=use.line, text=use.text) for use in uses if use.capture)


def read_from(unit: ProductInstance, lines: Iterable[Evidence | UnclaimedLine]) -> Iterator[FindingEvidence]:
    """Lines of an instance's captures."""
    for line in lines:
        yield FindingEvidence(capture=capture_of(unit.state, line.command), line=line.line_number, text=line.text)


def cited(unit: ProductInstance, *fields: str) -> Iterator[FindingEvidence]:
    """The lines that printed these fields or parts of them."""
    rows = unit.observation.evidence if unit.observation else ()
    parts = tuple(field + end for field in fields for end in (".", "["))
    return read_from(unit, (e for e in rows if e.field in fields or e.field.startswith(parts)))


def _raise_lines(raised: Raised, subject: Subject, uses: Sequence[Use]) -> None:
    """What the license lines themselves say, one finding for all lines of a kind."""
    kinds: dict[str, list[Use]] = {}
    for use in uses:
        if use.license_id is None and use.counted_as != "not_counted":
            kinds.setdefault(_UNPLACED[use.matched_by], []).append(use)
        if _is_unknown(use):
            kinds.setdefault("license-state-unknown", []).append(use)
    for slug, lines in kinds.items():
        named = ", ".join(f"{use.entitlement_tag or use.name or 'no name'}: {_count(use)}" for use in lines)
        raised.add(slug, subject, named, of_uses(lines))


def _is_unknown(use: Use) -> bool:
    """An in-use line without a known status, or a line of a known status that is use but prints no count."""
    if use.counted_as == "in_use":
        return use.status is None
    return use.counted_as == "not_counted" and use.count is None and use.status in ("in-use", "authorized")


def _state_message(seen: Observation, state: State, tables: Tables) -> str:
    clock = state.clock
    if clock.deadline:
        said = f"{state.compliance}: the deadline is {clock.deadline:%Y-%m-%d %H:%M} UTC, {clock.days_left} days left"
        return said + _consequence(seen, tables, late=True) if state.compliance == "report-overdue" else said
    if state.compliance == "eval-mode" and seen.evaluation_seconds_left and seen.captured_at:
        ends = seen.captured_at + timedelta(seconds=seen.evaluation_seconds_left)
        return f"eval-mode: it ends at the earliest on {ends:%Y-%m-%d %H:%M} UTC, with licenses in use all the time"
    words = "; ".join(filter(None, (seen.registration_status_raw, seen.authorization_status_raw)))
    said = f"{state.compliance}: the device prints {words}" if words else state.compliance
    return said + _consequence(seen, tables, late=False) if state.compliance == "out-of-compliance" else said


def _consequence(seen: Observation, tables: Tables, *, late: bool) -> str:
    row = next((row for row in tables.consequences if seen.platform in row.platforms), None)
    said = (row.late if late else row.overage) if row else None
    return f" ({row.product}: {said})" if row and said else ""


def _count(use: Use) -> str:
    return "no count" if use.count is None else str(use.count)
