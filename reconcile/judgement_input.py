"""Everything that judgement is made from, as one frozen object."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from licsweep.alert_types import CssmAlerts
from licsweep.contract_types import PoolMeasure, SuiteMeasure
from licsweep.ledger_types import UsageReport
from licsweep.model import HostState
from licsweep.position_types import CssmInstance, Entitlement, Finding, ImportedAccounts
from licsweep.site_types import SiteState
from reconcile.tables.tables import Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """What the inventory says of a host."""

    virtual_account: str | None = None
    smart_account: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a site may set: how far ahead a report is due and a term is ending, when a capture is stale, the buffer, and
    when what came from a site without a line is old."""

    due_horizon_days: int = 30
    stale_hours: int = 48
    buffer_percent: float = 10
    ending_days: int = 90
    site_days: int = 35


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementInput:
    """The hosts as the store knows them at `as_of` (UTC), the exports that count then, and the project's files.

    The caller has chosen the newest good observation of each host. `facts` is what the inventory says, by host name;
    `sites` are those whose hosts came in files.
    `usage_reported` is what the courier's ledger says: by serial number, when usage was last `uploaded` to CSSM and
    last `acknowledged`; `acknowledged` are the newest acknowledged reports, and when they were. `licenses` and `listed`
    are the accounts whose licenses and product instances were imported (None: those that the rows name). `history` is
    what suites used at earlier moments: forecasts alone rest on it; `pool_history` is what pools used, for pictures
    alone. `never_tried` is how many hosts of the inventory no run had yet. `since` are earlier findings that the review
    compares with.
    """

    as_of: datetime
    states: Sequence[HostState] = ()
    entitlements: Sequence[Entitlement] = ()
    cssm_instances: Sequence[CssmInstance] = ()
    cssm_alerts: Sequence[CssmAlerts] = ()
    licenses: ImportedAccounts | None = None
    listed: ImportedAccounts | None = None
    facts: Mapping[str, HostFacts] = field(default_factory=dict)
    sites: Sequence[SiteState] = ()
    usage_reported: Mapping[str, Mapping[str, datetime]] = field(default_factory=dict)
    acknowledged: Sequence[tuple[UsageReport, datetime]] = ()
    tables: Tables = field(default_factory=Tables.load)
    options: Options = field(default_factory=Options)
    history: Sequence[SuiteMeasure] = ()
    pool_history: Sequence[PoolMeasure] = ()
    never_tried: int = 0
    since: Sequence[Finding] | None = None
