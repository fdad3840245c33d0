"""What a person should know of one product instance, each finding with the lines that it rests on."""

from collections.abc import Iterator
from datetime import timedelta

from licsweep.model import Observation
from licsweep.position_types import Use
from reconcile.findings.raised import RaisedFinding, cited, instance_subject, of_instance, read_from
from reconcile.grouping import lists_by
from reconcile.instances import cssm_index as cssm
from reconcile.instances.clock import days_in_words
from reconcile.instances.identity import answer
from reconcile.instances.states import State, state_findings
from reconcile.judgement_context import JudgementContext
from reconcile.pools.pairing import bad_pairs
from reconcile.pools.pools import evidence_of
from reconcile.tables.rows import ConsequenceRow
from reconcile.tables.tables import Tables

_STATE_FIELDS = (
    "authorization_status",
    "registration_status",
    "evaluation_seconds_left",
    "evaluation_expired_at",
    "next_ack_deadline",
    "last_ack_received",
)
_UNPLACED = {"unmatched": "unmatched-license", "ambiguous": "ambiguous-license", "legacy": "legacy-licensing"}


def identity(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`duplicate-inventory-entry` or `udi-conflict`, `left-inventory`, `account-mismatch`."""
    for case in judged.instances:
        unit, place = case.unit, case.place
        subject = instance_subject(unit.hostname)
        names = ", ".join(sorted({other.hostname for other in unit.others if not other.left_inventory}))
        if case.conflict:
            message = f"{unit.hostname} and {names} answer with the same UDI and count differently: {case.conflict}"
            yield of_instance("udi-conflict", unit, message, "udis")
        elif names and not unit.left_inventory:
            message = f"{unit.hostname} is also in the inventory as {names}; its capture is the newest"
            yield of_instance("duplicate-inventory-entry", unit, message, "udis")
        if unit.left_inventory and unit.observation:
            message = "it is no longer in the inventory; its last counts are still part of every figure"
            yield RaisedFinding("left-inventory", subject, message)
        if place.conflicts:
            evidence = [*cited(unit, "virtual_account", "smart_account"), *cssm.evidence(place.rows)]
            yield RaisedFinding("account-mismatch", subject, "; ".join(place.conflicts), evidence)


def disagreeing_sources(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`sources-disagree`: the CLI of a box and its answer over HTTPS, with the lines of both."""
    for case in judged.instances:
        rows = case.unit.observation.contradictions if case.unit.observation else ()
        for place, row in enumerate(rows):
            what = row.name or "its counts" if row.field == "licenses" else row.field
            message = f"{what}: {row.said} on the CLI, which counts, and {row.otherwise} over HTTPS"
            yield of_instance("sources-disagree", case.unit, message, f"contradictions[{place}]")


def never_read(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """A selected host without any good observation: it is in no figure."""
    for state in judged.given.states:
        known = answer(state) or state.left_inventory or state.retired or state.outcome == "unsupported"
        if not known:
            told = "its texts were gathered and not read" if state.gathered else state.reason
            message = f"never read; the last attempt ended as {state.outcome}" + (f": {told}" if told else "")
            yield RaisedFinding("never-read", instance_subject(state.hostname), message)


def compliance(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """What the compliance state and the reporting clock mean; `parser-drift` where the output was cut off."""
    for case in judged.instances:
        unit, state, seen = case.unit, case.state, case.unit.observation
        if seen is None:
            continue
        for slug in state_findings(seen, state):
            yield of_instance(slug, unit, _state_message(seen, state, judged), *_STATE_FIELDS)
        if state.clock.disagreement:
            yield of_instance("clock-disagreement", unit, state.clock.disagreement, "next_ack_deadline")
        if not seen.complete:
            said = "the output was cut off or lacks a required part"
            evidence = read_from(unit, seen.unclaimed_lines)
            yield RaisedFinding("parser-drift", instance_subject(unit.hostname), said, evidence)


def stale_captures(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`stale-capture` where the last good observation is older than `stale_hours`, or of unknown age."""
    as_of, limit = judged.as_of, timedelta(hours=judged.given.options.stale_hours)
    for unit in (case.unit for case in judged.instances):
        seen = unit.observation
        if seen is None or (seen.captured_at and as_of - seen.captured_at <= limit):
            continue
        age = f"{(as_of - seen.captured_at) // timedelta(hours=1)} hours old" if seen.captured_at else "of unknown age"
        message = f"the last good answer of {unit.hostname} is {age}; its last attempt ended as {unit.state.outcome}"
        yield RaisedFinding("stale-capture", instance_subject(unit.hostname), message)


def license_lines(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """What the license lines themselves say, one finding for all lines of a kind; add-ons that pair with no base."""
    for case in judged.instances:
        subject = instance_subject(case.unit.hostname)
        for severity, message, paired in bad_pairs(case.uses, judged.tables.pairing, judged.matcher):
            yield RaisedFinding("tier-pairing", subject, message, evidence_of(paired), severity)
        for slug, lines in lists_by((slug, use) for use in case.uses for slug in _of_line(use)).items():
            counts = ("no count" if use.count is None else use.count for use in lines)
            names = (use.entitlement_tag or use.name or "no name" for use in lines)
            named = ", ".join(f"{name}: {count}" for name, count in zip(names, counts, strict=True))
            yield RaisedFinding(slug, subject, named, evidence_of(lines))


def _of_line(use: Use) -> Iterator[str]:
    """The slugs of what is wrong with a line: no license for it, or an unknown state."""
    if use.license_id is None and use.counted_as != "not_counted":
        yield _UNPLACED[use.matched_by]
    uncounted = use.counted_as == "not_counted" and use.count is None and use.status in ("in-use", "authorized")
    if uncounted or (use.counted_as == "in_use" and use.status is None):
        yield "license-state-unknown"


def _state_message(seen: Observation, state: State, judged: JudgementContext) -> str:
    clock, row = state.clock, consequence(seen, judged.tables)
    if clock.deadline:
        said = f"{state.compliance}: the deadline is {clock.told()}"
        return said + _then(row, row.late) if state.compliance == "report-overdue" else said
    if state.compliance == "eval-mode" and seen.evaluation_seconds_left and seen.captured_at:
        ends = seen.captured_at + timedelta(seconds=seen.evaluation_seconds_left)
        left = days_in_words((ends - judged.as_of).days)
        ends_at = f"it ends at the earliest on {ends:%Y-%m-%d %H:%M} UTC, with licenses in use all the time"
        return f"eval-mode: {left}, {ends_at}" + _then(row, row.evaluation)
    tried = seen.initial_registration
    failure = tried.failure_reason if tried and tried.result == "failed" else None
    words = "; ".join(filter(None, (seen.registration_status_raw, seen.authorization_status_raw, failure)))
    said = f"{state.compliance}: the device prints {words}" if words else state.compliance
    if state.compliance in ("eval-mode", "eval-expired"):
        return said + _then(row, row.evaluation)
    return said + _then(row, row.overage) if state.compliance == "out-of-compliance" else said


def consequence(seen: Observation, tables: Tables) -> ConsequenceRow:
    """What lateness, overage and the end of an evaluation mean on a product, as far as that is known."""
    return next((row for row in tables.consequences if seen.platform in row.platforms), ConsequenceRow(product="any"))


def _then(row: ConsequenceRow, said: str | None) -> str:
    return f" ({row.product}: {said})" if said else ""
