"""`licsweep courier`."""

import getpass
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from licsweep import serialization
from licsweep.cli.common import (
    EXIT_COVERAGE,
    EXIT_FINDINGS,
    EXIT_INTERRUPTED,
    MOMENT,
    PATH,
    Run,
    agreed,
    selection_options,
    shared,
)
from licsweep.cli.render import Out, data_options, formats, plain, put
from licsweep.errors import NothingToCarry, UsageError
from licsweep.estate.selection import Selection
from licsweep.files import MIB

if TYPE_CHECKING:
    from licsweep.jobs.courier import CarriedFile
    from licsweep.visits.trip import Trip

page_options = formats("table", "json", "csv", "html")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "not known"


@click.group()
def command() -> None:
    """Carry usage reports (RUM) to CSSM and acknowledgements back, for sites that may not talk to the internet."""


_USAGE = re.compile(r"unreported|all|days:[0-9]{1,4}|rum-id:[0-9]{1,18}")


def _usage(text: str) -> str:
    """What is saved, as the device's line says it."""
    if not _USAGE.fullmatch(text):
        raise click.BadParameter("unreported, all, days:N or rum-id:N is expected")
    return text.replace(":", " ")


@command.command("check")
@click.option("--by", default=_user, help="Who looks (default: the user's name).")
@selection_options
@data_options
def check(run: Run, selection: Selection, by: str, out: Out) -> None:
    """Look before a trip whether the courier can work on each device: privilege, SCP, free space, verify, reports.

    Changes nothing. What a device lacks is shown with the line that a person enters there.
    """
    from licsweep.cli.sweep import progress
    from licsweep.jobs import courier_visits

    trip = courier_visits.prepare(run.project(), selection, by)
    with progress(run, "looking") as (chosen, moved):
        chosen(len(trip.plan.targets))
        rows = courier_visits.check(trip, moved)
    out.rows("courier-check", rows)
    ready = [row.ready for row in rows]
    run.say(
        f"{ready.count(True)} of {len(rows)} ready, {ready.count(False)} lack something, {ready.count(None)} not seen"
    )
    lost = any(row.ready is None and row.hostname not in trip.left_out for row in rows)
    _leave(trip, EXIT_FINDINGS if False in ready else EXIT_COVERAGE if lost else 0)


@command.command("collect")
@click.option(
    "--from",
    "paths",
    multiple=True,
    type=PATH,
    metavar="PATH",
    help="Not over SSH: a file, a folder or a zip archive of usage files that were carried by hand (repeatable).",
)
@click.option(
    "--usage", "what", default="unreported", type=_usage, metavar="WHAT", help="unreported, all, days:N or rum-id:N."
)
@click.option("--again", is_flag=True, help="Save collected reports again that are not acknowledged.")
@click.option("--remove", is_flag=True, help="Delete each file on its device when its bytes are kept here.")
@click.option("--by", default=_user, help="Who collects (default: the user's name).")
@click.option("--yes", is_flag=True, help="Don't ask.")
@selection_options
@data_options
def collect(
    run: Run, paths: tuple[Path, ...], by: str, yes: bool, selection: Selection, out: Out, **saved: Any
) -> None:
    """Save the usage reports of the selected devices over SSH, or take files carried by hand; byte for byte.

    Saving closes open reports on the device (license smart save usage), so that the lines are shown and asked about
    first. A file's UDI must be its host's; other files are kept as unmatched. What is something else is named for what
    it is. Collecting satisfies no deadline.
    """
    if paths and (saved["again"] or saved["remove"] or selection != Selection()):
        hint = "leave out --again, --remove and the selection of hosts"
        raise UsageError("--from takes each file that is named", why="it visits no device", hint=hint)
    if paths:
        from licsweep.jobs import courier

        _files(run, "courier-collect", courier.collect(run.project(may_begin=True), paths), out)
        return
    from licsweep.cli.sweep import progress
    from licsweep.jobs import courier_visits
    from licsweep.visits.collect import CollectOptions

    options = CollectOptions(**saved)
    trip = courier_visits.prepare(run.project(), selection, by)
    _agreed(run, courier_visits.collect_lines(trip, options), len(trip.plan.targets), yes=yes)
    with progress(run, "collecting") as (chosen, moved):
        chosen(len(trip.plan.targets))
        rows = courier_visits.collect(trip, options, moved)
    _files(run, "courier-collect", rows, out)
    lost = any(row.state == "not-used" and row.hostname not in trip.left_out for row in rows)
    _leave(trip, EXIT_COVERAGE if lost else 0)


def _agreed(run: Run, lines: Iterable[str], devices: int, *, yes: bool) -> None:
    """Shows what will be sent and asks; returns when somebody agreed."""
    for line in lines:
        run.say(plain(line))
    left = "nothing was sent"
    if not yes and not agreed(f"Send them to {devices} devices?", left, "these lines change the devices"):
        run.say(left)
        sys.exit(EXIT_INTERRUPTED)


def _leave(trip: "Trip", code: int) -> None:
    """Ends with the code, or with that of an interruption."""
    if trip.plan.gate.stop.is_set():
        sys.exit(EXIT_INTERRUPTED)
    if code:
        sys.exit(code)


@command.command("unpack")
@click.argument("paths", nargs=-1, required=True, type=PATH)
@click.option("--host", help="The host that a single file is for, where neither its name nor its content says one.")
@data_options
def unpack(run: Run, paths: tuple[Path, ...], host: str | None, out: Out) -> None:
    """Take what CSSM gave back: acknowledgements, policies, trust codes, authorization codes; files or archives.

    An acknowledgement belongs to the parcel and the device that its name and the serial number in it say. What can't be
    told for certain is kept as unmatched.
    """
    from licsweep.jobs import courier_back

    _files(run, "courier-unpack", courier_back.unpack(run.project(), paths, host), out)


def _files(run: Run, kind: str, rows: "Sequence[CarriedFile]", out: Out) -> None:
    out.rows(kind, rows)
    states = [row.state for row in rows]
    run.say(", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states)) or "no file was found")
    if not set(states) - {"not-used"}:
        why = "; ".join(plain(f"{row.file or row.hostname}: {row.why}") for row in rows[:3]) or "the folder is empty"
        raise NothingToCarry("no file was taken", why=why, hint=f"licsweep {kind.replace('-', ' ')} --help")


@command.command("pack")
@click.option(
    "--form",
    "parcel_form",
    type=click.Choice(["files", "archive"]),
    default="files",
    help="archive: unproven, see the cover.",
)
@click.option("--max-size", type=click.IntRange(1, 10_000), default=50, metavar="MIB", help="Largest parcel (50).")
@click.option("--again", multiple=True, metavar="PARCEL", help="Pack the reports of a lost parcel again (repeatable).")
@click.option("--by", default=_user, help="Who packs it (default: the user's name).")
@click.option("--to", type=PATH, metavar="DIR", help="A second folder for it, as a USB stick.")
@data_options
def pack(run: Run, parcel_form: str, max_size: int, again: tuple[str, ...], by: str, to: Path | None, out: Out) -> None:
    """Pack the collected reports that are in no parcel: one parcel for each smart and virtual account.

    Each parcel is a folder in courier/parcels with the files to upload, a cover sheet for who uploads them and a sheet
    for who releases data. Devices without a virtual account are packed nowhere and named.
    """
    from licsweep.jobs import courier

    made = courier.pack(run.project(), by=by, again=again, form=parcel_form, limit=max_size * MIB, to=to)  # type: ignore[arg-type]
    rows = [
        serialization.plain(parcel) | {"folder": folder, "files": len(parcel.files)}
        for parcel, folder in zip(made.parcels, made.folders, strict=False)
    ]
    out.rows("courier-pack", rows, whole=made)
    for name in made.made_again:
        run.say(f"{name} was packed before and its folder was not there: do not upload it twice")
    for one in made.left:
        run.say(plain(f"not packed: {one.hostname or one.file}: {one.why}"), failed=True)
    if not made.parcels:
        why = "every collected report is in a parcel" if not made.left else "of what is left no account is known"
        raise NothingToCarry("nothing to pack", why=why, hint="licsweep courier status; --again PARCEL for a lost one")


@command.command("uploaded")
@click.argument("parcel")
@click.option("--at", type=MOMENT, help="When it was uploaded: a timestamp (default: now).")
@click.option("--by", default=_user, help="Who uploaded it (default: the user's name).")
@click.option("--virtual-account", help="The virtual account that was chosen, if it is not the parcel's.")
@shared
def uploaded(run: Run, parcel: str, at: datetime | None, by: str, virtual_account: str | None) -> None:
    """Record that a parcel was uploaded to CSSM: what the cover sheet says when it comes back."""
    from licsweep.jobs import courier

    for line in courier.uploaded(run.project(), parcel, by=by, at=at, virtual_account=virtual_account):
        put(plain(line))


@command.command("status")
@click.option("--as-of", type=MOMENT, help="A date (its end) or a timestamp (default: now).")
@selection_options
@page_options
def status(run: Run, as_of: datetime | None, selection: Selection, out: Out) -> None:
    """Show how far each usage report came, parcels that are out, and whose deadline is next; overdue first.

    collected, packed, uploaded, acknowledged by CSSM, delivered to the device, confirmed by the device (`licsweep
    explain confirmed`).
    """
    from licsweep.jobs import courier_views

    view = courier_views.status(run.project(), as_of or datetime.now(UTC), selection)
    if out.form == "html":
        out.put(courier_views.status_page(view).decode())
    elif out.form == "table":
        parts = [
            ("courier-devices", "Deadlines", view.devices),
            ("courier-parcels", "Parcels out", view.parcels),
            ("courier-status", "Reports", view.status.reports),
        ]
        out.tables(parts, "no report was collected and no device has a deadline")
    else:
        out.rows("courier-status", view.status.reports, whole=view.status)
    if view.unmatched:
        names = ", ".join(plain(one["name"]) for one in view.unmatched[:5])
        run.say(f"files of no known device: {len(view.unmatched)} ({names})")


@command.command("radar")
@click.option("--as-of", type=MOMENT, help="A date (its end) or a timestamp (default: now).")
@click.option("--trips", type=PATH, metavar="FILE", help="The calendar (default: courier.yaml).")
@page_options
def radar(run: Run, as_of: datetime | None, trips: Path | None, out: Out) -> None:
    """Show which devices the planned visits keep in time, what each visit carries, and what missing one costs.

    The calendar is courier.yaml: turnaround_days, and trips with a date and sites (none: all sites).
    """
    from licsweep.jobs import courier_views

    project = run.project()
    made = courier_views.radar(project, as_of or datetime.now(UTC), trips)
    for site in courier_views.unknown_sites(project, made):
        run.say(plain(f"the calendar names the site {site}: no device of the inventory stands there"))
    if out.form == "html":
        out.put(courier_views.radar_page(made).decode())
    elif out.form == "table":
        parts = [
            ("courier-radar", f"Late devices ({len(made.late)} of {len(made.devices)})", made.late),
            ("courier-latest", "Latest dates", made.latest),
            ("courier-trips", "Visits", made.trips),
            ("courier-servers", "SSM On-Prem servers without a line", made.servers),
            ("courier-radar", "No visit planned: in time only if they report without the courier", made.uncovered),
        ]
        out.tables(parts, "no device has a deadline, and no visit is planned")
    else:
        out.rows("courier-radar", made.devices, whole=made)


@command.command("deliver")
@click.option(
    "--to",
    "folder",
    type=PATH,
    metavar="DIR",
    help="Not over SSH: write the files of each device into this folder, with a checklist to type at the console.",
)
@click.option("--again", is_flag=True, help="Also what was handed out or imported before.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent to which device; makes no connection.")
@click.option("--by", default=_user, help="Who delivers (default: the user's name).")
@click.option("--yes", is_flag=True, help="Don't ask.")
@selection_options
@data_options
def deliver(
    run: Run, folder: Path | None, again: bool, dry_run: bool, by: str, yes: bool, selection: Selection, out: Out
) -> None:
    """Import what CSSM gave back on the selected devices over SSH, or write it into a folder for their consoles.

    Over SSH each device is asked for its UDI first and, after the import, for what proves it: its last ACK and the
    state of its reports. Any answer but success is shown word for word, with its meaning; then the exit code is 1. A
    device that has a file already gets it never again.
    """
    if folder and dry_run:
        raise UsageError("--dry-run is of deliveries over SSH", why="--to writes files", hint="leave out one of them")
    if folder:
        from licsweep.jobs import courier_back

        out.rows("courier-deliver", courier_back.deliver_to(run.project(), folder, selection, again=again))
        run.say(f"print {folder / 'checklist.html'}")
        return
    from licsweep.cli.sweep import progress
    from licsweep.jobs import courier_visits

    trip = courier_visits.prepare(run.project(), selection, by)
    files = courier_visits.waiting(trip, again=again)
    if dry_run:
        out.rows("courier-deliver", courier_visits.planned(trip, files))
        for line in courier_visits.delivery_lines(files):
            run.say(plain(line))
        return
    devices = len({file.hostname for file in files})
    _agreed(run, courier_visits.delivery_lines(files), devices, yes=yes)
    with progress(run, "delivering") as (chosen, moved):
        chosen(devices)
        rows = courier_visits.deliver(trip, files, moved)
    out.rows("courier-deliver", rows)
    states = [row.state for row in rows]
    run.say(", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states)))
    _leave(trip, EXIT_FINDINGS if "refused" in states else EXIT_COVERAGE if "not-done" in states else 0)
