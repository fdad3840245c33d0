"""What became of each usage report, worked out from the ledger and from what the device last said. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import datetime
from functools import reduce

from licsweep.ledger_types import KeptFile, LedgerEntry, ReportKey, Step
from licsweep.model import Observation, Record
from reconcile.grouping import lists_by

ACKNOWLEDGED = ("ACK", "ACKNOWLEDGED")


class Progress(Record):
    """One usage report. `packed` and `uploaded` are by parcel: a lost one is packed again into another.

    `sha256` is the newest usage file that holds it, `ack` that of its acknowledgement. `delivering_at` is when it was
    first handed out or about to be imported, `refusal` what the device answered to the last import.
    """

    collected_at: datetime | None = None
    sha256: str | None = None
    parcel: str | None = None
    packed: Mapping[str, datetime] = field(default_factory=dict)
    uploaded: Mapping[str, datetime] = field(default_factory=dict)
    acknowledged_at: datetime | None = None
    ack: str | None = None
    delivering_at: datetime | None = None
    refusal: str | None = None
    delivered_at: datetime | None = None

    @property
    def packed_at(self) -> datetime | None:
        return self.packed.get(self.parcel or "")

    @property
    def uploaded_at(self) -> datetime | None:
        return self.uploaded.get(self.parcel or "")

    def confirmed_at(self, report_id: str, seen: Observation | None) -> datetime | None:
        """When the device itself says that this report is acknowledged.

        The state that it prints of the report decides; where it prints none, an ACK received since ours was first
        handed out or about to be imported (devices print whole seconds).
        """
        if seen is None:
            return None
        states = [(one.state or "").upper() for one in seen.rum_reports if one.report_id == report_id and one.state]
        if states:
            return seen.captured_at if states[-1] in ACKNOWLEDGED else None
        last, since = seen.last_ack_received, self.delivering_at
        return last if last and since and self.delivered_at and last >= since.replace(microsecond=0) else None


def entries_of(file: KeptFile, step: Step, at: datetime, **more: str | None) -> list[LedgerEntry]:
    """The entries for a step of a file: one for each report that it holds or acknowledges.

    A file about no report (a policy, a trust code) has one entry without a report id.
    """
    keys = [report.key for report in file.counted] or [("", "", "")]
    more.setdefault("parcel", file.parcel)
    return [
        LedgerEntry(step=step, pid=pid, sn=sn, report_id=number, at=at, sha256=file.sha256, **more)
        for pid, sn, number in keys
    ]


def progress(entries: Iterable[LedgerEntry], as_of: datetime | None = None) -> dict[ReportKey, Progress]:
    """What had become of each usage report by a moment (None: by everything that is recorded)."""
    told = (entry for entry in entries if entry.report_id and (as_of is None or entry.at <= as_of))
    by_report = lists_by((entry.key, entry) for entry in told)
    return {key: reduce(_after, sorted(found, key=lambda one: one.at), Progress()) for key, found in by_report.items()}


def _after(was: Progress, entry: LedgerEntry) -> Progress:
    at, parcel = entry.at, entry.parcel or ""
    match entry.step:
        case "collected":
            return replace(was, collected_at=was.collected_at or at, sha256=entry.sha256)
        case "packed":
            now = replace(was, packed={**was.packed, parcel: at})
            return now if was.acknowledged_at else replace(now, parcel=parcel)
        case "uploaded":
            return replace(was, uploaded={**was.uploaded, parcel: at})
        case "acknowledged" if was.acknowledged_at is None or was.refusal:  # another one in place of the refused
            return replace(was, acknowledged_at=was.acknowledged_at or at, ack=entry.sha256, parcel=entry.parcel)
        case "delivering":
            return replace(was, delivering_at=was.delivering_at or at)
        case "refused":
            return replace(was, refusal=entry.note)
        case "delivered":
            since = was.delivering_at or at
            return replace(was, delivering_at=since, refusal=None, delivered_at=was.delivered_at or at)
        case _:
            return was
