"""The calendar: every pair of visits tried, and what must hold whatever the visits are."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsweep.courier.radar import Calendar, Reporter, Trip, latest_dates, loads, outlooks
from licsweep.errors import InputError
from licsweep.serialization import load_yaml_file

TODAY = date(2026, 11, 26)
DAYS = st.integers(0, 60).map(lambda n: TODAY + timedelta(days=n))
SITES = st.sampled_from(["north", "south"])
TRIPS = st.builds(Trip, date=DAYS, sites=st.lists(SITES, max_size=2, unique=True).map(tuple))
CALENDARS = st.builds(Calendar, turnaround_days=st.integers(0, 20), trips=st.lists(TRIPS, max_size=6).map(tuple))
DEVICES = st.lists(
    st.builds(
        Reporter,
        hostname=st.text("ab", min_size=1, max_size=6),
        site=SITES,
        deadline=st.none() | DAYS,
        service_affecting=st.booleans(),
        collected=st.none() | st.integers(1, 30).map(lambda n: TODAY - timedelta(days=n)),
        acknowledged=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda one: one.hostname,
)


def in_time(device: Reporter, calendar: Calendar) -> bool:
    """By trying every pair of visits."""
    if device.deadline is None:
        return True
    visits = [trip.date for trip in calendar.trips if trip.visits(device.site)]
    imports = [day for day in visits if day < device.deadline]
    if device.acknowledged:
        return bool(imports)
    pairs = ((first, last) for first in ([device.collected] if device.collected else visits) for last in imports)
    return any(last > first and (last - first).days >= calendar.turnaround_days for first, last in pairs)


def late(devices: list[Reporter], calendar: Calendar) -> set[str]:
    return {one.hostname for one in outlooks(devices, calendar, TODAY) if not one.in_time}


@given(DEVICES, CALENDARS)
def test_every_pair_of_visits_is_tried(devices: list[Reporter], calendar: Calendar) -> None:
    assert late(devices, calendar) == {one.hostname for one in devices if not in_time(one, calendar)}


@given(DEVICES, CALENDARS, TRIPS)
def test_another_visit_makes_nobody_late(devices: list[Reporter], calendar: Calendar, trip: Trip) -> None:
    assert late(devices, replace(calendar, trips=(*calendar.trips, trip))) <= late(devices, calendar)


@given(DEVICES, CALENDARS)
def test_a_missed_visit_costs_what_the_calendar_without_it_says(devices: list[Reporter], calendar: Calendar) -> None:
    found = loads(devices, calendar, TODAY)
    assert [one.date for one in found] == sorted(trip.date for trip in calendar.trips)
    for one in found:
        rest = list(calendar.trips)
        rest.remove(Trip(date=one.date, sites=one.sites))
        without = late(devices, replace(calendar, trips=tuple(rest)))
        assert set(one.late_without) == without - late(devices, calendar)
        affected = {device.hostname: device.service_affecting for device in devices}
        order = [not affected[name] for name in one.late_without]
        assert order == sorted(order), "service-affecting first"


@given(DEVICES, st.integers(0, 20))
def test_the_latest_dates_keep_every_device_in_time(devices: list[Reporter], turnaround: int) -> None:
    calendar = Calendar(turnaround_days=turnaround)
    every_day = replace(calendar, trips=tuple(Trip(date=TODAY + timedelta(days=n)) for n in range(70)))
    lost = late(devices, every_day)
    found = latest_dates(devices, calendar, TODAY)
    for site, under_way in {(one.site, bool(one.acknowledged or one.collected)) for one in devices}:
        mine = [one for one in devices if (one.site, bool(one.acknowledged or one.collected)) == (site, under_way)]
        mine = [one for one in mine if one.deadline and one.hostname not in lost]
        rows = [one for one in found if one.site == site and (one.collect_by is None) == under_way]
        assert bool(rows) == bool(mine)
        dates = [(row.hostname, day) for row in rows for day in (row.collect_by, row.import_by) if day]

        def moved(at: int, dates: list[tuple[str, date]] = dates) -> Calendar:
            """The calendar of these dates, one of them a day later."""
            days = [day + timedelta(days=number == at) for number, (_, day) in enumerate(dates)]
            return replace(calendar, trips=tuple(Trip(date=day) for day in days))

        assert late(mine, moved(-1)) == set()
        for number, (hostname, _) in enumerate(dates):
            assert hostname in late(mine, moved(number)), "a day later is too late"


def test_a_hand_made_calendar() -> None:
    """acc is collected on day 5 and imported on day 20; core was collected 20 days ago; the ACK of far is in hand."""
    day = [TODAY + timedelta(days=n) for n in range(70)]
    calendar = Calendar(
        turnaround_days=14,
        trips=(Trip(date=day[5], sites=("north",)), Trip(date=day[18], sites=("north",)), Trip(date=day[20])),
    )
    devices = [
        Reporter(hostname="acc", site="north", deadline=day[21], size=100),
        Reporter(hostname="acc-due", site="north", deadline=day[20], service_affecting=True),
        Reporter(hostname="core", site="north", deadline=day[6], collected=day[0] - timedelta(days=20)),
        Reporter(hostname="far", site="south", deadline=day[30], acknowledged=True),
    ]
    outlook = {one.hostname: (one.collected, one.imported, one.in_time) for one in outlooks(devices, calendar, TODAY)}
    assert outlook == {
        "acc": (day[5], day[20], True),
        "acc-due": (day[5], day[20], False),
        "core": (day[0] - timedelta(days=20), day[5], True),
        "far": (day[20], day[20], True),
    }
    first, second, third = loads(devices, calendar, TODAY)
    assert (first.reports, first.acknowledgements, first.known_bytes) == (3, 1, 100)
    assert (second.reports, second.acknowledgements, second.late_without) == (3, 0, ())
    assert (third.reports, third.acknowledgements, third.late_without) == (4, 4, ("acc", "far"))
    assert first.late_without == ("core", "acc")
    found = [(one.site, one.collect_by, one.import_by, one.hostname) for one in latest_dates(devices, calendar, TODAY)]
    assert found == [
        ("north", day[5], day[19], "acc-due"),
        ("north", None, day[5], "core"),
        ("south", None, day[29], "far"),
    ]


@pytest.mark.parametrize(("days", "taken"), [("14", True), ("true", False), ("'14'", False), ("4000", False)])
def test_the_turnaround_is_a_number_of_days(tmp_path: Path, days: str, taken: bool) -> None:
    path = tmp_path / "courier.yaml"
    path.write_text(f"turnaround_days: {days}\ntrips: [{{date: 2026-12-01}}]\n")
    if taken:
        assert load_yaml_file(path, Calendar).turnaround_days == 14
    else:
        with pytest.raises(InputError, match=r"courier\.yaml:1"):
            load_yaml_file(path, Calendar)
