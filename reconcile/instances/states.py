"""The compliance state of a product instance, and the findings that stand beside it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from licsweep.model import Observation
from licsweep.position_types import ComplianceState
from reconcile.instances.clock import ReportingClock, read_clock
from reconcile.instances.releases import service_row
from reconcile.instances.reporting_path import controller_of
from reconcile.instances.status_sets import LEGACY_MODELS, RESERVED_KINDS
from reconcile.tables.rows import ServiceRow, StateTable
from reconcile.tables.tables import Tables, shipped_file

_EXPIRED = ("registration-expired", "authorization-expired")
_UNREGISTERED = frozenset({"unregistered", "registration-failed", "registration-in-progress", "registration-retry"})
_SAY_NOTHING_UNREGISTERED = ("not-authorized", "no-licenses-in-use")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """State, reservation (an axis of its own) and clock of one instance; `service` is what lateness would stop."""

    compliance: ComplianceState
    reservation: bool
    clock: ReportingClock
    service: ServiceRow | None = None


def state_of(seen: Observation | None, as_of: datetime, horizon: timedelta, tables: Tables) -> State:
    """The state at `as_of`; an instance that never answered is `unknown`."""
    if seen is None:
        return State(compliance="unknown", reservation=False, clock=ReportingClock(state="unknown"))
    reserved = _is_reserved(seen)
    clock = ReportingClock(state="unknown")
    compliance: ComplianceState
    if seen.licensing_model in LEGACY_MODELS:
        compliance = "legacy"
    elif is_slup(seen):
        clock = read_clock(seen, as_of, horizon)
        if controller_of(seen):
            clock = replace(clock, state="reported-by-controller", never_reported=False, disagreement=None)
        compliance = clock.state
    else:
        compliance = _classic(seen, reserved=reserved)
    service = service_row(seen, compliance, tables)
    return State(compliance=compliance, reservation=reserved, clock=clock, service=service)


def is_slup(seen: Observation) -> bool:
    """True where a box runs Smart Licensing Using Policy."""
    return seen.licensing_model == "slup" or bool(seen.slup_enabled or seen.next_ack_deadline)


def state_findings(seen: Observation, state: State) -> Iterator[str]:
    """The slugs of what the state itself means."""
    said = {seen.registration_status, seen.authorization_status}
    expired = [slug for slug in _EXPIRED if slug in said] if state.compliance == "out-of-compliance" else []
    yield from expired
    if not expired and (slug := _table().findings.get(state.compliance)):
        yield slug
    if seen.registration_status in _UNREGISTERED:
        yield "unregistered"


def _table() -> StateTable:
    table: StateTable = shipped_file("states", StateTable)
    return table


def _is_reserved(seen: Observation) -> bool:
    held = any(a.status == "installed" and (a.kind or "").lower() in RESERVED_KINDS for a in seen.authorizations)
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
    unregistered = seen.registration_status in _UNREGISTERED
    said = (
        None if unregistered and seen.authorization_status in _SAY_NOTHING_UNREGISTERED else seen.authorization_status
    )
    if said and (state := _table().of_authorization.get(said)):
        return "reserved" if reserved and state == "authorized" else state
    if unregistered:
        if seen.evaluation_expired_at:
            return "eval-expired"
        return "eval-mode" if seen.evaluation_seconds_left else "unidentified"
    return "reserved" if seen.licensing_model == "reservation" else "unknown"
