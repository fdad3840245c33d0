"""What the simulated estate tells of itself: its devices, and what each was designed to say."""

from dataclasses import dataclass, field

from licsweep.judged import ComplianceState
from licsweep.model import Record, Udi
from licsweep.vocabulary import LicenseStatus, OutcomeStatus, Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedLicense(Record):
    """A licence that a device prints: `entitlement_tag` is the label in parentheses, `count` None where `-` stands."""

    name: str | None
    entitlement_tag: str | None
    count: int | None
    status: LicenseStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Device(Record):
    """One simulated box: where it listens, its place in the inventory, and its designed truth.

    `host_key` is what known_hosts says (for the box whose key "changed": another key than it offers).
    `virtual_account` is the inventory's; `account_printed` tells whether the box prints it too.
    Of a box that is broken on purpose nothing is expected but `expected_outcome`.
    """

    name: str
    platform: Platform
    kind: str
    groups: tuple[str, ...]
    site: str
    timezone: str
    smart_account: str
    virtual_account: str
    account_printed: bool
    udis: tuple[Udi, ...]
    expected_outcome: OutcomeStatus
    expected_state: ComplianceState | None
    expected_licenses: tuple[ExpectedLicense, ...]
    host: str = "127.0.0.1"
    port: int = 0
    host_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement(Record):
    """The one line that the simulator prints when every device listens."""

    username: str
    devices: tuple[Device, ...]
