"""The frozen types of what was bought and what is judged (docs/judgement.md fixes names and arithmetic).

Quantities are whole licenses. Dates of terms are days, the end date is the last valid day.
"""

from datetime import date
from functools import lru_cache
from typing import Literal
from unicodedata import normalize

from licsweep.action_types import AccountOwner, Deadline, PlanStep
from licsweep.alert_types import JudgedAlert
from licsweep.checked import Quantity
from licsweep.contract_types import AgreementPosition, Hygiene, PoolMeasure, SubscriptionPosition, SuiteMeasure
from licsweep.model import HostState, Record, Udi, Utc
from licsweep.review_types import Contradiction, ReviewRow
from licsweep.vocabulary import OutcomeStatus

Severity = Literal["info", "warning", "error", "critical"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error", "critical")
PoolStatus = Literal["owned-unknown", "shortage", "covered-by-substitution", "below-buffer", "unused", "ok"]
CountedAs = Literal["owned", "demo", "no limit", "future", "ended"]
ComplianceState = Literal[
    "authorized",
    "out-of-compliance",
    "eval-mode",
    "eval-expired",
    "unidentified",
    "no-licenses-in-use",
    "reserved",
    "reporting-ok",
    "report-due",
    "report-overdue",
    "never-reported",
    "no-report-required",
    "reported-by-controller",
    "legacy",
    "unknown",
]


class Term(Record):
    """Part of an entitlement: `quantity` licenses from `start` to `end` (None: open)."""

    type: Literal["perpetual", "term", "demo", "usage"]
    quantity: Quantity = 0
    start: date | None = None
    end: date | None = None
    subscription_id: str | None = None

    def __post_init__(self) -> None:
        if self.start and self.end and self.end < self.start:
            raise ValueError(f"end: is before the start, {self.start}")


class Substitution(Record):
    """What CSSM lent by its own rules, in its words (`licenseSubstitutions`).

    `quantity` units of one of the two licenses stand in for the other. No public source says which lends; their tiers
    do. `type` is CSSM's word (LOWER_TO_HIGHER).
    """

    license: str
    substituted_license: str
    quantity: int
    type: str | None = None


class Entitlement(Record):
    """What a virtual account owns of one license, as one export says. `source_row` is the row or key in the file."""

    smart_account: str | None = None
    virtual_account: str | None = None
    license: str
    entitlement_tag: str | None = None
    terms: tuple[Term, ...] = ()
    cssm_in_use: Quantity | None = None
    cssm_reserved: Quantity | None = None
    substitutions: tuple[Substitution, ...] = ()
    exported_at: Utc | None = None
    source_file: str | None = None
    source_row: int | None = None

    def __post_init__(self) -> None:
        if not self.license.strip():
            raise ValueError("license: is empty")


class CssmLicense(Record):
    """A license that CSSM charges to a product instance."""

    license: str
    quantity: Quantity


class CssmInstance(Record):
    """A product instance as CSSM or SSM On-Prem lists it (a stack member may be one of its own)."""

    smart_account: str | None = None
    virtual_account: str | None = None
    pid: str | None = None
    sn: str | None = None
    name: str | None = None
    last_contact: Utc | None = None
    licenses: tuple[CssmLicense, ...] = ()
    exported_at: Utc | None = None
    source_file: str | None = None
    source_row: int | None = None

    def __post_init__(self) -> None:
        if not (self.sn or self.name or "").strip():
            raise ValueError("sn: neither a serial nor a name is stated")


class ImportedAccounts(Record):
    """The accounts of which imports tell: pairs of smart and virtual account, "" for the whole smart account.

    Names are compared without regard to case and blanks; "" also stands for a smart account that no file named.
    """

    accounts: frozenset[tuple[str, str]] = frozenset()

    def knows(self, smart_account: str | None, virtual_account: str | None) -> bool:
        """Whether something was imported of a virtual account, or of its whole smart account."""
        smart, virtual = folded(smart_account), folded(virtual_account)
        return (smart, virtual) in self.accounts or (smart, "") in self.accounts


@lru_cache(maxsize=100_000)
def folded(name: str | None) -> str:
    """The name of an account as it is compared; an accent may be written as a letter of its own."""
    words = " ".join((name or "").split()).casefold()
    return words if words.isascii() else normalize("NFC", words)


class Coverage(Record):
    """How much of the selection was really read; `percent` leaves unsupported and fresh-enough hosts out.

    `gathered` of the outcomes were stored and not read: they are not ok. `left_inventory` hosts are no longer in the
    inventory and count on with their last good observation; they are not part of `selected`. Nor are the `never_tried`
    hosts, which stand in the inventory of now and which no run had yet: they are counted where all of now is judged.
    """

    selected: int
    outcomes: dict[str, int]
    percent: float
    fresh: int = 0
    gathered: int = 0
    left_inventory: int = 0
    never_tried: int = 0


class InAccount(Record):
    """What stands in one virtual account; the smart account is None where nothing names it."""

    smart_account: str | None
    virtual_account: str

    @property
    def account(self) -> tuple[str | None, str]:
        return self.smart_account, self.virtual_account


class Pool(InAccount):
    """One license in one virtual account. What rests on ownership is None where no import says what is owned."""

    license: str
    license_id: str
    owned: int | None = 0
    demo: int | None = 0
    future: int | None = 0
    ending_within_90_days: int = 0
    unlimited: bool = False
    in_use: int = 0
    in_use_stale: int = 0
    in_evaluation: int = 0
    reserved: int = 0
    charged: int = 0
    borrowed: int = 0
    lent: int = 0
    balance: int | None = 0
    shortage: int | None = 0
    buffer_target: int | None = 0
    can_lend: int | None = 0
    status: PoolStatus = "ok"
    cssm_in_use: int | None = None
    cssm_as_of: Utc | None = None
    oldest_capture: Utc | None = None


class Instance(Record):
    """One product instance as judged. `days_left` is a floor, negative when overdue.

    `usage_uploaded_at` and `usage_acknowledged_at` are the courier's: the last upload of its usage, the last ACK.
    """

    hostname: str
    udis: tuple[Udi, ...] = ()
    also_known_as: tuple[str, ...] = ()
    smart_account: str | None = None
    virtual_account: str = "unassigned"
    virtual_account_source: Literal["device", "cssm-export", "inventory", "unassigned"] = "unassigned"
    reported_by: Literal["device", "cslu", "onprem", "sd-wan-manager", "catalyst-center"] | None = None
    compliance_state: ComplianceState = "unknown"
    reservation: bool = False
    deadline: Utc | None = None
    computed_deadline: Utc | None = None
    days_left: int | None = None
    never_reported: bool = False
    service_affecting: bool = False
    usage_uploaded_at: Utc | None = None
    usage_acknowledged_at: Utc | None = None
    age_seconds: int | None = None
    outcome: OutcomeStatus = "ok"


class Transfer(Record):
    """A move of licenses between virtual accounts of one smart account.

    `closes` is how much of a shortage it closes; `uses_buffer`: the donor ends below its own buffer target.
    """

    license: str
    smart_account: str | None
    from_: str
    to: str
    quantity: int
    closes: int
    uses_buffer: bool = False
    term_ends: date | None = None


class Subject(Record):
    """What a finding is about."""

    kind: Literal["instance", "pool", "account", "contract", "token", "onprem", "site", "estate"]
    id: str


class FindingEvidence(Record):
    """A line of a capture (of a REST answer the JSON path), or a row of an entitlement file."""

    capture: str | None = None
    line: int | None = None
    path: str | None = None
    text: str | None = None
    entitlement: str | None = None
    row: int | None = None


class Finding(Record):
    """One thing that a person should know; `name` is the stable slug beside `code`."""

    code: str
    name: str
    severity: Severity
    subject: Subject
    message: str
    evidence: tuple[FindingEvidence, ...] = ()
    advice: str | None = None
    waived_by: str | None = None


class LaterUnits(Record):
    """Units of entitlements that start on a later date."""

    date: date
    units: int


class Exposure(Record):
    """The shortfall of a smart account after substitution and transfers.

    `units` stay short; `units_with_buffers` is what its pools then lack to their buffer targets, the shortage counted
    in. `covered_from` are entitlements that start later. Money is for one unit by the catalogue's `price_basis`.
    """

    smart_account: str | None
    license: str
    units: int
    units_with_buffers: int = 0
    covered_from: tuple[LaterUnits, ...] = ()
    money: float | None = None
    money_with_buffers: float | None = None
    currency: str | None = None
    price_basis: str | None = None


class SmartAccountTotal(Record):
    """One license over all virtual accounts of a smart account.

    Where one of its pools is `owned-unknown`, `owned` is what the others own at least, balance and shortage are None.
    """

    smart_account: str | None
    license: str
    owned: int | None
    charged: int
    balance: int | None
    shortage: int | None


class Judgement(Record):
    """The result of reconcile, whole."""

    as_of: Utc
    coverage: Coverage
    pools: tuple[Pool, ...] = ()
    smart_account_totals: tuple[SmartAccountTotal, ...] = ()
    instances: tuple[Instance, ...] = ()
    transfers_to_close: tuple[Transfer, ...] = ()
    transfers_to_restore_buffer: tuple[Transfer, ...] = ()
    exposure: tuple[Exposure, ...] = ()
    findings: tuple[Finding, ...] = ()


class Use(InAccount):
    """One printed license line and where judgement put it: the trace from a pool's figure to the line."""

    hostname: str
    license: str | None
    license_id: str | None
    name: str | None
    entitlement_tag: str | None
    count: int | None
    status: str | None
    counted_as: Literal["in_use", "in_evaluation", "reserved", "not_counted", "legacy"]
    matched_by: str
    captured_at: Utc | None
    stale: bool
    capture: str | None = None
    line: int | None = None
    path: str | None = None
    text: str | None = None


class CleanUp(CssmInstance):
    """A product instance to remove from CSSM: a stale one, a retired one, or the old serial of the box `hostname`."""

    reason: Literal["ghost-in-cssm", "replaced-serial", "retired-in-cssm"]
    hostname: str | None = None


class CssmDifference(InAccount):
    """One license on one product instance of which CSSM says another number than is used, and why.

    `acknowledged_at` is the last ACK of a SLUP box.
    """

    hostname: str
    license: str
    used: int
    captured_at: Utc | None = None
    acknowledged_at: Utc | None = None
    cssm: int | None = None
    cssm_as_of: Utc | None = None
    explanation: Literal[
        "never-reported",
        "wrong-account",
        "replaced-serial",
        "ha-peer",
        "reservation",
        "renamed-tag",
        "stale-capture",
        "not-in-cssm",
        "controller-reported",
        "changed-since",
        "unexplained",
    ]


class TransitionRow(Record):
    """One product instance on its way from classic licensing to Smart Licensing Using Policy.

    `order` is the order of work (1 first; None where nothing is to do). `first_report_days` is how long after the
    change the first acknowledged report is due, by the default policy and the licenses in use; None where unknown.
    """

    hostname: str
    product: str | None = None
    family: str | None = None
    release: str | None = None
    licensing_model: str | None = None
    smart_account: str | None = None
    virtual_account: str = "unassigned"
    step: Literal["already", "eligible", "upgrade-needed", "onprem-too-old", "not-eligible", "unknown"]
    needs_release: str | None = None
    onprem_server: str | None = None
    first_report_days: int | None = None
    first_report_due: Utc | None = None
    order: int | None = None
    reason: str = ""
    source: str | None = None


class OwnedTerm(InAccount):
    """A term of an entitlement, how it counts on the date, and the pool that it is in."""

    license_id: str
    counted_as: CountedAs
    entitlement: Entitlement
    term: Term


class DriftLine(Record):
    """A line that no template knows, digits and quoted words folded: on how many instances, and one example."""

    agent: str
    command: str
    shape: str
    instances: int
    lines: int
    hostname: str
    line: int | None = None
    path: str | None = None
    text: str
    capture: str


class ShortPool(Record):
    """A pool that is short, how much of that transfers close, and what closes it, in words."""

    pool: Pool
    closed: int
    proposal: str


class SubstitutionRow(InAccount):
    """How many units of `substituted_by` stand in for a license in one virtual account: by our rules, and by CSSM's."""

    license: str
    substituted_by: str
    units: int
    cssm_units: int
    cssm_as_of: Utc | None = None


class JudgementResult(Record):
    """Everything that reports and verbs show of one judgement, each figure judged once.

    `uses` are the license lines that the figures of pools are sums of; `states` what was judged, by host name.
    """

    judgement: Judgement
    states: tuple[HostState, ...] = ()
    uses: tuple[Use, ...] = ()
    owned_terms: tuple[OwnedTerm, ...] = ()
    shortages: tuple[ShortPool, ...] = ()
    substitutions: tuple[SubstitutionRow, ...] = ()
    clean_up: tuple[CleanUp, ...] = ()
    cssm_differences: tuple[CssmDifference, ...] = ()
    cssm_alerts: tuple[JudgedAlert, ...] = ()
    transition: tuple[TransitionRow, ...] = ()
    drift: tuple[DriftLine, ...] = ()
    agreements: tuple[AgreementPosition, ...] = ()
    subscriptions: tuple[SubscriptionPosition, ...] = ()
    hygiene: tuple[Hygiene, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    review: tuple[ReviewRow, ...] = ()
    owners: tuple[AccountOwner, ...] = ()
    plan: tuple[PlanStep, ...] = ()
    history: tuple[SuiteMeasure, ...] = ()
    pool_history: tuple[PoolMeasure, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
