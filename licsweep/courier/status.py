"""How far each usage report came, which parcels are out, whose deadline is next. Pure."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from licsweep.courier.devices import Devices
from licsweep.courier.progress import Progress, progress
from licsweep.ledger_types import KeptFile, Ledger, ReportKey
from licsweep.model import Record, Utc
from licsweep.reports.view import values
from reconcile.instances.clock import days_in_words


class ReportStatus(Record):
    """One usage report; `hostname` is None as long as no host of the estate has its UDI."""

    report_id: str
    hostname: str | None
    parcel: str | None
    collected_at: Utc | None
    packed_at: Utc | None
    uploaded_at: Utc | None
    acknowledged_at: Utc | None
    delivered_at: Utc | None
    confirmed_at: Utc | None


class DeviceDeadline(Record):
    """When a device needs its next acknowledgement; negative days are overdue."""

    hostname: str
    deadline: Utc | None
    days_left: int | None


class CourierStatus(Record):
    """Devices and reports, overdue first."""

    as_of: Utc
    reports: tuple[ReportStatus, ...]
    devices: tuple[DeviceDeadline, ...]


class StatusView(Record):
    """What is shown: the status, and rows about its devices, the parcels that are out, the files of no known device."""

    status: CourierStatus
    devices: Sequence[Mapping[str, Any]]
    parcels: Sequence[Mapping[str, Any]]
    unmatched: Sequence[Mapping[str, Any]]
    turnaround_days: int


def status_view(
    devices: Devices, ledger: Ledger, *, as_of: datetime, turnaround_days: int, hosts: Collection[str] | None = None
) -> StatusView:
    """The status at `as_of`, of these `hosts` (None: all, and what belongs to none)."""
    known = progress(ledger.entries, as_of)
    reports = [_report(key, one, ledger, devices) for key, one in known.items()]
    reports = [one for one in reports if hosts is None or one.hostname in hosts]
    under_way = Counter(one.hostname for one in reports if one.confirmed_at is None)
    shown = (one for one in devices.by_name.values() if hosts is None or one.hostname in hosts)
    due = sorted(
        (one for one in shown if one.deadline or one.hostname in under_way),
        key=lambda one: (one.days_left is None, one.days_left or 0, not one.service_affecting, one.hostname),
    )
    order = {one.hostname: number for number, one in enumerate(due)}
    reports.sort(key=lambda one: (order.get(one.hostname or "", len(order)), one.hostname or "", one.report_id))
    rows = [values(one) | {"under_way": under_way[one.hostname]} for one in due]
    return StatusView(
        status=CourierStatus(
            as_of=as_of,
            reports=tuple(reports),
            devices=tuple(DeviceDeadline(hostname=d.hostname, deadline=d.deadline, days_left=d.days_left) for d in due),
        ),
        devices=[row | {"days": row["deadline"] and days_in_words(row["days_left"])} for row in rows],
        parcels=list(_parcels_out(ledger, known, as_of, turnaround_days)),
        unmatched=[
            values(file) | {"serials": sorted({report.sn for report in file.reports})}
            for file in ledger.files.values()
            if file.kept_at <= as_of and owner(file, devices) is None
        ],
        turnaround_days=turnaround_days,
    )


def owner(file: KeptFile, devices: Devices) -> str | None:
    """The host of a file: the one that was found when it came in, else the one that has its UDIs today."""
    return file.hostname or devices.owner((one.pid, one.sn) for one in file.reports)


def _report(key: ReportKey, one: Progress, ledger: Ledger, devices: Devices) -> ReportStatus:
    file = ledger.files.get(one.sha256 or "")
    hostname = owner(file, devices) if file else None
    names = ("parcel", "collected_at", "packed_at", "uploaded_at", "acknowledged_at", "delivered_at")
    return ReportStatus(
        report_id=key[-1],
        hostname=hostname,
        confirmed_at=one.confirmed_at(key[-1], devices.seen.get(hostname or "")),
        **{name: getattr(one, name) for name in names},
    )


def _parcels_out(
    ledger: Ledger, known: Mapping[ReportKey, Progress], as_of: datetime, turnaround_days: int
) -> Iterator[dict[str, Any]]:
    """The parcels with files that wait for an acknowledgement, the oldest first."""
    for parcel in ledger.parcels.values():
        of_files = [[known.get(r.key) for r in ledger.files[one.sha256].counted] for one in parcel.files]
        waiting = [
            reports
            for reports in of_files
            if any(one and one.parcel == parcel.id and one.acknowledged_at is None for one in reports)
        ]
        if waiting:
            days = (as_of - parcel.packed_at) // timedelta(days=1)
            sent = [
                one.uploaded[parcel.id] for reports in waiting for one in reports if one and parcel.id in one.uploaded
            ]
            state = "waiting for acknowledgements" if sent else "not uploaded"
            yield values(parcel) | {
                "uploaded_at": max(sent, default=None),
                "waiting": f"{len(waiting)} of {len(parcel.files)}",
                "days_out": days,
                "state": f"out too long, {state}" if days > turnaround_days else state,
            }
