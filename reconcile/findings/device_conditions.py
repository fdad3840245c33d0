"""What else a box says about itself: transport, trust, purged reports, clock, export control, release, service."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from licsweep.model import LicenseUse, Observation
from licsweep.position_types import Use
from reconcile.findings.raised import RaisedFinding, of_instance
from reconcile.instances.clock import class_of, days_in_words
from reconcile.instances.releases import lacks_root, too_old_for_policy
from reconcile.instances.reporting_path import speaks_to
from reconcile.instances.states import is_slup
from reconcile.instances.status_sets import EVALUATING, IDLE
from reconcile.judgement_context import JudgedInstance, JudgementContext
from reconcile.tables.tables import norm

_NO_TRUST_NEEDED = ("off", "cslu", "automatic", None)
_TRANSPORT_FIELDS = (
    "communication",
    "last_communication_attempt",
    "last_renewal_attempt",
    "trust_codes",
    "transport_type",
)


def _answers(judged: JudgementContext) -> Iterator[tuple[JudgedInstance, Observation]]:
    return ((case, case.unit.observation) for case in judged.instances if case.unit.observation)


def broken_transport(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """An exchange with CSSM, CSLU or On-Prem failed, or a direct transport lacks its trust code."""
    for case, seen in _answers(judged):
        state = case.state
        if seen.transport_type == "off" or state.compliance in ("legacy", "reported-by-controller"):
            continue
        said = [*_failures(seen)]
        trusted = seen.trust_codes or any(row.installed for row in seen.trust_data) or seen.last_ack_received
        if is_slup(seen) and not trusted and seen.complete and state.compliance != "no-report-required":
            # Only a box that speaks to CSSM itself needs a trust code; CSLU and On-Prem hold trust of their own.
            speaks = speaks_to(seen, judged.tables)
            if seen.transport_type not in _NO_TRUST_NEEDED and speaks in (None, "cssm"):
                said.append(f"no trust code is installed, which transport {seen.transport_type} needs")
        if said:
            yield of_instance("broken-transport", case.unit, "; ".join(said), *_TRANSPORT_FIELDS)


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


def purged_reports(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """Usage reports that the box dropped or lost: what was not acknowledged before is lost to CSSM."""
    for case, seen in _answers(judged):
        summary, storage = seen.usage_report_summary, seen.rum_storage
        if summary and summary.purged:
            said = f"{summary.purged} usage reports were purged, {summary.acknowledged or 0} acknowledged"
            yield of_instance("purged-reports", case.unit, said, "usage_report_summary")
        if storage and storage.missing:
            said = f"{storage.missing} usage reports are missing on disk"
            yield of_instance("purged-reports", case.unit, said, "rum_storage")


def unsynchronized_clocks(judged: JudgementContext) -> Iterator[RaisedFinding]:
    for case, seen in _answers(judged):
        if seen.clock and seen.clock.ntp_synchronized is False:
            said = "its clock is not synchronized: every date that it prints is suspect"
            yield of_instance("clock-unsynchronized", case.unit, said, "clock")


def export_control(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """Export-controlled licenses in use beyond what authorization codes allow."""
    for case, seen in _answers(judged):
        if case.state.compliance in ("legacy", "reported-by-controller"):
            continue
        for index, row in enumerate(seen.licenses):
            if class_of(row) != "export" or not row.count or row.status in (IDLE | EVALUATING):
                continue
            held = _authorized(row, case.uses)
            allowed = row.export_status == "restricted-allowed" or (
                not is_slup(seen) and seen.export_controlled_functionality == "allowed"
            )
            if row.export_status == "restricted-not-allowed" or (not allowed and held == 0) or (0 < held < row.count):
                said = f"{row.name or row.entitlement_tag}: {row.count} in use, {held} authorized"
                yield of_instance(
                    "export-without-authorization", case.unit, said, f"licenses[{index}]", "authorizations"
                )


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


def old_releases(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """Releases without Smart Licensing Using Policy, and those that do not trust CSSM's present certificate."""
    tables = judged.tables
    for case, seen in _answers(judged):
        policy = not is_slup(seen) and seen.licensing_model not in (None, "none") and too_old_for_policy(seen, tables)
        if policy:
            said = (
                f"{seen.release} can't run Smart Licensing Using Policy: {policy.product} can from {policy.slup_from}"
            )
            yield of_instance("release-too-old", case.unit, said, "release")
        direct = seen.transport_type in ("smart", "callhome") and speaks_to(seen, tables) in (None, "cssm")
        if direct and not case.state.reservation and (fixed := lacks_root(seen, tables)):
            said = f"{seen.release} does not trust the root certificate that CSSM uses now: {fixed} does"
            yield of_instance("release-too-old", case.unit, said, "release", "transport_type")


def service_deadlines(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """Where service stops when a report is late (CUBE) or overage lasts (collaboration): releases.yaml has sources."""
    for case, seen in _answers(judged):
        row, state = case.state.service, case.state
        if row is None:
            continue
        if state.compliance in ("report-due", "report-overdue"):
            said = f"{row.consequence}: {state.clock.told()}"
            yield of_instance("service-affecting-deadline", case.unit, said, "next_ack_deadline", "release")
        elif row.states and row.days:
            since = seen.evaluation_expired_at if state.compliance == "eval-expired" else seen.authorization_at
            said = row.consequence
            if since:
                ends = since + timedelta(days=row.days)
                left = days_in_words((ends - judged.as_of).days)
                said += f": {row.days} days end on {ends:%Y-%m-%d}, {left}"
            yield of_instance("service-affecting-deadline", case.unit, said, "authorization_status")
