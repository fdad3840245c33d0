"""What else an observation says about one product instance: transport, trust, clock, purged reports, releases."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from licsweep.model import LicenseUse, Observation
from licsweep.position_types import Use
from reconcile.clock import class_of
from reconcile.releases import lacks_root, too_old_for_policy
from reconcile.reporting_path import speaks_to
from reconcile.states import State, is_slup
from reconcile.status_sets import EVALUATING, IDLE
from reconcile.tables import Tables, norm

_NO_TRUST_NEEDED = ("off", "cslu", "automatic", None)


@dataclass(frozen=True, slots=True)
class Condition:
    """A finding of an instance: its slug, what to say, and the fields of the observation that say it."""

    slug: str
    message: str
    fields: tuple[str, ...] = ()


def conditions(
    seen: Observation, state: State, uses: Sequence[Use], as_of: datetime, tables: Tables
) -> Iterator[Condition]:
    """Every such finding of one instance."""
    yield from _transport(seen, state, tables)
    yield from _purged(seen)
    if seen.clock and seen.clock.ntp_synchronized is False:
        said = "its clock is not synchronized: every date that it prints is suspect"
        yield Condition("clock-unsynchronized", said, ("clock",))
    yield from _export(seen, state, uses)
    yield from _release(seen, state, tables)
    yield from _service(seen, state, as_of)


def _transport(seen: Observation, state: State, tables: Tables) -> Iterator[Condition]:
    if seen.transport_type == "off" or state.compliance in ("legacy", "reported-by-controller"):
        return
    said = [*_failures(seen)]
    trusted = seen.trust_codes or any(row.installed for row in seen.trust_data) or seen.last_ack_received
    direct = seen.transport_type not in _NO_TRUST_NEEDED and speaks_to(seen, tables) in (None, "cssm")
    if is_slup(seen) and direct and not trusted and seen.complete and state.compliance != "no-report-required":
        said.append(f"no trust code is installed, which transport {seen.transport_type} needs")
    if said:
        fields = (
            "communication",
            "last_communication_attempt",
            "last_renewal_attempt",
            "trust_codes",
            "transport_type",
        )
        yield Condition("broken-transport", "; ".join(said), fields)


def _failures(seen: Observation) -> Iterator[str]:
    talk = seen.communication
    if talk and talk.last_failure_at and (talk.last_success_at is None or talk.last_failure_at > talk.last_success_at):
        success = f"{talk.last_success_at:%Y-%m-%d}" if talk.last_success_at else "never"
        reason = f": {talk.last_failure_reason}" if talk.last_failure_reason else ""
        yield f"the newest exchange failed on {talk.last_failure_at:%Y-%m-%d}{reason}; the last success: {success}"
    for what, attempt in (("communication", seen.last_communication_attempt), ("renewal", seen.last_renewal_attempt)):
        if attempt and attempt.result == "failed":
            when = f" on {attempt.at:%Y-%m-%d}" if attempt.at else ""
            reason = f": {attempt.failure_reason}" if attempt.failure_reason else ""
            yield f"the last {what} attempt failed{when}{reason}"


def _purged(seen: Observation) -> Iterator[Condition]:
    summary, storage = seen.usage_report_summary, seen.rum_storage
    if summary and summary.purged:
        said = f"{summary.purged} usage reports were purged, {summary.acknowledged or 0} acknowledged"
        yield Condition("purged-reports", said, ("usage_report_summary",))
    if storage and storage.missing:
        yield Condition("purged-reports", f"{storage.missing} usage reports are missing on disk", ("rum_storage",))


def _export(seen: Observation, state: State, uses: Sequence[Use]) -> Iterator[Condition]:
    """Export-controlled licenses in use beyond what authorization codes allow."""
    if state.compliance in ("legacy", "reported-by-controller"):
        return
    for index, row in enumerate(seen.licenses):
        if class_of(row) != "export" or not row.count or row.status in (IDLE | EVALUATING):
            continue
        held = _authorized(row, uses)
        allowed = row.export_status == "restricted-allowed" or (
            not is_slup(seen) and seen.export_controlled_functionality == "allowed"
        )
        if row.export_status == "restricted-not-allowed" or (not allowed and held == 0) or (0 < held < row.count):
            said = f"{row.name or row.entitlement_tag}: {row.count} in use, {held} authorized"
            yield Condition("export-without-authorization", said, (f"licenses[{index}]", "authorizations"))


def _authorized(row: LicenseUse, uses: Sequence[Use]) -> int:
    """Units of installed codes and reservations of the same license."""
    names = {norm(text) for text in (row.entitlement_tag, row.name) if text}
    ids = {use.license_id for use in uses if use.license_id and norm(use.entitlement_tag or "") in names}
    return sum(
        use.count or 1
        for use in uses
        if use.counted_as == "reserved"
        and (use.license_id in ids or names & {norm(use.entitlement_tag or ""), norm(use.name or "")})
    )


def _release(seen: Observation, state: State, tables: Tables) -> Iterator[Condition]:
    if not is_slup(seen) and seen.licensing_model not in (None, "none") and (row := too_old_for_policy(seen, tables)):
        said = f"{seen.release} can't run Smart Licensing Using Policy: {row.product} can from {row.slup_from}"
        yield Condition("release-too-old", said, ("release",))
    direct = seen.transport_type in ("smart", "callhome") and speaks_to(seen, tables) in (None, "cssm")
    if direct and not state.reservation and (fixed := lacks_root(seen, tables)):
        said = f"{seen.release} does not trust the root certificate that CSSM uses now: {fixed} does"
        yield Condition("release-too-old", said, ("release", "transport_type"))


def _service(seen: Observation, state: State, as_of: datetime) -> Iterator[Condition]:
    row, clock = state.service, state.clock
    if row is None:
        return
    if state.compliance in ("report-due", "report-overdue"):
        said = f"{row.consequence}: {clock.deadline:%Y-%m-%d %H:%M} UTC, {clock.days_left} days left"
        yield Condition("service-affecting-deadline", said, ("next_ack_deadline", "release"))
    elif row.states and row.days:
        since = seen.evaluation_expired_at if state.compliance == "eval-expired" else seen.authorization_at
        ends = f": {row.days} days end on {since + timedelta(days=row.days):%Y-%m-%d}" if since else ""
        left = f", {(since + timedelta(days=row.days) - as_of).days} days left" if since else ""
        yield Condition("service-affecting-deadline", f"{row.consequence}{ends}{left}", ("authorization_status",))
