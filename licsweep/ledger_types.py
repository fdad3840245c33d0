"""The courier's ledger as the store keeps it: the files between devices and CSSM, the parcels, and what became of each
usage report. Rows are only added.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from licsweep.checked import FileName
from licsweep.model import Record, Utc

FileKind = Literal["usage", "ack", "policy", "trust-code", "authorization"]
Form = Literal["files", "archive"]
Step = Literal["collected", "packed", "uploaded", "acknowledged", "delivering", "refused", "delivered"]
ReportKey = tuple[str, str, str]
"""PID (empty where no file says it) and serial of the product instance, and the id of the report."""


class UsageReport(Record):
    """One RUM report of a usage file. `count` is the largest of its measurements; telemetry has no count."""

    report_id: str
    pid: str = ""
    sn: str
    telemetry: bool = False
    entitlement_tag: str | None = None
    start: Utc | None = None
    end: Utc | None = None
    count: int | None = None

    @property
    def key(self) -> ReportKey:
        return self.pid, self.sn, self.report_id


class KeptFile(Record):
    """A file whose bytes the project keeps under their `sha256`; `name` is what it was called where it came from.

    `hostname` is the host that it belongs to, None as long as nothing proves one; `parcel` is that of an
    acknowledgement. `origin` says how the bytes came here and what proves them.
    """

    sha256: str
    kind: FileKind
    name: str
    size: int
    kept_at: Utc
    origin: str
    hostname: str | None = None
    parcel: str | None = None
    reports: tuple[UsageReport, ...] = ()

    @property
    def counted(self) -> tuple[UsageReport, ...]:
        """The reports that the ledger follows: telemetry travels with them."""
        return tuple(report for report in self.reports if not report.telemetry)


class ParcelFile(Record):
    """A usage file in a parcel, under the name that it is uploaded with."""

    name: FileName
    sha256: str
    hostname: str


class Parcel(Record):
    """What is uploaded at once to one virtual account; `id` is its date and the beginning of its hash."""

    id: FileName
    smart_account: str | None
    virtual_account: str
    form: Form
    packed_at: Utc
    packed_by: str
    files: tuple[ParcelFile, ...]


class LedgerEntry(Record):
    """What happened to one usage report. `sha256` is that of the usage file, from `acknowledged` on of the ACK.

    `note` holds the device's own words where it refused, and what else a person should know.
    """

    step: Step
    pid: str
    sn: str
    report_id: str
    at: Utc
    sha256: str | None = None
    parcel: str | None = None
    by: str | None = None
    note: str | None = None

    @property
    def key(self) -> ReportKey:
        return self.pid, self.sn, self.report_id


class Ledger(Record):
    """All of it: files by their hash, parcels by their id, entries in the order in which they were recorded."""

    files: Mapping[str, KeptFile]
    parcels: Mapping[str, Parcel]
    entries: Sequence[LedgerEntry]
