"""The rows of the tables and of a project's files, as frozen types (docs/judgement.md, Project files).

Every shipped row carries its source and a confidence: V read in a public source, D derived from samples,
K general knowledge. Only what a rule needs is required.
"""

from datetime import date
from typing import Literal

from licsweep.model import Record, Utc
from licsweep.position_types import ComplianceState, folded
from licsweep.vocabulary import AuthorizationStatus
from reconcile.tables.contract_rows import Number

Reporter = Literal["device", "cslu", "onprem", "sd-wan-manager", "catalyst-center"]


class Sourced(Record):
    """A row of a shipped table: where it was read, and how sure that is."""

    source: str | None = None
    confidence: Literal["V", "D", "K"] | None = None


class ProductRow(Sourced):
    """What holds for one product: for boxes of these platforms (none: any) whose PIDs begin so (none: any)."""

    product: str
    platforms: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


class CatalogueRow(Sourced):
    """One license under its CSSM name. `labels` is what devices print in parentheses, `features` their short names.

    `models` and `types` are for managers that name a license type per device: the device's model or performance tier.
    """

    license: str
    family: str | None = None
    tier: str | None = None
    tags: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    unit_price: Number | None = None
    price_basis: str | None = None
    currency: str | None = None


class LabelRow(Sourced):
    """A label that devices print, and the entitlement tag that it stands for."""

    label: str
    tag: str


class LicenseTypeRow(Sourced):
    """Names that managers have given one license type over the releases."""

    types: tuple[str, ...]


class ReporterRow(Sourced):
    """Who takes the usage reports of a box whose transport URL matches `url` (a regular expression)."""

    url: str
    reported_by: Reporter | Literal["cssm"]


class AlertRow(Sourced):
    """The figure of a pool that confirms an alert of CSSM's that `says` (a regular expression)."""

    says: str
    figure: Literal["shortage", "ending_within_90_days"]


class ChainRow(Sourced):
    """Licenses of which a higher one covers every lower one, highest first."""

    chain: tuple[str, ...]


class CountingRow(ProductRow):
    """What consumes on a product. A row fits a box by `platforms`, and by `models` (beginnings of its PIDs, its image
    or its managed devices' models) where it names any.

    ha: `each` unit needs its own licenses, or the `active` one (or the publisher) answers for both. `device_license` is
    what a manager needs for each managed device, on each of its peers. `each_for` names the licenses (regular
    expressions over tag, label and name) for which an `active` product needs one per unit all the same. container:
    `chassis` or `instance`.
    """

    unit: str = "the printed count of the instance that answered"
    ha: Literal["each", "active"] = "each"
    device_license: str | None = None
    each_for: tuple[str, ...] = ()
    container: Literal["chassis", "instance"] = "instance"


class PairingRow(Sourced):
    """What an add-on license may stand with on one box, by feature names without their throughput.

    None of `needs` in use, or one of `invalid_with` in use: invalid. Else one of `review_with` in use: to review.
    Counts are not compared: a dual-supervisor chassis prints 2 and 1.
    """

    addon: str
    needs: tuple[str, ...] = ()
    invalid_with: tuple[str, ...] = ()
    review_with: tuple[str, ...] = ()


class PolicyRelease(ProductRow):
    """From which release products run Smart Licensing Using Policy; `never` where no release does."""

    slup_from: str | None = None
    never: bool = False


class ServiceRow(ProductRow):
    """Where lateness or overage stops service: releases (`17.4.*` is any 17.4), a license in use, or a state."""

    releases: tuple[str, ...] = ()
    licenses: tuple[str, ...] = ()
    states: tuple[ComplianceState, ...] = ()
    days: int | None = None
    consequence: str


class RootRow(ProductRow):
    """Releases that trust the root certificate of today's CSSM: per train the first fixed one, and all from `since`."""

    fixed: tuple[str, ...] = ()
    since: str


class OnpremRelease(Sourced):
    """The first SSM On-Prem release that takes the reports of Smart Licensing Using Policy."""

    slup_from: str


class FirstReport(Sourced):
    """When the default policy wants the first report, by license type or by the license's name."""

    license_types: tuple[str, ...] = ()
    licenses: tuple[str, ...] = ()
    days: int


class Releases(Record):
    """releases.yaml."""

    first_report: tuple[FirstReport, ...] = ()
    slup: tuple[PolicyRelease, ...] = ()
    service_affecting: tuple[ServiceRow, ...] = ()
    cssm_root: tuple[RootRow, ...] = ()
    onprem: tuple[OnpremRelease, ...] = ()


class StateTable(Record):
    """states.yaml."""

    of_authorization: dict[AuthorizationStatus, ComplianceState]
    findings: dict[ComplianceState, str]


class ConsequenceRow(ProductRow):
    """What a product does when a report is late, when more is used than owned, and when its evaluation ends."""

    late: str | None = None
    overage: str | None = None
    evaluation: str | None = None


class LimitRow(Sourced):
    """A threshold of a rule that Cisco does not fix."""

    name: Literal[
        "onprem_stale_days",
        "onprem_critical_days",
        "token_expiring_days",
        "manager_stale_days",
        "fragmentation_accounts",
        "fragmentation_median",
        "too_broad_families",
    ]
    value: int


class VirtualAccountRow(Record):
    """A virtual account: whose it is, which product families it is for (none: any), its buffer."""

    name: str
    owner: str | None = None
    region: str | None = None
    families: tuple[str, ...] = ()
    buffer_percent: Number | None = None


class SmartAccountRow(Record):
    """A smart account under the name that reports show; domain and aliases are other names of the same account."""

    name: str
    domain: str | None = None
    aliases: tuple[str, ...] = ()
    virtual_accounts: tuple[VirtualAccountRow, ...] = ()


class AccountsFile(Record):
    """accounts.yaml."""

    smart_accounts: tuple[SmartAccountRow, ...] = ()

    def by_name(self) -> dict[str, str]:
        """The smart account's own name, by every name of it as names are compared."""
        rows = ((one, said) for one in self.smart_accounts for said in (one.name, one.domain, *one.aliases) if said)
        return {folded(said): " ".join(one.name.split()) for one, said in rows}


class LocalAccount(Record):
    """An On-Prem local account, as boxes print it, and the cloud account that it stands for."""

    local: str
    smart_account: str | None = None
    virtual_account: str | None = None


class OnpremServer(Record):
    """One SSM On-Prem server; one that is `offline` is synchronized by files, carried on visits to its `site`."""

    name: str
    version: str | None = None
    last_sync: Utc | None = None
    offline: bool = False
    site: str | None = None
    accounts: tuple[LocalAccount, ...] = ()


class OnpremFile(Record):
    """onprem.yaml."""

    servers: tuple[OnpremServer, ...] = ()


class WaiverRow(Record):
    """A finding (slug or code) that somebody has accepted on a subject (its id; `*` stands for anything).

    `until` is the last day; none: for good.
    """

    finding: str
    subject: str
    owner: str | None = None
    reason: str | None = None
    until: date | None = None
