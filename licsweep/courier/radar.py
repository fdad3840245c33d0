"""The reporting calendar: which visits collect a device's report and bring its acknowledgement back in time. Pure.

A device is in time if one visit collects its report and a later one imports the acknowledgement, at least the
turnaround after it and before the day of the deadline. Each visit delivers what is ready and collects anew.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache, partial

from licsweep.checked import Quantity
from licsweep.model import Record
from reconcile.grouping import sets_by


class Trip(Record):
    """A planned visit; without sites it goes to all of them."""

    date: date
    sites: tuple[str, ...] = ()

    def visits(self, site: str | None) -> bool:
        return not self.sites or site in self.sites


class Calendar(Record):
    """courier.yaml: the days from a visit to its acknowledgements, and the visits."""

    turnaround_days: Quantity
    trips: tuple[Trip, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.turnaround_days <= 3660:  # noqa: PLR2004 - ten years
            raise ValueError("turnaround_days: 0 to 3660 is expected")


class Reporter(Record):
    """A device: since when its report is under way (None: it is not), whether its acknowledgement is in hand, and how
    many bytes its last usage file had.
    """

    hostname: str
    site: str | None = None
    deadline: date | None = None
    service_affecting: bool = False
    collected: date | None = None
    acknowledged: bool = False
    size: int | None = None


class Outlook(Record):
    """How a device fares: when its report is collected (or was), and the first visit that can import its ACK.

    A device that is never `visited` is in time only if it reports without the courier.
    """

    hostname: str
    site: str | None
    deadline: date | None
    service_affecting: bool
    collected: date | None
    imported: date | None
    visited: bool
    in_time: bool


class ServerOutlook(Outlook):
    """An On-Prem server without a line: its synchronization is late at `deadline`, and critical from `critical` on.

    `collected` is the visit that takes its request to CSSM, `imported` the one that brings the response.
    """

    last_sync: date | None
    critical: date | None


class LatestDates(Record):
    """The last days on which a site can be visited so that no device is late, of reports that are under way already
    (`collect_by` None) and of the others apart; `hostname` decides them.
    """

    site: str | None
    collect_by: date | None
    import_by: date
    hostname: str


class TripLoad(Record):
    """What a visit carries, and who becomes late without it, service-affecting devices first."""

    date: date
    sites: tuple[str, ...]
    reports: int
    acknowledgements: int
    known_bytes: int
    late_without: tuple[str, ...]


def outlooks(devices: Iterable[Reporter], calendar: Calendar, today: date) -> list[Outlook]:
    """The outlook of each device by the visits from today on: late ones first, service-affecting before others."""
    found = []
    visits_of = cache(partial(_visits, calendar.trips, today))
    for device in devices:
        visits = visits_of(device.site)
        collected = device.collected or next(iter(visits), None)
        imported = next((day for day in visits if _ready(device, collected, calendar, today, day)), None)
        found.append(
            Outlook(
                hostname=device.hostname,
                site=device.site,
                deadline=device.deadline,
                service_affecting=device.service_affecting,
                collected=collected,
                imported=imported,
                visited=bool(visits),
                in_time=device.deadline is None or (imported is not None and imported < device.deadline),
            )
        )
    return sorted(
        found, key=lambda one: (one.in_time, not one.service_affecting, one.deadline or date.max, one.hostname)
    )


def _visits(trips: Iterable[Trip], today: date, site: str | None) -> list[date]:
    return sorted({trip.date for trip in trips if trip.date >= today and trip.visits(site)})


def _ready(device: Reporter, collected: date | None, calendar: Calendar, today: date, day: date) -> bool:
    """Whether a visit on a day brings the acknowledgement of what was collected."""
    if device.acknowledged:
        return day >= today
    return collected is not None and day > collected and day - collected >= timedelta(days=calendar.turnaround_days)


def latest_dates(devices: Iterable[Reporter], calendar: Calendar, today: date) -> list[LatestDates]:
    """The latest dates of each site, the most urgent first; left out are devices that no visit can keep in time."""
    wait = timedelta(days=max(1, calendar.turnaround_days))
    found: dict[tuple[str | None, bool], list[LatestDates]] = {}
    for device in sorted((one for one in devices if one.deadline), key=lambda one: (one.deadline, one.hostname)):
        last = (device.deadline or today) - timedelta(days=1)
        first = today if device.acknowledged else max(today, (device.collected or today) + wait)
        under_way = device.acknowledged or device.collected is not None
        rows = found.setdefault((device.site, under_way), [])
        if first <= last and not (rows and rows[-1].import_by >= first):
            collect_by = None if under_way else last - wait
            rows.append(LatestDates(site=device.site, collect_by=collect_by, import_by=last, hostname=device.hostname))
    latest = [one for rows in found.values() for one in rows]
    return sorted(latest, key=lambda one: (one.collect_by or one.import_by, one.site or "", one.hostname))


def loads(devices: Sequence[Reporter], calendar: Calendar, today: date) -> list[TripLoad]:
    """What each visit from today on carries and what missing it costs."""
    late = {one.hostname for one in outlooks(devices, calendar, today) if not one.in_time}
    acks = sets_by((day, device.hostname) for device in devices for day in _deliveries(device, calendar, today))
    found = []
    for trip in sorted((one for one in calendar.trips if one.date >= today), key=lambda one: (one.date, one.sites)):
        there = [device for device in devices if trip.visits(device.site)]
        names = {device.hostname for device in there}
        without = replace(calendar, trips=tuple(one for one in calendar.trips if one is not trip))
        missed = [one.hostname for one in outlooks(there, without, today) if not one.in_time]
        found.append(
            TripLoad(
                date=trip.date,
                sites=trip.sites,
                reports=len(there),
                acknowledgements=len(names & acks.get(trip.date, set())),
                known_bytes=sum(device.size or 0 for device in there),
                late_without=tuple(name for name in missed if name not in late),
            )
        )
    return found


def _deliveries(device: Reporter, calendar: Calendar, today: date) -> Iterator[date]:
    """The visits that bring a device an acknowledgement."""
    waiting = [today - timedelta(days=calendar.turnaround_days + 1)] if device.acknowledged else []
    waiting += [device.collected] if device.collected and not device.acknowledged else []
    for day in _visits(calendar.trips, today, device.site):
        ready = [one for one in waiting if day > one and day - one >= timedelta(days=calendar.turnaround_days)]
        if ready:
            yield day
        waiting = [one for one in waiting if one not in ready] + [day]
