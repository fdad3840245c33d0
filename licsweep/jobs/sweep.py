"""Collecting from devices: the plan, the lock, the run; and the plan alone."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from licsweep.access.allowlist import TOKEN_PATHS
from licsweep.access.session import kinds
from licsweep.access.ssh_session import LAST_LINE
from licsweep.errors import optional
from licsweep.estate import credentials as creds
from licsweep.estate import inventory as inv
from licsweep.jobs.store_queries import tell_of_future
from licsweep.line_patterns import is_request
from licsweep.model import Outcome
from licsweep.platforms import UNKNOWN, Platform, Transport, platforms
from licsweep.reading.collected import Collected
from licsweep.settings import Project
from licsweep.store import exists, reading, writing
from licsweep.sweep import run
from licsweep.sweep.plan import SweepPlan, SweepRequest, chosen, make_plan, narrowed

if TYPE_CHECKING:
    from licsweep.sweep.cluster import Cluster

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
    CredentialError, InventoryError, UsageError, StoreError; for a cluster ClusterUnreachable, WorkersUnfit,
    MissingExtra.
    """
    plan = plan or make_plan(project, request)
    with writing(project, "sweep") as store:
        if request.fresher_than_hours is not None:
            tell_of_future(store, datetime.now(UTC))
        targets, fresh = narrowed(plan.targets, request, store)
        plan = replace(plan, targets=targets, fresh=fresh)
        selected(len(plan.targets))
        with _cluster(project, plan, request.cluster) as cluster:
            return run.sweep(plan, store, progress, cluster)


def _cluster(project: Project, plan: SweepPlan, url: str) -> "AbstractContextManager[Cluster | None]":
    if not url:
        return nullcontext()
    with optional("a sweep on a cluster", "cluster"):
        from licsweep.sweep.cluster import connected
    return connected(project, plan, url)


def dry_run(project: Project, request: SweepRequest) -> list[dict[str, Any]]:
    """What a sweep would send, to whom, with which credential, as rows; nobody is dialed and nobody is asked."""
    targets: Sequence[inv.Target]
    inventory, targets = chosen(project, request)
    fresh: dict[str, str] = {}
    if exists(project):
        with reading(project) as store:
            targets, fresh = narrowed(targets, request, store)
    sets = {name for target in targets for name in target.ways().values()}
    logins = {name: creds.known_login(project.credential_sets[name]) for name in sets}
    planned = []
    for target, way, credential_set in ((one, *way) for one in targets for way in one.ways().items()):
        username, source = logins[credential_set]
        platform = UNKNOWN if target.platform == inv.AUTO else platforms().get(target.platform)
        ready = platform is not None and platform.session in kinds() and target.name not in fresh
        unable = f"platform {target.platform} can't be swept yet"
        planned.append(
            {
                "hostname": target.name,
                "address": f"{target.address}:{target.port_of(way)}",
                "username": target.username or username or "(asked for)",
                "credential": f"{credential_set}: {source}",
                "jump": " > ".join(hop.name for hop in inventory.hops(target)),
                "lines": "; ".join(_lines_sent(platform, way)) if platform and ready else "",
                "skipped": None if ready else fresh.get(target.name, unable),
            }
        )
    return planned


def _lines_sent(platform: Platform, way: Transport) -> tuple[str, ...]:
    if way == "https":
        posts = [f"POST {path}" for path in TOKEN_PATHS.get(platform.session, ())]
        return (*posts, *filter(is_request, platform.lines))
    commands = platform.lines or (platform.identity_command, "and what its platform needs")
    typed = [line for line in commands if not is_request(line)]
    return (*([platform.pager_off] if platform.pager_off else ()), *typed, LAST_LINE)
