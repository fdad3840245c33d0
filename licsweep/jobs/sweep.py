"""Collecting from devices: the plan, the lock, the run; and the plan alone."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from licsweep.access.session import LAST_LINE, kinds
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
from licsweep.sweep.plan import SweepRequest, make_plan, remembered, with_store

__all__ = ["SweepRequest", "dry_run", "sweep"]


def sweep(
    project: Project,
    request: SweepRequest,
    *,
    credentials: Mapping[str, creds.Credentials] | None = None,
    progress: Callable[[Outcome], None],
    selected: Callable[[int], None],
) -> Collected:
    """Sweeps the selected hosts; `selected` hears how many before the first session, `progress` each outcome.

    `credentials` are those of each set, by its name; without them they are found as the project says. Raises
    LockedError, CredentialError, InventoryError, UsageError, StoreError.
    """
    plan = make_plan(project, request, credentials)
    with writing(project, "sweep") as store:
        if request.fresher_than_hours is not None:
            tell_of_future(store, datetime.now(UTC))
        plan = with_store(plan, request, store)
        selected(len(plan.targets))
        return run.sweep(plan, store, progress)


def dry_run(project: Project, request: SweepRequest) -> list[dict[str, Any]]:
    """What a sweep would send, to whom, with which credential, as rows; nobody is dialed and nobody is asked."""
    inventory = inv.load(project)
    targets = select(inventory, request.selection)
    if exists(project):
        with reading(project) as store:
            targets = remembered(store, targets)
    sets = {target.credentials or DEFAULT_SET for target in targets}
    logins = {name: creds.known_login(project.credential_sets[name]) for name in sets}
    planned = []
    for target in targets:
        credential_set = target.credentials or DEFAULT_SET
        username, source = logins[credential_set]
        platform = UNKNOWN if target.platform == inv.AUTO else platforms().get(target.platform)
        ready = platform is not None and platform.session in kinds()
        planned.append(
            {
                "hostname": target.name,
                "address": f"{target.address}:{target.port}",
                "username": target.username or username or "(asked for)",
                "credential": f"{credential_set}: {source}",
                "jump": " > ".join(hop.name for hop in inventory.hops(target)),
                "lines": "; ".join(_lines_sent(platform)) if platform and ready else "",
                "skipped": None if ready else f"platform {target.platform} can't be swept yet",
            }
        )
    return planned


def _lines_sent(platform: Platform) -> tuple[str, ...]:
    commands = platform.lines or (platform.identity_command, "and what its platform needs")
    return (*([platform.pager_off] if platform.pager_off else ()), *commands, LAST_LINE)
