"""The compliance state of a product instance, and the findings that stand beside it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from licsweep.judged import ComplianceState
from licsweep.model import Observation
from licsweep.vocabulary import AuthorizationStatus
from reconcile.clock import Reading, read_clock
from reconcile.counting import LEGACY_MODELS
from reconcile.tables import Reporter, Tables

CONTROLLERS: dict[str, Reporter] = {"sd-wan-manager": "sd-wan-manager", "catalyst-center": "catalyst-center"}
"""Managers that report for their boxes."""

_CLASSIC: dict[AuthorizationStatus, ComplianceState] = {
    "authorized": "authorized",
    "out-of-compliance": "out-of-compliance",
    "authorization-expired": "out-of-compliance",
    "not-authorized": "out-of-compliance",
    "eval-mode": "eval-mode",
    "eval-expired": "eval-expired",
    "no-licenses-in-use": "no-licenses-in-use",
    "reserved-authorized": "reserved",
}
_FINDING_OF: dict[ComplianceState, str] = {
    "out-of-compliance": "instance-out-of-compliance",
    "eval-mode": "evaluation",
    "eval-expired": "evaluation-expired",
    "unidentified": "unidentified",
    "no-licenses-in-use": "no-licenses-in-use",
    "report-due": "report-due",
    "report-overdue": "report-overdue",
    "never-reported": "never-reported",
}
_UNREGISTERED = frozenset({"unregistered", "registration-failed", "registration-in-progress", "registration-retry"})


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """State, reservation (an axis of its own) and clock of one instance."""

    compliance: ComplianceState
    reservation: bool
    clock: Reading


def state_of(seen: Observation | None, as_of: datetime, horizon: timedelta) -> State:
    """The state at `as_of`; an instance that never answered is `unknown`."""
    if seen is None:
        return State(compliance="unknown", reservation=False, clock=Reading(state="unknown"))
    reserved = _is_reserved(seen)
    none = Reading(state="unknown")
    if seen.licensing_model in LEGACY_MODELS:
        return State(compliance="legacy", reservation=reserved, clock=none)
    if seen.licensing_model == "slup" or seen.slup_enabled or seen.next_ack_deadline:
        if seen.manager and seen.manager.kind in CONTROLLERS:
            return State(compliance="reported-by-controller", reservation=reserved, clock=none)
        clock = read_clock(seen, as_of, horizon)
        return State(compliance=clock.state, reservation=reserved, clock=clock)
    return State(compliance=_classic(seen, reserved=reserved), reservation=reserved, clock=none)


def state_findings(seen: Observation, state: State) -> Iterator[str]:
    """The slugs of what the state itself means."""
    expired = list(_expired(seen)) if state.compliance == "out-of-compliance" else []
    yield from expired
    if state.compliance in _FINDING_OF and not expired:
        yield _FINDING_OF[state.compliance]
    if seen.registration_status in _UNREGISTERED:
        yield "unregistered"


def reported_by(seen: Observation | None, tables: Tables) -> Reporter | None:
    """Who takes the box's usage to CSSM; None where nothing does or nothing is known."""
    if seen is None or seen.licensing_model in (*LEGACY_MODELS, "none"):
        return None
    if seen.manager and seen.manager.kind in CONTROLLERS:
        return CONTROLLERS[seen.manager.kind]
    url = seen.cslu_address or seen.transport_url or ""
    found = next((row.reported_by for row in tables.reporters if re.search(row.url, url, re.IGNORECASE)), None)
    return found or ("cslu" if seen.transport_type == "cslu" else "device")


def _is_reserved(seen: Observation) -> bool:
    held = any(a.status == "installed" and (a.kind or "").lower() in ("slr", "plr") for a in seen.authorizations)
    return bool(
        seen.licensing_model == "reservation"
        or seen.license_reservation == "enabled"
        or seen.authorization_status == "reserved-authorized"
        or seen.reservations
        or held
    )


def _classic(seen: Observation, *, reserved: bool) -> ComplianceState:
    if seen.registration_status == "registration-expired":
        return "out-of-compliance"
    status = seen.authorization_status
    if status is not None and status in _CLASSIC:
        state = _CLASSIC[status]
        return "reserved" if reserved and state == "authorized" else state
    if seen.registration_status in _UNREGISTERED:
        if seen.evaluation_expired_at:
            return "eval-expired"
        return "eval-mode" if seen.evaluation_seconds_left else "unidentified"
    return "reserved" if seen.licensing_model == "reservation" else "unknown"


def _expired(seen: Observation) -> Iterator[str]:
    if seen.registration_status == "registration-expired":
        yield "registration-expired"
    if seen.authorization_status == "authorization-expired":
        yield "authorization-expired"
