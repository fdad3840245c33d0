"""Collecting over SSH: the selection, the credentials, the lock, the sweep."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from licsweep.errors import UsageError
from licsweep.estate import credentials as creds
from licsweep.estate import inventory as inv
from licsweep.estate.inventory import Target
from licsweep.estate.selection import Selection, select
from licsweep.jobs.snapshots import Collected
from licsweep.jobs.store_queries import tell_of_future
from licsweep.model import Outcome
from licsweep.settings import DEFAULT_SET, Project, listed
from licsweep.store import Store, exists, reading, writing

if TYPE_CHECKING:
    from licsweep.access.login import Login
    from licsweep.platforms import Platform
    from licsweep.sweep.run import SweepPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepRequest:
    """What a person asks of a sweep: which hosts, and which of them not (again)."""

    selection: Selection
    gather_only: bool = False
    failed_from: int | None = None
    fresher_than_hours: float | None = None

    def __str__(self) -> str:
        again = f", failed in {self.failed_from}" if self.failed_from is not None else ""
        return f"{self.selection}{again}"


def sweep(
    project: Project,
    wish: SweepRequest,
    *,
    credentials: Mapping[str, creds.Credentials] | None = None,
    progress: Callable[[Outcome], None],
    selected: Callable[[int], None],
) -> Collected:
    """Sweeps the selected hosts; `selected` hears how many before the first session, `progress` each outcome.

    `credentials` are those of each set, by its name; without them they are found as the project says.

    Raises LockedError, CredentialError, InventoryError, UsageError, StoreError.
    """
    from licsweep.sweep import run

    inventory = inv.load(project)
    targets = select(inventory, wish.selection)
    credentials = credentials or creds.find_all(project, inventory, targets)
    with writing(project, "sweep") as store:
        if wish.failed_from is not None:
            targets = _failed(store, targets, wish.failed_from)
        targets = _remembered(store, targets)
        fresh = _fresh(store, targets, wish.fresher_than_hours)
        selected(len(targets))
        order = _order(project, inventory, targets, wish, credentials, fresh)
        swept = run.sweep(order, store, progress)
    return Collected(
        snapshot_id=swept.snapshot_id,
        selected=len(targets),
        counts=swept.counts,
        fresh=len(fresh),
        interrupted=swept.interrupted,
        legacy_ssh=tuple(sorted(target.name for target in targets if target.legacy_ssh)),
    )


def plan(project: Project, wish: SweepRequest) -> list[dict[str, Any]]:
    """What a sweep would send, to whom, with which credential, as rows; nobody is dialled and nobody is asked."""
    from licsweep.access.session import LAST_LINE, kinds
    from licsweep.platforms import UNKNOWN, platforms

    inventory = inv.load(project)
    targets = select(inventory, wish.selection)
    if exists(project):
        with reading(project) as store:
            targets = _remembered(store, targets)
    credentials = _credential_sources(project, targets)
    known = platforms()
    planned = []
    for target in targets:
        source, username = credentials[target.credentials or DEFAULT_SET]
        platform = UNKNOWN if target.platform == inv.AUTO else known.get(target.platform)
        ready = platform is not None and platform.session in kinds()
        lines = _lines_sent(platform, LAST_LINE) if platform and ready else ()
        planned.append(
            {
                "hostname": target.name,
                "address": f"{target.address}:{target.port}",
                "username": target.username or username,
                "credential": source,
                "jump": " > ".join(hop.name for hop in inventory.hops(target)),
                "lines": "; ".join(lines),
                "skipped": None if ready else f"platform {target.platform} can't be swept yet",
            }
        )
    return planned


def _lines_sent(platform: "Platform", last: str) -> tuple[str, ...]:
    commands = platform.lines or (platform.identity_command, "and what its platform needs")
    return (*([platform.pager_off] if platform.pager_off else ()), *commands, last)


def _credential_sources(project: Project, targets: Iterable[Target]) -> dict[str, tuple[str, str]]:
    """Of each set that the targets use: where its credential comes from, and the user name."""
    found = {}
    for name in {target.credentials or DEFAULT_SET for target in targets}:
        wanted = project.credential_sets[name]
        words, origin = creds.gather(wanted, os.environ)
        found[name] = f"{name}: {creds.source_of(wanted, origin)}", words.get("username", "(asked for)")
    return found


def _lockout_after(project: Project, targets: Iterable[Target]) -> int:
    """The failed passwords that lock one of the accounts: the smallest number that a set or the setting gives."""
    sets = (project.credential_sets[target.credentials or DEFAULT_SET] for target in targets)
    return min({one.lockout_after or project.settings.lockout_after for one in sets}, default=0)


def _order(
    project: Project,
    inventory: inv.Inventory,
    targets: Sequence[Target],
    wish: SweepRequest,
    credentials: Mapping[str, creds.Credentials],
    fresh: Mapping[str, str],
) -> "SweepPlan":
    from licsweep.access.hostkeys import KnownHosts
    from licsweep.access.jump import JumpHosts
    from licsweep.access.login import Limits
    from licsweep.platforms import platforms
    from licsweep.sweep.gate import Gate
    from licsweep.sweep.host import SweepContext
    from licsweep.sweep.run import SweepPlan

    settings = project.settings
    known_hosts = KnownHosts(project.known_hosts)
    means = SweepContext(
        platforms=platforms(),
        known_hosts=known_hosts,
        limits=Limits(
            connect=settings.connect_timeout, command=settings.command_timeout, device=settings.device_deadline
        ),
        jump_hosts=JumpHosts(known_hosts, settings.connect_timeout),
        gate=Gate(deadline=settings.sweep_deadline or None, auth_failures=max(0, _lockout_after(project, targets) - 1)),
        retries=settings.retries,
        backoff=settings.retry_backoff,
        type_ahead=frozenset(listed(settings.type_ahead)),
    )
    return SweepPlan(
        targets=targets,
        selection=str(wish),
        login_of=lambda target: _login(target, credentials, inventory.hops(target)),
        means=means,
        fresh=fresh,
        workers=settings.workers,
        max_per_site=settings.max_per_site,
        max_per_aaa_group=settings.max_per_aaa_group,
        start_jitter=settings.start_jitter,
        slow_start=settings.slow_start,
        read=not wish.gather_only,
    )


def _login(
    target: Target, credentials: Mapping[str, creds.Credentials], passed: Iterable[Target] | None = None
) -> "Login":
    """How to log in to a target: the credential of its set and those of the jump hosts that are passed."""
    from licsweep.access.login import Login

    own = credentials[target.credentials or DEFAULT_SET]
    if passed is None and not target.credentials:  # a jump host
        own = own.for_jump_host()
    return Login(
        address=target.address,
        port=target.port,
        username=target.username or own.username,
        password=own.password.reveal() if own.password else None,
        key=own.key,
        use_agent=own.use_agent,
        enable_secret=own.enable_secret.reveal() if own.enable_secret else None,
        legacy_ssh=target.legacy_ssh,
        jumps=tuple(_login(hop, credentials) for hop in passed or ()),
    )


def _remembered(store: Store, targets: Sequence[Target]) -> list[Target]:
    """Hosts of platform `auto` as what the last sweep found them to be."""
    if not any(target.platform == inv.AUTO for target in targets):
        return list(targets)
    states = store.host_states(as_of=datetime.now(UTC))
    found = {state.hostname: state.observation.platform for state in states if state.observation}
    return [
        replace(target, platform=found.get(target.name) or inv.AUTO) if target.platform == inv.AUTO else target
        for target in targets
    ]


def _fresh(store: Store, targets: Sequence[Target], hours: float | None) -> dict[str, str]:
    """Hosts whose last good observation is young enough, with the reason to leave them out."""
    if hours is None:
        return {}
    now = datetime.now(UTC)
    tell_of_future(store, now)
    read = store.last_read(now)
    return {
        target.name: f"fresh enough: read {read[target.name]:%Y-%m-%d %H:%M} UTC"
        for target in targets
        if target.name in read and now - read[target.name] < timedelta(hours=hours)
    }


def _failed(store: Store, targets: list[Target], snapshot_id: int) -> list[Target]:
    states = store.host_states(as_of=datetime.now(UTC), snapshot_id=snapshot_id)
    failed = {
        state.hostname
        for state in states
        if state.outcome not in ("ok", "unsupported") and state.skip != "fresh-enough"
    }
    left = [target for target in targets if target.name in failed]
    if not left:
        raise UsageError(f"no selected host failed in snapshot {snapshot_id}", why="there is nothing to repeat")
    return left
