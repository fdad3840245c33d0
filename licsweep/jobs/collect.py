"""Collecting over SSH: the selection, the credentials, the lock, the sweep."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from licsweep.errors import InventoryError, UsageError
from licsweep.estate import credentials as creds
from licsweep.estate import inventory as inv
from licsweep.estate.inventory import Target
from licsweep.estate.selection import Selection, select
from licsweep.jobs.snapshots import Collected, writing
from licsweep.model import Outcome
from licsweep.settings import Project, listed
from licsweep.store.store import Store

if TYPE_CHECKING:
    from nornir.core.inventory import Inventory

    from licsweep.access.login import Login
    from licsweep.sweep.run import SweepPlan

FRESH = "fresh"


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
    credentials: creds.Credentials | None = None,
    progress: Callable[[Outcome], None],
    selected: Callable[[int], None],
) -> Collected:
    """Sweeps the selected hosts; `selected` hears how many before the first session, `progress` each outcome.

    Raises LockedError, CredentialError, InventoryError, UsageError, StoreError.
    """
    from licsweep.sweep import run

    inventory = inv.load(project.inventory)
    targets = select(inventory, wish.selection)
    credentials = credentials or find_credentials(project)
    with writing(project, "sweep") as store:
        if wish.failed_from is not None:
            targets = _failed(store, targets, wish.failed_from)
        targets = _remembered(store, targets)
        fresh = _fresh(store, targets, wish.fresher_than_hours)
        selected(len(targets))
        order = _order(project, inventory, targets, wish, credentials, fresh)
        swept = run.sweep(inventory, order, store, progress)
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
    from licsweep.access.session import CLASSES, LAST_LINE
    from licsweep.platforms import platforms

    inventory = inv.load(project.inventory)
    targets = select(inventory, wish.selection)
    if project.database.is_file():
        with Store(project.database) as store:
            targets = _remembered(store, targets)
    source, username = _credential_source(project)
    known = platforms()
    planned = []
    for target in targets:
        platform = known.get(target.platform)
        ready = target.platform in CLASSES and (platform is not None or target.platform == inv.AUTO)
        commands = platform.lines if platform else ("show version", "and what its platform needs")
        lines = (CLASSES[target.platform].pager_off, *commands, LAST_LINE) if ready else ()
        planned.append(
            {
                "hostname": target.name,
                "address": f"{target.address}:{target.port}",
                "username": target.username or username,
                "credential": source,
                "jump": " > ".join(hop.name for hop in hops(inventory, target)),
                "lines": "; ".join(lines),
                "skipped": None if ready else f"platform {target.platform} can't be swept yet",
            }
        )
    return planned


def find_credentials(project: Project) -> creds.Credentials:
    """The credential of this project's runs. Raises CredentialError."""
    settings = project.settings
    return creds.find(
        listed(settings.credentials),
        file=project.path(settings.credentials_file),
        key=project.path(settings.ssh_key),
    )


def hops(inventory: "Inventory", target: Target) -> list[Target]:
    """The jump hosts before a target. Raises InventoryError where one is not in the inventory."""
    found = []
    for name in target.jump:
        if name not in inventory.hosts:
            raise InventoryError(f"{target.name}: jump host {name} is not in the inventory", hint="licsweep hosts")
        found.append(inv.target(inventory.hosts[name]))
    return found


def _credential_source(project: Project) -> tuple[str, str]:
    import os

    settings = project.settings
    words, origin = creds.gather(
        listed(settings.credentials), file=project.path(settings.credentials_file), environment=os.environ
    )
    if settings.ssh_key:
        source = f"key {settings.ssh_key}"
    else:
        source = origin.get("password") or ("agent" if os.environ.get("SSH_AUTH_SOCK") else "prompt")
    return source, words.get("username", "(asked for)")


def _order(
    project: Project,
    inventory: "Inventory",
    targets: Sequence[Target],
    wish: SweepRequest,
    credentials: creds.Credentials,
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
        gate=Gate(deadline=settings.sweep_deadline or None, auth_failures=settings.max_auth_failures),
        retries=settings.retries,
        backoff=settings.retry_backoff,
        type_ahead=frozenset(listed(settings.type_ahead)),
    )
    return SweepPlan(
        targets=targets,
        selection=str(wish),
        login_of=lambda target: _login(target, credentials, hops(inventory, target)),
        means=means,
        fresh=fresh,
        workers=settings.workers,
        max_per_site=settings.max_per_site,
        max_per_aaa_group=settings.max_per_aaa_group,
        start_jitter=settings.start_jitter,
        slow_start=settings.slow_start,
        read=not wish.gather_only,
    )


def _login(target: Target, credentials: creds.Credentials, passed: Sequence[Target] = ()) -> "Login":
    """How to log in to a target: its own credential and those of the jump hosts that are passed."""
    from licsweep.access.login import Login

    return Login(
        address=target.address,
        port=target.port,
        platform=target.platform,
        username=target.username or credentials.username,
        password=credentials.password.reveal() if credentials.password else None,
        key=credentials.key,
        use_agent=credentials.use_agent,
        enable_secret=credentials.enable_secret.reveal() if credentials.enable_secret else None,
        legacy_ssh=target.legacy_ssh,
        jumps=tuple(_login(hop, credentials.for_jump_host()) for hop in passed),
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
    now, read = datetime.now(UTC), store.last_read()
    return {
        target.name: f"{FRESH} enough: read {read[target.name]:%Y-%m-%d %H:%M} UTC"
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
