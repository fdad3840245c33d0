"""What a sweep will do: settings, selected hosts, credentials and what the store remembers become one plan.

The `SweepPlan` is made once and passed whole; everything below it works from it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property

from licsweep import files
from licsweep.access.conversation import Conversation
from licsweep.access.hostkeys import KnownHosts
from licsweep.access.jump import JumpHosts, ask_on_terminal
from licsweep.access.login import Https, Limits, Login
from licsweep.errors import CredentialError, UsageError, did_you_mean
from licsweep.estate import credentials as creds
from licsweep.estate import inventory as inv
from licsweep.estate.inventory import Target
from licsweep.estate.selection import Selection, select
from licsweep.not_pickled import NotPickled
from licsweep.platforms import Platform, Transport, platforms
from licsweep.settings import Project, Settings, listed
from licsweep.store import Store
from licsweep.sweep.gate import Gate


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepRequest:
    """What a person asks of a sweep: which hosts, and which of them not (again); `cluster` is the scheduler's URL."""

    selection: Selection
    gather_only: bool = False
    cluster: str = ""
    failed_from: int | None = None
    fresher_than_hours: float | None = None

    def __str__(self) -> str:
        again = f", failed in {self.failed_from}" if self.failed_from is not None else ""
        return f"{self.selection}{again}"


@dataclass(frozen=True, kw_only=True)
class SweepPlan(NotPickled):
    """Everything that a sweep needs. `fresh` gives the reason for each host that is left out; `login_of` how to log in
    to a host and its jump hosts; `read` false stores the texts unread; `secrets` are removed from them. With `visit`
    that is done with each host, for the courier, in place of asking its commands. `left_out` is how many hosts the
    inventory leaves out; `aaa_groups` the collectors whose hosts, or jump hosts before them, are in each AAA group
    (casefolded, as names of accounts are compared)."""

    targets: Sequence[Target]
    settings: Settings
    login_of: Callable[[Target], Login]
    known_hosts: KnownHosts
    jump_hosts: JumpHosts
    gate: Gate
    platforms: Mapping[str, Platform] = field(default_factory=platforms)
    selection: str = "all hosts"
    fresh: Mapping[str, str] = field(default_factory=dict)
    read: bool = True
    visit: Callable[[Target, Conversation], None] | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)
    left_out: int = 0
    aaa_groups: Mapping[str, Collection[str]] = field(default_factory=dict)

    @cached_property
    def limits(self) -> Limits:
        """Seconds to connect, for a command, for a device."""
        return Limits(
            connect=self.settings.connect_timeout,
            command=self.settings.command_timeout,
            device=self.settings.device_deadline,
        )

    @cached_property
    def type_ahead(self) -> frozenset[str]:
        """The platforms whose commands are written all at once."""
        return frozenset(listed(self.settings.type_ahead))


def chosen(project: Project, request: SweepRequest) -> tuple[inv.Inventory, list[Target]]:
    """The inventory and the hosts selected of it. Raises InventoryError, UsageError, of `type_ahead` too."""
    for name in listed(project.settings.type_ahead):
        if name not in platforms():
            what = f"{project.sources['type_ahead']}: type_ahead: no such platform: {name}"
            raise UsageError(what, why=did_you_mean(name, platforms()))
    inventory = inv.load(project)
    return inventory, select(inventory, request.selection)


def make_plan(
    project: Project, request: SweepRequest, credentials: Mapping[str, creds.Credentials] | None = None
) -> SweepPlan:
    """The plan for the selected hosts; a prompt asks here, before anything is dialed.

    `credentials` are those of each set by its name; without them they are found as the project says. Raises
    CredentialError, InventoryError, UsageError, MissingExtra.
    """
    inventory, targets = chosen(project, request)
    if request.cluster:  # its workers have their own
        credentials = {}
    found = creds.find_all(project, inventory, targets) if credentials is None else credentials
    aaa_groups: dict[str, set[str]] = {}
    for target in targets:
        for one in (target, *inventory.hops(target)):
            aaa_groups.setdefault(one.aaa_group.casefold(), set()).add(target.collector)
    known_hosts, settings = KnownHosts(project.known_hosts), project.settings
    gate = Gate(deadline=settings.sweep_deadline or None)
    return SweepPlan(
        targets=targets,
        settings=settings,
        login_of=lambda target: login_to(project, target, found, inventory.hops(target)),
        known_hosts=known_hosts,
        jump_hosts=JumpHosts(known_hosts, settings.connect_timeout, gate.accounts, ask_on_terminal),
        gate=gate,
        selection=str(request),
        read=not request.gather_only,
        left_out=len(inventory.left_out),
        aaa_groups=aaa_groups,
        secrets=tuple(dict.fromkeys(word for one in found.values() for word in one.secrets())),
    )


def narrowed(targets: Sequence[Target], request: SweepRequest, store: Store) -> tuple[Sequence[Target], dict[str, str]]:
    """The targets with what the store knows: only those that failed, platforms found before; and why some are fresh.

    Raises UsageError where no host is left.
    """
    now, fresh = datetime.now(UTC), {}
    if request.failed_from is not None:
        targets = _failed(store, targets, request.failed_from)
    if request.fresher_than_hours is not None:
        longest = timedelta(hours=request.fresher_than_hours)
        read = {name: at for name, at in store.last_read(now).items() if now - at < longest}
        fresh = {name: f"fresh enough: read {at:%Y-%m-%d %H:%M} UTC" for name, at in read.items()}
    if any(target.platform == inv.AUTO for target in targets):
        known = store.platforms(now)
        auto = {one.name: known.get(one.name, inv.AUTO) for one in targets if one.platform == inv.AUTO}
        targets = [replace(one, platform=auto.get(one.name, one.platform)) for one in targets]
    return targets, fresh


def _failed(store: Store, targets: Sequence[Target], snapshot_id: int) -> list[Target]:
    states = store.host_states(as_of=datetime.now(UTC), snapshot_id=snapshot_id)
    again = (state for state in states if state.outcome not in ("ok", "unsupported"))
    failed = {state.hostname for state in again if state.skip != "fresh-enough"}
    left = [target for target in targets if target.name in failed]
    if not left:
        raise UsageError(f"no selected host failed in snapshot {snapshot_id}", why="there is nothing to repeat")
    return left


def login_to(
    project: Project,
    target: Target,
    credentials: Mapping[str, creds.Credentials],
    passed: Iterable[Target] | None = None,
) -> Login:
    """How to log in to a target, by its second way too where it has one, and to the jump hosts that are passed.

    Raises CredentialError, and what reading the file of `https_ca` raises.
    """
    jumps = tuple(login_to(project, hop, credentials) for hop in passed or ())
    logins = []
    for way, name in target.ways().items():
        as_hop = passed is None and not target.credentials
        own = credentials[name].for_jump_host() if as_hop else credentials[name]
        logins.append(_login(project, target, way, own, name, jumps))
    return replace(logins[0], second=logins[1] if logins[1:] else None)


def _login(
    project: Project, target: Target, way: Transport, own: creds.Credentials, name: str, jumps: tuple[Login, ...]
) -> Login:
    """The login of one way. Its account is the user name in its AAA group; on a platform whose boxes know their users
    themselves, on that box."""
    platform, lockout_after = platforms().get(target.platform), project.credential_sets[name].lockout_after
    if way == "https" and not (own.password or own.token):
        why = f"credential set {name} has neither; a key is for SSH only"
        raise CredentialError("no password and no token for HTTPS", why=why, hint="docs/credentials.md")
    if lockout_after is None:
        lockout_after = project.settings.lockout_after
    if platform and lockout_after:
        lockout_after = min(lockout_after, platform.lockout_after)
    username = target.username or own.username
    return Login(
        address=target.address,
        port=target.port_of(way),
        username=username,
        account=f"{username}@{target.name if platform and platform.local_accounts else target.aaa_group}",
        lockout_after=lockout_after,
        password=own.password.reveal() if own.password else None,
        key=own.key,
        use_agent=own.use_agent,
        enable_secret=own.enable_secret.reveal() if own.enable_secret else None,
        legacy_ssh=target.legacy_ssh,
        jumps=jumps,
        token=own.token.reveal() if own.token and not own.password else None,
        https=_https(project, target) if way == "https" else Https(),
    )


def _https(project: Project, target: Target) -> Https:
    authorities = files.read(project.path(target.https_ca), files.MIB).text if target.https_ca else None
    return Https(authorities=authorities, pin=target.https_pin, proxy=project.settings.https_proxy or None)
