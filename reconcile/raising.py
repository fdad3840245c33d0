"""Says what a person should know: the findings of instances and of pools, each with the lines that it rests on."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from licsweep.judged import FindingEvidence, Pool, Subject, Use
from licsweep.model import Observation
from reconcile.attribution import Place
from reconcile.findings import Raised
from reconcile.identity import Unit
from reconcile.owning import lapses, owned_on
from reconcile.pools import Page
from reconcile.states import State, state_findings

MOST_LINES = 50
"""Evidence of a pool's finding; every line of its figures is in `Reconciled.uses`."""

_STATE_FIELDS = (
    "authorization_status",
    "registration_status",
    "evaluation_seconds_left",
    "evaluation_expired_at",
    "next_ack_deadline",
    "last_ack_received",
)


def raise_instance(raised: Raised, unit: Unit, place: Place, state: State, uses: Sequence[Use]) -> None:
    """The findings of one product instance, apart from its age."""
    subject = Subject(kind="instance", id=unit.hostname)
    if unit.others:
        names = ", ".join(sorted({other.hostname for other in unit.others}))
        message = f"{unit.hostname} is also in the inventory as {names}; its capture is the newest"
        raised.add("duplicate-inventory-entry", subject, message, _cited(unit, "udis"))
    if place.conflicts:
        evidence = _cited(unit, "virtual_account", "smart_account")
        raised.add("account-mismatch", subject, "; ".join(place.conflicts), evidence)
    if unit.observation:
        for slug in state_findings(unit.observation, state):
            raised.add(slug, subject, _state_message(unit.observation, state), _cited(unit, *_STATE_FIELDS))
        if state.clock.disagreement:
            raised.add("clock-disagreement", subject, state.clock.disagreement, _cited(unit, "next_ack_deadline"))
        _raise_drift(raised, unit, unit.observation, subject)
    _raise_lines(raised, subject, uses)


def raise_stale(raised: Raised, unit: Unit, as_of: datetime, stale_after: timedelta) -> None:
    """`stale-capture` where the last good observation is older than `stale_after`, or of unknown age."""
    seen = unit.observation
    if seen is None or (seen.captured_at and as_of - seen.captured_at <= stale_after):
        return
    age = f"{(as_of - seen.captured_at) // timedelta(hours=1)} hours old" if seen.captured_at else "of unknown age"
    message = f"the last good answer of {unit.hostname} is {age}; its newest try ended as {unit.state.outcome}"
    raised.add("stale-capture", Subject(kind="instance", id=unit.hostname), message)


def raise_pool(raised: Raised, page: Page, pool: Pool, day: date, ending_days: int) -> None:
    """The findings of one pool on a day."""
    subject = Subject(kind="pool", id=f"{pool.smart_account or '-'}/{pool.virtual_account}/{pool.license}")
    figures = f"{pool.charged} charged, {pool.owned} owned"
    evidence = list(_of_page(page))[:MOST_LINES]
    if pool.status == "shortage":
        raised.add("shortage", subject, f"short of {pool.shortage}: {figures}", evidence)
    elif pool.status == "below-buffer":
        raised.add("below-buffer", subject, f"{figures}, a buffer of {pool.buffer_target} is wanted", evidence)
    elif pool.status == "unused":
        raised.add("unused-pool", subject, figures, evidence)
    for lapse in () if pool.unlimited else lapses(page.terms, day, ending_days):
        left = owned_on(page.terms, lapse)
        if pool.charged - left > pool.shortage:
            message = f"from {lapse} {left} are owned, {pool.charged} charged today: short of {pool.charged - left}"
            raised.add("term-ending-causes-shortage", subject, message, evidence)
            break


def _raise_lines(raised: Raised, subject: Subject, uses: Sequence[Use]) -> None:
    """What the licence lines themselves say, one finding for all lines of a kind."""
    counted = [use for use in uses if use.counted_as in ("in_use", "in_evaluation", "reserved")]
    kinds = {
        "unmatched-license": [use for use in counted if use.matched_by == "unmatched"],
        "ambiguous-license": [use for use in counted if use.matched_by == "ambiguous"],
        "license-state-unknown": [use for use in uses if _is_unknown(use)],
        "legacy-licensing": [use for use in uses if use.counted_as == "legacy"],
    }
    for slug, lines in kinds.items():
        if lines:
            named = ", ".join(f"{use.entitlement_tag or use.name or 'no name'}: {_count(use)}" for use in lines)
            raised.add(slug, subject, named, [e for use in lines for e in _of_use(use)])


def _is_unknown(use: Use) -> bool:
    """An in-use line without a known status, or a line of a known status that is use but prints no count."""
    if use.counted_as == "in_use":
        return use.status is None
    return use.counted_as == "not_counted" and use.count is None and use.status in ("in-use", "authorized")


def _raise_drift(raised: Raised, unit: Unit, seen: Observation, subject: Subject) -> None:
    lines = [
        FindingEvidence(capture=unit.capture(row.command), line=row.line_number, text=row.text)
        for row in seen.unclaimed_lines
    ]
    if not seen.complete:
        raised.add("parser-drift", subject, "the output was cut off or lacks a required part", lines)
    elif lines:
        raised.add("parser-drift", subject, f"{len(lines)} lines that no template knows", lines)


def _state_message(seen: Observation, state: State) -> str:
    clock = state.clock
    if clock.deadline:
        return f"{state.compliance}: the deadline is {clock.deadline:%Y-%m-%d %H:%M} UTC, {clock.days_left} days left"
    said = [seen.registration_status_raw, seen.authorization_status_raw]
    words = "; ".join(word for word in said if word)
    return f"{state.compliance}: the device prints {words}" if words else state.compliance


def _count(use: Use) -> str:
    return "no count" if use.count is None else str(use.count)


def _cited(unit: Unit, *fields: str) -> list[FindingEvidence]:
    return [
        FindingEvidence(capture=unit.capture(e.command), line=e.line_number, text=e.text)
        for e in unit.evidence(*fields)
    ]


def _of_use(use: Use) -> list[FindingEvidence]:
    return [FindingEvidence(capture=use.capture, line=use.line, text=use.text)] if use.capture else []


def _of_page(page: Page) -> Iterable[FindingEvidence]:
    for entitlement in page.entitlements:
        if entitlement.source_file:
            yield FindingEvidence(entitlement=entitlement.source_file, row=entitlement.source_row)
    for use in page.uses:
        yield from _of_use(use)
