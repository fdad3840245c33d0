"""The courier on devices over SSH: who is visited, and what a visit of each kind brings.

Collecting and delivering hold the courier's lock: two of them at once could import a file twice.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from licsweep.access.allowlist import COURIER_PLATFORMS
from licsweep.courier.devices import Devices
from licsweep.estate.credentials import Credentials
from licsweep.estate.inventory import AUTO, Target
from licsweep.estate.selection import Selection
from licsweep.jobs import courier_back
from licsweep.jobs.courier import CarriedFile, CarriedState, estate, open_ledger
from licsweep.jobs.courier_back import FileState, HandedOut
from licsweep.ledger_types import KeptFile
from licsweep.model import Outcome
from licsweep.settings import Project
from licsweep.store import exists, reading
from licsweep.sweep.plan import SweepRequest, make_plan, narrowed
from licsweep.visits.check import Check
from licsweep.visits.checked_device import CheckedDevice
from licsweep.visits.collect import Collect, CollectOptions
from licsweep.visits.collect import lines as collecting
from licsweep.visits.deliver import Deliver
from licsweep.visits.deliver import lines as delivering
from licsweep.visits.run import visit
from licsweep.visits.trip import Trip
from reconcile.grouping import lists_by

Progress = Callable[[Outcome], None]
BY_HAND = "save its file at the console and bring it with courier collect --from"
UNPROVEN = ("cisco_nxos", "cisco_xr")
BEFORE_USAGE_REPORTS = ("classic", "rtu", "pak")
MANAGED = "it is managed by a controller, which reports for it and has an offline mode of its own"


def prepare(
    project: Project, selection: Selection, by: str, credentials: Mapping[str, Credentials] | None = None
) -> Trip:
    """Who is visited, as whom; a prompt asks here. Raises what the plan of a sweep raises."""
    request = SweepRequest(selection=selection)
    plan, devices = make_plan(project, request, credentials), estate(project)
    targets = plan.targets
    if exists(project):
        with reading(project) as store:
            targets, _ = narrowed(targets, request, store)
    left_out = {target.name: why for target in targets if (why := _objection(target, devices))}
    visited = [target for target in targets if target.name not in left_out]
    return Trip(project=project, plan=replace(plan, targets=visited), devices=devices, left_out=left_out, by=by)


def _objection(target: Target, devices: Devices) -> str | None:
    """Why the courier does not visit a host."""
    seen = devices.seen.get(target.name)
    if target.platform == AUTO:
        return "its platform is not known yet: licsweep sweep"
    if target.platform not in (*COURIER_PLATFORMS, *UNPROVEN):
        return f"{target.platform} makes no usage reports"
    if seen and seen.licensing_model in BEFORE_USAGE_REPORTS:
        return f"its last sweep says licensing model {seen.licensing_model}, which makes no usage reports"
    if target.platform in UNPROVEN:
        return f"what {target.platform} wants to be typed for this is not proven: {BY_HAND}"
    if seen and seen.operating_mode == "controller-managed":
        return MANAGED
    return None


def collect_lines(trip: Trip, options: CollectOptions) -> list[str]:
    """What collecting would send to which devices, for a person to agree."""
    names = ", ".join(target.name for target in trip.plan.targets)
    left = lists_by((why, name) for name, why in sorted(trip.left_out.items()))
    return [
        *(f"left out: {why}: {', '.join(of)}" for why, of in left.items()),
        *collecting(options),
        f"and each file is fetched by SCP, on: {names}",
    ]


def delivery_lines(files: Iterable[KeptFile]) -> list[str]:
    """What delivering these files would send to which device, for a person to agree."""
    return [f"{file.hostname}: {line}" for file in files for line in delivering(file)]


def planned(trip: Trip, files: Iterable[KeptFile]) -> list[HandedOut]:
    """The files as a dry run shows them."""
    return [HandedOut.of(file, file.name, trip.devices, "planned") for file in files]


def check(trip: Trip, progress: Progress) -> list[CheckedDevice]:
    """Looks at each device, by name; also those that are left out."""
    work = Check(trip)
    outcomes = visit(trip.plan, work.work, progress)
    rows = work.rows | {
        name: CheckedDevice(hostname=name, why=f"left out: {why}") for name, why in trip.left_out.items()
    }
    for name, outcome in outcomes.items():
        rows.setdefault(name, CheckedDevice(hostname=name, why=_why(outcome)))
    return [rows[name] for name in sorted(rows)]


def _why(outcome: Outcome) -> str:
    return f"{outcome.status}: {outcome.reason}" if outcome.reason else outcome.status


def collect(trip: Trip, options: CollectOptions, progress: Progress) -> list[CarriedFile]:
    """Collects from each device: a row a file, and one for each device that gave none, with the reason."""
    with open_ledger(trip.project, "courier collect") as (store, ledger):
        work = Collect(trip, store, ledger, options)
        outcomes = visit(trip.plan, work.work, progress)
    left = (_nothing(name, "not-used", f"left out: {why}") for name, why in sorted(trip.left_out.items()))
    return [*_collected(work, outcomes), *left]


def _collected(work: Collect, outcomes: Mapping[str, Outcome]) -> Iterator[CarriedFile]:
    for name, outcome in sorted(outcomes.items()):
        taken, notes = work.taken.get(name, []), "; ".join(work.notes.get(name, []))
        yield from (CarriedFile.of(file, file.name, "new", notes or None) for file in taken)
        if outcome.status != "ok":
            yield _nothing(name, "not-used", _why(outcome))
        elif not taken:
            yield _nothing(name, "nothing-to-report", notes or None)


def _nothing(name: str, state: CarriedState, why: str | None) -> CarriedFile:
    return CarriedFile(file="", state=state, hostname=name, why=why)


def waiting(trip: Trip, *, again: bool = False) -> list[KeptFile]:
    """The files that the visited devices are still to import. Raises NothingToCarry."""
    with reading(trip.project) as store:
        ledger = store.courier_ledger()
    return courier_back.waiting(ledger, trip.devices, {target.name for target in trip.plan.targets}, again=again)


def deliver(trip: Trip, files: Iterable[KeptFile], progress: Progress) -> list[HandedOut]:
    """Delivers these files; what became of each, with the device's own words."""
    files = list(files)
    hosts = {file.hostname for file in files}
    plan = replace(trip.plan, targets=[target for target in trip.plan.targets if target.name in hosts])
    with open_ledger(trip.project, "courier deliver") as (store, ledger):
        work = Deliver(trip, store, ledger, files)
        outcomes = visit(plan, work.work, progress)
    rows = []
    for file in files:
        if done := work.done.get(file.sha256):
            rows.append(HandedOut.of(file, file.name, trip.devices, done.state, answer=done.answer, means=done.means))
        else:
            outcome = outcomes[file.hostname or ""]
            state: FileState = "refused" if outcome.status == "refused" else "not-done"
            rows.append(HandedOut.of(file, file.name, trip.devices, state, answer=_why(outcome)))
    return rows
