"""What each verb prints with `--format json`: the kind of its envelope is the verb's words with hyphens.

docs/schemas holds a JSON Schema for each kind, made from these types.
"""

from typing import Any

from licsweep.model import HostState, Observation, Record, Retirement, Snapshot, Utc
from licsweep.site_types import SiteState
from licsweep.vocabulary import OutcomeStatus


class FailedHost(Record):
    """A host that did not end ok, and why."""

    hostname: str
    outcome: OutcomeStatus
    reason: str | None = None


class CollectedOutput(Record):
    """A finished snapshot; `outcomes` add up to `selected`."""

    snapshot: int
    selected: int
    outcomes: dict[str, int]
    failed: tuple[FailedHost, ...] = ()


class ReparseOutput(CollectedOutput):
    """`changed` are the hosts that read differently than before."""

    changed: tuple[str, ...] = ()


class PlannedHost(Record):
    """What a sweep would do with one host; `skipped` says why it would not be dialed."""

    hostname: str
    address: str
    username: str
    credential: str
    jump: str
    lines: str
    skipped: str | None = None


class SettingRow(Record):
    """A setting and where its value comes from."""

    setting: str
    value: Any
    source: str


class HostRow(Record):
    """A selected host of the inventory."""

    name: str
    address: str
    port: int
    platform: str
    credentials: str
    groups: str
    site: str | None = None
    virtual_account: str | None = None


class HostKeyRow(Record):
    """The key that a host shows, compared with the known one; for a host without an answer `state` says what failed."""

    host: str
    address: str | None = None
    state: str
    type: str | None = None
    fingerprint: str | None = None


class KnownHostKey(Record):
    """A key of the known_hosts file."""

    host: str
    type: str
    fingerprint: str


class UpgradedStore(Record):
    """A database, the versions of its tables and its bytes before and after."""

    database: str
    from_: str
    to: str
    bytes_before: int
    bytes_after: int


class PrunedStore(Record):
    """What `prune` removed, or would: results of hosts, out of so many snapshots, of which `kept` results stay.

    `bytes` are those of the database that came free, of a dry run those of the results. A date before `dates_from`
    can't be judged any more.
    """

    snapshots: int
    removed: int
    kept: int
    bytes: int
    dates_from: Utc | None


class CopiedTable(Record):
    """A table that was copied: its rows, and the sha256 of them all, the same in both databases."""

    table: str
    rows: int
    sha256: str


class SiteRow(SiteState):
    """A site, and the age of the newest that came from it."""

    age_days: int


def kinds() -> dict[str, Any]:
    """The type of the data of each kind."""
    from licsweep.action_types import ActionsReport
    from licsweep.courier.status import CourierStatus
    from licsweep.jobs.courier import CarriedFile, Packed
    from licsweep.jobs.courier_back import HandedOut
    from licsweep.jobs.courier_views import Radar
    from licsweep.jobs.diff import Diff
    from licsweep.jobs.doctor import CheckedSetup
    from licsweep.jobs.export_netbox import NetboxExport
    from licsweep.plan_types import DivestPlan, MergePlan, WhatIf
    from licsweep.position_types import Entitlement, Judgement
    from licsweep.reports.checks import CheckResult
    from licsweep.reports.contract import ContractReport
    from licsweep.reports.export import Export
    from licsweep.visits.checked_device import CheckedDevice
    from reconcile.licenses.license_names import LicenseName

    return {
        "actions": ActionsReport,
        "check": list[CheckResult],
        "config": list[SettingRow],
        "courier-check": list[CheckedDevice],
        "courier-collect": list[CarriedFile],
        "courier-deliver": list[HandedOut],
        "courier-pack": Packed,
        "courier-radar": Radar,
        "courier-status": CourierStatus,
        "courier-unpack": list[CarriedFile],
        "contract": ContractReport,
        "diff": Diff,
        "doctor": list[CheckedSetup],
        "entitlements-explain": list[LicenseName],
        "entitlements-list": list[Entitlement],
        "export-json": Export,
        "export-netbox": NetboxExport,
        "hosts": list[HostRow],
        "ingest": CollectedOutput,
        "known-hosts-list": list[KnownHostKey],
        "known-hosts-scan": list[HostKeyRow],
        "parse": Observation,
        "plan-divest": DivestPlan,
        "plan-merge": MergePlan,
        "plan-what-if": WhatIf,
        "prune": list[PrunedStore],
        "reconcile": Judgement,
        "reparse": ReparseOutput,
        "retire": list[Retirement],
        "show": HostState,
        "site-import": list[Snapshot],
        "site-list": list[SiteRow],
        "snapshots": list[Snapshot],
        "store-copy": list[CopiedTable],
        "store-upgrade": list[UpgradedStore],
        "sweep": CollectedOutput,
        "sweep-dry-run": list[PlannedHost],
    }
