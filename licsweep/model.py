"""The frozen types that flow through licsweep: what a box said about itself.

Field names, vocabularies and shapes are those of docs/data-model.md (the vendor's own words). A missing value
is None, an absent list is an empty tuple, every time is timezone-aware UTC. `licsweep.serialization` turns these types
into JSON and back; what was bought and what is judged lies in `licsweep.position_types`.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, ClassVar, Literal, dataclass_transform

from licsweep.checked import Checked, Days, Seconds
from licsweep.vocabulary import (
    AuthorizationStatus,
    EnforcementType,
    ExportStatus,
    HaRole,
    LicenseStatus,
    LicensingModel,
    OutcomeStatus,
    RegistrationStatus,
    SkipReason,
    TransportType,
)


def _moment(value: Any) -> Any:
    """ISO text and a bare date as a datetime, also where strict reading would refuse them; a number is neither."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time(), UTC)
    try:
        if isinstance(value, str | int | float):
            return datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise ValueError("a date is written as 2026-01-31 or 2026-01-31T12:00:00Z") from error
    return value


def as_utc(value: datetime) -> datetime:
    """The same moment in UTC; a time without a zone is taken as UTC. Raises ValueError beyond Python's years."""
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is not in the years 1 to 9999 in UTC") from error


FIRST_YEAR, LAST_YEAR = 1900, 2999
"""Of moments, so that sums stay in Python's years; beyond them stand sentinels and broken clocks."""


def _in_reach(value: date) -> date:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"is not in the years {FIRST_YEAR} to {LAST_YEAR}")
    return value


def _reachable(value: datetime) -> date:
    return _in_reach(as_utc(value))


# A bare date is its first second, no zone means UTC.
Utc = Annotated[datetime, Checked(_moment, _reachable)]
Day = Annotated[date, Checked(lambda value: value, _in_reach)]
SnapshotKind = Literal["sweep", "ingest", "observations", "reparse"]


@dataclass_transform(frozen_default=True, kw_only_default=True)
class _RecordType(type):
    """Makes a dataclass of each class that is derived from Record."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
        made: type = super().__new__(cls, name, bases, namespace)
        if "__dataclass_fields__" in namespace:  # the class with slots, which dataclass makes of the first one
            return made
        return dataclass(frozen=True, slots=True, kw_only=True)(made)


class Record(metaclass=_RecordType):
    """Base of our frozen types, of each that leaves or enters the program: a dataclass with slots, whose fields are
    given by name. In JSON and YAML unknown keys are errors, and `from_` is `from`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "extra": "forbid",
        "alias_generator": lambda name: name.rstrip("_"),
        "populate_by_name": True,
    }


class Unit(Record):
    """What tells one unit of a device from the others."""

    role: HaRole | None = None
    pid: str | None = None
    sn: str | None = None


class Udi(Unit):
    """Unique device identifier; `role` None is the product instance itself."""

    vid: str | None = None
    uuid: str | None = None


class LicenseUse(Record):
    """One license as one instance prints it. `entitlement_tag` is a regid or (`tag_kind` label) a display label."""

    name: str | None = None
    entitlement_tag: str | None = None
    tag_kind: Literal["regid", "label"] | None = None
    description: str | None = None
    count: int | None = None
    version: str | None = None
    subscription_id: str | None = None
    status: LicenseStatus | None = None
    status_raw: str | None = None
    export_status: ExportStatus | None = None
    export_status_raw: str | None = None
    enforcement_type: EnforcementType | None = None
    enforcement_type_raw: str | None = None
    license_type: str | None = None
    authorized_count: int | None = None
    out_of_compliance_count: int | None = None
    insufficient_count: int | None = None
    installed: bool | None = None
    expires_at: Utc | None = None
    grace_seconds_left: int | None = None
    period_left_seconds: int | None = None
    priority: str | None = None
    violation_count: int | None = None
    honor_seconds: int | None = None
    area: str | None = None


class Attempt(Record):
    """A registration, renewal or communication attempt."""

    result: Literal["succeeded", "failed"] | None = None
    at: Utc | None = None
    failure_reason: str | None = None


class Proxy(Record):
    """The proxy of the smart agent; whether words are set, never the words."""

    address: str | None = None
    port: int | None = None
    username_set: bool | None = None
    password_set: bool | None = None


class PolicyClass(Record):
    """Reporting intervals of one class of licenses, in days (0 = no report); sources apart where they differ."""

    first_report_days: Days | None = None
    ongoing_report_days: Days | None = None
    report_on_change_days: Days | None = None
    source: str | None = None
    first_report_source: str | None = None
    ongoing_report_source: str | None = None
    report_on_change_source: str | None = None


class Policy(Record):
    """The SLUP policy in force."""

    unenforced_perpetual: PolicyClass | None = None
    unenforced_subscription: PolicyClass | None = None
    enforced: PolicyClass | None = None
    export: PolicyClass | None = None


class TrustCode(Unit):
    """A trust code; role, pid and sn None where one date stands for the whole device."""

    installed_at: Utc | None = None
    type: str | None = None
    expires_at: Utc | None = None


class TrustData(Unit):
    """Whether trust is installed, where it is printed per UDI."""

    installed: bool | None = None


class UsageReportSummary(Record):
    """How many RUM reports the box holds, by fate."""

    total: int | None = None
    purged: int | None = None
    acknowledged: int | None = None
    waiting_for_ack: int | None = None
    available_to_report: int | None = None
    collecting_data: int | None = None


class Reservation(Record):
    """One reserved license (SLR, PLR)."""

    tag: str | None = None
    name: str | None = None
    count: int | None = None
    term: str | None = None
    status: str | None = None
    start: Utc | None = None
    end: Utc | None = None


class AuthorizedLicense(Record):
    """A license that an authorization code allows."""

    license: str | None = None
    entitlement_tag: str | None = None
    description: str | None = None
    count: int | None = None
    license_type: str | None = None


class Authorization(Unit):
    """The authorization code (SLAC, SLR) of one UDI."""

    status: Literal["not-installed", "installed"] | None = None
    kind: str | None = None
    installed_at: Utc | None = None
    licenses: tuple[AuthorizedLicense, ...] = ()


class RumReport(Record):
    """One RUM report as the box lists it; state, flag and reason are the printed words."""

    report_id: str | None = None
    state: str | None = None
    flag: str | None = None
    feature_name: str | None = None
    metric_name: str | None = None
    entitlement_tag: str | None = None
    start: Utc | None = None
    end: Utc | None = None
    reason: str | None = None


class Communication(Record):
    """How the smart agent fares with CSSM (tech support)."""

    level: Literal["direct", "indirect"] | None = None
    overall_state: str | None = None
    last_response: str | None = None
    last_failure_reason: str | None = None
    last_success_at: Utc | None = None
    last_failure_at: Utc | None = None


class Clock(Record):
    """The clock of the box: every date of an unsynchronized one is suspect."""

    ntp_synchronized: bool | None = None
    device_time: Utc | None = None


class RumStorage(Record):
    """RUM reports on disk and missing."""

    in_storage: int | None = None
    missing: int | None = None


class Manager(Record):
    """What manages this box."""

    kind: Literal["fmc", "fdm", "cdfmc", "sd-wan-manager", "catalyst-center"] | None = None
    host: str | None = None
    registration: str | None = None


class ManagedDevice(Record):
    """A device that a manager holds licenses for; `uid` is the manager's own id, by which its lists are joined."""

    uid: str | None = None
    hostname: str | None = None
    model: str | None = None
    serial: str | None = None
    performance_tier: str | None = None
    license_types: tuple[str, ...] = ()
    ha_pair: str | None = None
    ha_role: str | None = None
    cluster: str | None = None
    chassis_serial: str | None = None
    container: bool | None = None
    software: str | None = None


class ClusterMember(Record):
    """A node of a collaboration cluster."""

    hostname: str | None = None
    address: str | None = None
    node_role: str | None = None
    product: str | None = None


class UnclaimedLine(Record):
    """A line, or a value of a REST answer (`path`), that no template knows: drift."""

    command: str
    line_number: int | None = None
    path: str | None = None
    text: str


class Evidence(Record):
    """What printed a value: a line of text, or the JSON path of a REST answer (`$.items[0].regStatus`).

    `field` is a path into the observation (`licenses[0].count`).
    """

    field: str
    command: str
    line_number: int | None = None
    path: str | None = None
    text: str


class Contradiction(Record):
    """What two sources of one box say differently of a `field`, or of a license's count (`name`); `said` counts."""

    field: str
    name: str | None = None
    said: str
    otherwise: str


class Observation(Record):
    """What one product instance said. Fields about which no command said anything are None or empty."""

    hostname: str | None = None
    release: str | None = None
    image: str | None = None
    platform: str | None = None
    captured_at: Utc | None = None
    outcome: OutcomeStatus = "ok"
    first_use_at: Utc | None = None
    licensing_model: LicensingModel | None = None
    smart_licensing_enabled: bool | None = None
    slup_enabled: bool | None = None
    registration_status: RegistrationStatus | None = None
    registration_status_raw: str | None = None
    authorization_status: AuthorizationStatus | None = None
    authorization_status_raw: str | None = None
    authorization_at: Utc | None = None
    evaluation_seconds_left: Seconds | None = None
    evaluation_expired_at: Utc | None = None
    smart_account: str | None = None
    virtual_account: str | None = None
    account_as_of: Utc | None = None
    export_controlled_functionality: Literal["allowed", "not-allowed"] | None = None
    export_controlled_functionality_raw: str | None = None
    initial_registration: Attempt | None = None
    last_renewal_attempt: Attempt | None = None
    last_communication_attempt: Attempt | None = None
    next_renewal_attempt: Utc | None = None
    registration_expires: Utc | None = None
    next_communication_attempt: Utc | None = None
    communication_deadline: Utc | None = None
    license_reservation: Literal["enabled", "disabled"] | None = None
    license_reservation_raw: str | None = None
    reservations: tuple[Reservation, ...] = ()
    transport_type: TransportType | None = None
    transport_type_raw: str | None = None
    transport_url: str | None = None
    cslu_address: str | None = None
    vrf: str | None = None
    server_identity_check: bool | None = None
    ip_mode: str | None = None
    trust_point: str | None = None
    proxy: Proxy | None = None
    policy_in_use: Literal["merged", "installed"] | None = None
    policy_in_use_raw: str | None = None
    policy_name: str | None = None
    policy_installed_at: Utc | None = None
    reporting_ack_required: bool | None = None
    reporting_ack_source: str | None = None
    policy: Policy | None = None
    last_ack_received: Utc | None = None
    next_ack_deadline: Utc | None = None
    next_ack_push_check: Utc | None = None
    next_report_push: Utc | None = None
    last_report_push: Utc | None = None
    last_report_file_write: Utc | None = None
    reporting_push_interval_days: Days | None = None
    reporting_mode: str | None = None
    trust_codes: tuple[TrustCode, ...] = ()
    usage_report_summary: UsageReportSummary | None = None
    licenses: tuple[LicenseUse, ...] = ()
    udis: tuple[Udi, ...] = ()
    authorizations: tuple[Authorization, ...] = ()
    rum_reports: tuple[RumReport, ...] = ()
    agent_version: str | None = None
    communication: Communication | None = None
    trust_data: tuple[TrustData, ...] = ()
    clock: Clock | None = None
    rum_storage: RumStorage | None = None
    enforcement_state: str | None = None
    sia_status: Literal["in-compliance", "out-of-compliance"] | None = None
    sia_grace_seconds_left: int | None = None
    operating_mode: Literal["autonomous", "controller-managed"] | None = None
    ha_role: Literal["active", "standby"] | None = None
    configured_ha_role: Literal["primary", "secondary"] | None = None
    cluster: str | None = None
    cluster_role: str | None = None
    chassis_serial: str | None = None
    manager: Manager | None = None
    managed_devices: tuple[ManagedDevice, ...] = ()
    node_role: Literal["publisher", "subscriber"] | None = None
    members: tuple[ClusterMember, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    unclaimed_lines: tuple[UnclaimedLine, ...] = ()
    complete: bool = True
    evidence: tuple[Evidence, ...] = ()


class Capture(Record):
    """One command on one host: `text` is what was stored (secrets removed), `sha256` is of that text.

    `level` is where it was answered: as logged in, or after `enable` (None: gathered elsewhere).
    """

    hostname: str
    command: str
    text: str
    started_at: Utc
    seconds: float
    sha256: str
    level: Literal["login", "enable"] | None = None


class Outcome(Record):
    """How the sweep of one host ended; `reason` is plain words for the person at the keyboard.

    `skip` says why a skipped host was not tried; `gathered` that its texts were stored and not read.
    """

    hostname: str
    status: OutcomeStatus
    reason: str | None = None
    skip: SkipReason | None = None
    gathered: bool = False
    seconds: float | None = None


class Snapshot(Record):
    """One sweep or ingest; `outcomes` add up to `selected` once it has ended, and are empty when it was pruned.

    `uid` names it wherever it is carried to; `origin` is the site that it came from, and `imported_at` when that was
    (None: made here).
    """

    id: int
    uid: str | None = None
    origin: str | None = None
    kind: SnapshotKind
    state: Literal["running", "complete", "interrupted", "pruned"]
    started_at: Utc
    ended_at: Utc | None = None
    tool_version: str
    selection: str
    selected: int
    imported_at: Utc | None = None
    outcomes: dict[str, int]


class Retirement(Record):
    """A host whose use does not count from `at` on; from `undone_at` on it counts again."""

    hostname: str
    at: Utc
    why: str
    reservation_returned: bool = False
    recorded_at: Utc
    undone_at: Utc | None = None
    undone_why: str | None = None


class HostState(Record):
    """What is known of one host on a date: how its newest try ended, and its newest good observation.

    `observation` is None for a host that never answered; `snapshot_id` is the snapshot that holds the observation.
    `earlier`: a later try brought none. `skip` and `gathered` are those of the newest try. `left_inventory`: it was
    swept once, and the inventory no longer lists it. `retired`: the retirement in force on that date.
    """

    hostname: str
    outcome: OutcomeStatus
    reason: str | None = None
    skip: SkipReason | None = None
    gathered: bool = False
    left_inventory: bool = False
    retired: Retirement | None = None
    observation: Observation | None = None
    snapshot_id: int | None = None
    earlier: bool = False
