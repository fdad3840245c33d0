"""How far the courier came, and its calendar."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from licsweep import files
from licsweep.courier.devices import Devices
from licsweep.courier.progress import progress
from licsweep.courier.radar import (
    Calendar,
    LatestDates,
    Outlook,
    Reporter,
    ServerOutlook,
    TripLoad,
    latest_dates,
    loads,
    outlooks,
)
from licsweep.courier.sheets import Mark, page
from licsweep.courier.status import StatusView, owner, status_view
from licsweep.errors import UsageError
from licsweep.estate import inventory as inv
from licsweep.estate.selection import Selection
from licsweep.jobs.courier import estate, selected
from licsweep.ledger_types import Ledger
from licsweep.model import Record, Utc
from licsweep.reports.view import Tone, values
from licsweep.serialization import load_yaml_file
from licsweep.settings import Project
from licsweep.store import reading
from reconcile.grouping import lists_by
from reconcile.tables.tables import Tables

CALENDAR = "courier.yaml"
DEFAULT_TURNAROUND = 14
MOST_LANES = 100


class Radar(Record):
    """The reporting calendar: every device late ones first, what each visit carries, the latest dates of each site."""

    as_of: Utc
    turnaround_days: int
    devices: tuple[Outlook, ...]
    trips: tuple[TripLoad, ...]
    latest: tuple[LatestDates, ...]
    servers: tuple[ServerOutlook, ...] = ()

    @property
    def late(self) -> list[Outlook]:
        """The devices that some visit reaches and none keeps in time."""
        return [one for one in self.devices if one.visited and not one.in_time]

    @property
    def uncovered(self) -> list[Outlook]:
        """The devices that no visit reaches, in time only if they report without the courier."""
        return [one for one in self.devices if not one.visited and not one.in_time]


def calendar(project: Project, trips: Path | None = None) -> Calendar | None:
    """courier.yaml of the project or the named file; None where the project has none. Raises InputError."""
    path = trips or project.folder / CALENDAR
    if trips is None and not files.present(path):
        return None
    found: Calendar = load_yaml_file(path, Calendar)
    return found


def status(project: Project, as_of: datetime, selection: Selection) -> StatusView:
    """How far each report came. Raises StoreError, UsageError."""
    plan = calendar(project)
    with reading(project) as store:
        ledger = store.courier_ledger()
    days = plan.turnaround_days if plan else DEFAULT_TURNAROUND
    devices, hosts = estate(project, as_of), selected(project, selection)
    return status_view(devices, ledger, as_of=as_of, turnaround_days=days, hosts=hosts)


def radar(project: Project, as_of: datetime, trips: Path | None = None) -> Radar:
    """The calendar over every device with a deadline or with reports under way. Raises UsageError, InputError."""
    plan = calendar(project, trips)
    if plan is None:
        hint = f"write {CALENDAR}: {{turnaround_days: 14, trips: [{{date: 2026-12-01, sites: [berlin]}}]}}"
        raise UsageError(f"{project.folder / CALENDAR}: no calendar", why="no visits are planned there", hint=hint)
    with reading(project) as store:
        ledger = store.courier_ledger()
    devices = list(_reporters(estate(project, as_of), ledger, as_of))
    today = as_of.date()
    return Radar(
        as_of=as_of,
        turnaround_days=plan.turnaround_days,
        devices=tuple(outlooks(devices, plan, today)),
        trips=tuple(loads(devices, plan, today)),
        latest=tuple(latest_dates(devices, plan, today)),
        servers=tuple(_servers(Tables.load(project.folder), plan, today)),
    )


def _servers(tables: Tables, plan: Calendar, today: date) -> Iterator[ServerOutlook]:
    """The On-Prem servers that are synchronized by files; one that never was is due today."""
    for server in tables.onprem.servers:
        if server.offline:
            last = server.last_sync.date() if server.last_sync else None
            due, critical = (
                last + timedelta(days=tables.limits[f"onprem_{name}_days"]) if last else today
                for name in ("stale", "critical")
            )
            (one,) = outlooks([Reporter(hostname=server.name, site=server.site, deadline=due)], plan, today)
            yield ServerOutlook(**values(one), last_sync=last, critical=critical)


def _reporters(devices: Devices, ledger: Ledger, as_of: datetime) -> Iterator[Reporter]:
    """Each device with what the ledger knows of it: a report that is confirmed is no longer under way."""
    known = progress(ledger.entries, as_of)
    then = (file for file in ledger.files.values() if file.kind == "usage" and file.kept_at <= as_of)
    usage = lists_by((owner(file, devices), file) for file in then)
    for device in devices.by_name.values():
        mine = usage.get(device.hostname, [])
        reports = [(report.report_id, known[report.key]) for file in mine for report in file.counted]
        open_reports = [
            one for number, one in reports if not one.confirmed_at(number, devices.seen.get(device.hostname))
        ]
        since = [one.collected_at.date() for one in open_reports if one.collected_at]
        if device.deadline or mine:
            yield Reporter(
                hostname=device.hostname,
                site=devices.sites.get(device.hostname),
                deadline=device.deadline.date() if device.deadline else None,
                service_affecting=device.service_affecting,
                collected=min(since, default=None),
                acknowledged=any(one.acknowledged_at for one in open_reports),
                size=max(mine, key=lambda one: one.kept_at).size if mine else None,
            )


def status_page(view: StatusView) -> bytes:
    """The status as one HTML file."""
    figures = {"as_of": f"{view.status.as_of:%Y-%m-%d %H:%M}", "turnaround": view.turnaround_days}
    facts = {"Devices with a deadline or reports": len(view.devices), "Reports": len(view.status.reports)}
    rows = {"devices": view.devices, "parcels": view.parcels, "reports": view.status.reports}
    return page("status", figures, facts, rows | {"unmatched": view.unmatched})


def unknown_sites(project: Project, made: Radar) -> list[str]:
    """The sites of the calendar where no device of the inventory stands."""
    inventory = inv.find(project)
    known = {target.site for target in inventory.targets.values()} if inventory else set()
    return sorted({site for trip in made.trips for site in trip.sites} - known)


def radar_page(made: Radar) -> bytes:
    """The calendar as one HTML file with a timeline."""
    begin, shown = made.as_of.date(), made.devices[:MOST_LANES]
    end = max([begin, *(trip.date for trip in made.trips), *(one.deadline for one in shown if one.deadline)])

    def mark(day: date | None, tone: Tone, what: str) -> list[Mark]:
        if day is None:
            return []
        at = round(990 * max(0, (day - begin).days) / max(1, (end - begin).days))
        return [(at, tone, f"{day}: {what}")]

    def lane(one: Outlook) -> list[Mark]:
        visits = [trip.date for trip in made.trips if not trip.sites or one.site in trip.sites]
        marks = [stroke for day in visits for stroke in mark(day, "quiet", "visit")]
        marks += mark(one.collected, "info", "collected")
        marks += mark(one.imported if one.in_time else None, "good", "acknowledgement imported")
        return marks + mark(one.deadline, "warn" if one.in_time else "bad", "deadline")

    rows = {"late": made.late, "latest": made.latest, "trips": made.trips}
    rows |= {"other": made.uncovered, "servers": made.servers}
    figures = {"turnaround": made.turnaround_days, "as_of": begin, "begin": begin, "end": end}
    facts = {"Devices": len(made.devices), "Late": len(made.late), "Visits": len(made.trips)}
    return page("radar", figures, facts, rows, {one.hostname: lane(one) for one in shown})
