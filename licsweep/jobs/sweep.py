"""Collecting from devices: the plan, the lock, the run; and the plan alone."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from licsweep.access.session import kinds
from licsweep.access.ssh_session import LAST_LINE
from licsweep.estate import credentials as creds
from licsweep.estate import inventory as inv
from licsweep.estate.selection import select
from licsweep.jobs.store_queries import tell_of_future
from licsweep.model import Outcome
from licsweep.platforms import UNKNOWN, Platform, platforms
from licsweep.reading.collected import Collected
from licsweep.settings import DEFAULT_SET, Project
from licsweep.store import exists, reading, writing
from licsweep.sweep import run
from licsweep.sweep.plan import SweepPlan, SweepRequest, make_plan, narrowed

__all__ = ["SweepRequest", "dry_run", "make_plan", "sweep"]


def sweep(
    project: Project,
    request: SweepRequest,
    *,
    plan: SweepPlan | None = None,
    progress: Callable[[Outcome], None],
    selected: Callable[[int], None],
) -> Collected:
    """Sweeps the selected hosts; `selected` hears how many before the first session, `progress` each outcome.

    `plan` is what `make_plan` made of the request, for who wants the questions of a prompt before. Raises LockedError,
    CredentialError, InventoryError, UsageError, StoreError.
    """
    plan = plan or make_plan(project, request)
    with writing(project, "sweep") as store:
        if request.fresher_than_hours is not None:
            tell_of_future(store, datetime.now(UTC))
        targets, fresh = narrowed(plan.targets, request, store)
        plan = replace(plan, targets=targets, fresh=fresh)
        selected(len(plan.targets))
        return run.sweep(plan, store, progress)


def dry_run(project: Project, request: SweepRequest) -> list[dict[str, Any]]:
    """What a sweep would send, to whom, with which credential, as rows; nobody is dialed and nobody is asked."""
    inventory = inv.load(project)
    targets: Sequence[inv.Target] = select(inventory, request.selection)
    fresh: dict[str, str] = {}
    if exists(project):
        with reading(project) as store:
            targets, fresh = narrowed(targets, request, store)
    sets = {target.credentials or DEFAULT_SET for target in targets}
    logins = {name: creds.known_login(project.credential_sets[name]) for name in sets}
    planned = []
    for target in targets:
        credential_set = target.credentials or DEFAULT_SET
        username, source = logins[credential_set]
        platform = UNKNOWN if target.platform == inv.AUTO else platforms().get(target.platform)
        ready = platform is not None and platform.session in kinds() and target.name not in fresh
        unable = f"platform {target.platform} can't be swept yet"
        planned.append(
            {
                "hostname": target.name,
                "address": f"{target.address}:{target.port}",
                "username": target.username or username or "(asked for)",
                "credential": f"{credential_set}: {source}",
                "jump": " > ".join(hop.name for hop in inventory.hops(target)),
                "lines": "; ".join(_lines_sent(platform)) if platform and ready else "",
                "skipped": None if ready else fresh.get(target.name, unable),
            }
        )
    return planned


def _lines_sent(platform: Platform) -> tuple[str, ...]:
    commands = platform.lines or (platform.identity_command, "and what its platform needs")
    return (*([platform.pager_off] if platform.pager_off else ()), *commands, LAST_LINE)
