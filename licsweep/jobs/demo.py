"""The main job on a simulated estate: sweep, courier, import, reconcile, reports."""

import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

from licsweep import files
from licsweep.errors import UsageError
from licsweep.estate.credentials import Credentials, Secret
from licsweep.estate.selection import Selection
from licsweep.imports.entitlements import read_all
from licsweep.jobs import judge, sweep
from licsweep.jobs.courier_back import HandedOut
from licsweep.jobs.demo_courier import carry
from licsweep.jobs.entitlements import import_files
from licsweep.jobs.sweep import SweepRequest
from licsweep.model import LicenseUse, Outcome, Record
from licsweep.position_types import JudgementResult
from licsweep.reading.collected import Collected
from licsweep.reports import write
from licsweep.settings import DEFAULT_SET, FILE_NAME, Project, load
from licsweep.simulator.estate import SimulatedEstate
from licsweep.store import reading

# One device hangs on purpose; a real project waits longer than this.
SETTINGS = """# The demo's settings: short waits, because one device hangs on purpose.
connect_timeout = 5
command_timeout = 6
device_deadline = 12
start_jitter = 0.1
"""
FORMATS: dict[str, tuple[str | None, ...]] = {"usage": (None, "json"), "estate": ("html",), "contract": ("html",)}


class Demo(Record):
    """What the demo did; `surprises` are hosts that did not end as the estate was designed, `carried` what
    became of the acknowledgements that the courier brought."""

    collected: Collected
    result: JudgementResult
    files: tuple[Path, ...]
    surprises: tuple[str, ...]
    sweep_seconds: float
    cpu_seconds: float
    carried: tuple[HandedOut, ...] = ()


def run(folder: Path, devices: int, *, progress: Callable[[Outcome], None], selected: Callable[[int], None]) -> Demo:
    """Makes a full project in `folder` and does what a person would do.

    Raises MissingExtra without asyncssh, UsageError where something else than an earlier demo stands in the folder.
    """
    check_free(folder, hint="licsweep demo --keep NEW_FOLDER")
    with SimulatedEstate(devices) as estate:
        write_project(estate, folder)
        _write_agreements(folder)
        project = load(folder, environment={})
        credentials = {
            DEFAULT_SET: Credentials(username=estate.username, password=Secret(estate.password), source="demo")
        }
        started, cpu = time.monotonic(), sum(os.times()[:4])
        request = SweepRequest(selection=Selection())
        plan = sweep.make_plan(project, request, credentials)
        collected = sweep.sweep(project, request, plan=plan, progress=progress, selected=selected)
        sweep_seconds = time.monotonic() - started
        cpu_seconds = sum(os.times()[:4]) - cpu  # processes of the sweep included
        carried = tuple(carry(project, estate, credentials))
    import_files(project, read_all(sorted((folder / "entitlements").glob("*.csv"))))
    reports = folder / "reports"
    files.make_folder(reports)
    written: list[Path] = []
    for kind, forms in FORMATS.items():
        made = judge.report(project, kind)
        for form in forms:
            written += write(made, form, reports)
    return Demo(
        collected=collected,
        result=judge.reconcile(project),
        files=tuple(written),
        surprises=(*_surprises(estate, project), *_not_carried(carried)),
        sweep_seconds=sweep_seconds,
        cpu_seconds=cpu_seconds,
        carried=carried,
    )


def check_free(folder: Path, *, hint: str) -> None:
    """Raises UsageError where something else than an earlier simulated project stands in the folder."""
    settings = folder / FILE_NAME
    again = files.present(settings) and files.read(settings).text == SETTINGS
    if folder.is_dir() and any(folder.iterdir()) and not again:
        why = "a simulated project is written over what is there"
        raise UsageError(f"{folder}: the folder is not empty", why=why, hint=hint)


def _write_agreements(folder: Path) -> None:
    """What people write of the simulated smart account and its agreements; {60} is the day in 60 days."""
    today = datetime.now(UTC).date()
    for name in ("accounts.yaml", "contract.yaml", "tokens.yaml", "onprem.yaml"):
        text = resources.files("licsweep.demo_estate").joinpath("project", name).read_text("utf-8")
        files.write(folder / name, re.sub(r"\{(-?\d+)\}", lambda days: f"{today + timedelta(int(days[1]))}", text))


def write_project(estate: SimulatedEstate, folder: Path) -> None:
    """Writes a ready project for a simulated estate, with the settings that tell it from a real one."""
    files.make_folder(folder)
    estate.write_project(folder)
    files.write(folder / FILE_NAME, SETTINGS)


def _surprises(estate: SimulatedEstate, project: Project) -> tuple[str, ...]:
    """Hosts whose outcome or licenses differ from the design: the demo checks itself."""
    with reading(project) as store:
        states = {state.hostname: state for state in store.host_states(as_of=datetime.now(UTC))}
    found = []
    for device in estate.devices:
        state = states.get(device.name)
        outcome = state.outcome if state else "not in the store"
        if outcome != device.expected_outcome:
            found.append(f"{device.name}: {outcome}, designed {device.expected_outcome}")
        elif outcome == "ok":
            seen = state.observation.licenses if state and state.observation else ()
            got = _counted(seen)
            designed = _counted(device.expected_licenses)
            if got != designed:
                found.append(f"{device.name}: licenses {dict(got - designed)}, designed {dict(designed - got)}")
    return tuple(found)


def _not_carried(carried: Iterable[HandedOut]) -> tuple[str, ...]:
    return tuple(
        f"{one.hostname}: {one.file}: {one.state}: {one.answer}" for one in carried if one.state != "delivered"
    )


def _counted(rows: Iterable[LicenseUse]) -> Counter[tuple[object, ...]]:
    return Counter((row.name, row.entitlement_tag, row.count, row.status) for row in rows)
