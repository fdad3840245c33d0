"""Whether everything is set up: a table of checks, each bounded in time. Nobody logs in, and no secret is sent."""

import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from importlib import metadata
from typing import Literal
from urllib.parse import urlsplit

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from licsweep import store
from licsweep.access.dialing import dial, within
from licsweep.access.hostkeys import KnownHosts
from licsweep.clean_text import shell_word
from licsweep.errors import AccessError, CredentialError, LicsweepError, did_you_mean, plain_reason
from licsweep.estate import credentials as creds
from licsweep.estate import inventory as inv
from licsweep.estate.selection import Selection, select
from licsweep.model import Record
from licsweep.platforms import platforms
from licsweep.settings import FILE_NAME, Project
from licsweep.version import VERSION

SECONDS, LONGEST_DIAL = 60.0, 5.0
MOST_DIALED, AT_ONCE, MOST_NAMED = 100, 25, 5
_OTHERS = {"w": 0o002, "rwx": 0o007}
State = Literal["ok", "warning", "error", "unchecked"]
Found = Iterator[tuple[State, str, str]]


class CheckedSetup(Record):
    """What a check found: after an `error` no sweep can succeed; `next` is what to type or do."""

    check: str
    state: State
    what: str
    next: str = ""


@dataclass(frozen=True)
class _Setup:
    """What the checks look at, read by the first one that needs it."""

    open_project: Callable[[], Project]
    selection: Selection

    @cached_property
    def project(self) -> Project:
        return self.open_project()

    @cached_property
    def inventory(self) -> inv.Inventory:
        return inv.load(self.project)

    @cached_property
    def targets(self) -> list[inv.Target]:
        return select(self.inventory, self.selection)

    @cached_property
    def jump_hosts(self) -> list[inv.Target]:
        return list({hop.name: hop for target in self.targets for hop in self.inventory.hops(target)}.values())


def examine(open_project: Callable[[], Project], selection: Selection) -> list[CheckedSetup]:
    """Every check of CHECKS; one that rests on a check with an error is `unchecked`."""
    setup, rows, failed = _Setup(open_project, selection), list[CheckedSetup](), set()
    for name, (check, ground) in CHECKS.items():
        unchecked: State = "unchecked"
        found = [(unchecked, f"rests on: {ground}", "")] if ground in failed else _bounded(check, setup)
        rows += [CheckedSetup(check=name, state=state, what=what, next=remedy) for state, what, remedy in found]
        failed |= {row.check for row in rows if row.state in ("error", "unchecked")}
    return rows


def _bounded(check: Callable[[_Setup], Found], setup: _Setup) -> list[tuple[State, str, str]]:
    """What a check finds within SECONDS: a keyring, an agent, a file system or a server may never answer."""
    found: list[tuple[State, str, str]] = []

    def run() -> None:
        for one in check(setup):
            found.append(one)

    try:
        within(SECONDS, run)
    except LicsweepError as error:
        found.append(("error", f"{error.code}: {plain_reason(error)}", error.hint))
    except OSError as error:  # of a folder that may not be looked into; TimeoutError is one
        found.append(("error", str(error) or f"no answer within {SECONDS:g} s", ""))
    return list(found)  # what a check that was too late still finds stays out


def versions() -> dict[str, str]:
    """The version of each installed package."""
    return {canonicalize_name(one.name): one.version for one in metadata.distributions()}


def _python(_: _Setup) -> Found:
    yield "ok", f"licsweep {VERSION}, Python {platform.python_version()}, {platform.platform()}", ""


def _packages(_: _Setup) -> Found:
    """What is installed, compared with what licsweep asks for; which optional parts are not there."""
    installed, missing = versions(), set()
    for one in map(Requirement, metadata.requires("licsweep") or ()):
        part, there = str(one.marker or "").partition('"')[2].rstrip('"'), installed.get(canonicalize_name(one.name))
        if part in ("all", "dev"):
            continue
        if there is None and part:
            missing.add(part)
        elif there is None or not one.specifier.contains(there, prereleases=True):
            remedy = f"pip install '{one.name}{one.specifier}'"
            yield "warning" if part else "error", f"{one.name} {there or 'is missing'}, needed: {one.specifier}", remedy
    without = f"; optional parts that are not installed: {', '.join(sorted(missing))}" if missing else ""
    yield "ok", f"{len(platforms())} platforms{without}", ""


def _settings(setup: _Setup) -> Found:
    """A variable that names no setting is a mistake in writing: nothing else would tell that it counts for nothing."""
    sets = setup.project.credential_sets.values()
    known = {f"{one.variables}{word}".upper() for one in sets for word in creds.words_of(one)}
    known |= {f"LICSWEEP_{name}".upper() for name in (*setup.project.sources, "project", "max_auth_failures")}
    for name in sorted(os.environ.keys() - known):
        if name.startswith("LICSWEEP_"):
            yield "warning", f"{name} is set and is read by nothing: {did_you_mean(name, known)}", f"unset {name}"
    given = sum(source != "default" for source in setup.project.sources.values())
    yield "ok", f"{setup.project.folder.absolute()}: {given} settings differ from their defaults", ""


def _permissions(setup: _Setup) -> Found:
    """Nobody else may change what a sweep trusts, nor read what it collects. Files of credentials: `_credentials`."""
    project = setup.project
    database = project.path(project.settings.database)  # a URL names no file
    keys = [one.key for one in project.credential_sets.values() if one.key]
    trusted = [
        project.folder,
        project.folder / FILE_NAME,
        project.path(project.settings.inventory),
        project.known_hosts,
    ]
    for paths, bits, told in ((trusted, "w", "change"), ([database, *keys], "rwx", "read")):
        for path in (one for one in paths if one.exists() and one.stat().st_mode & _OTHERS[bits]):
            yield "warning", f"{path}: everybody may {told} it", f"chmod o-{bits} {shell_word(path)}"
    if all(os.access(one, os.W_OK) for one in (project.folder, database) if one.exists()):
        yield "ok", "this user may write to the project", ""
    else:
        yield "warning", "this user may read the project only: reports work, a sweep does not", ""


def _database(setup: _Setup) -> Found:
    if not store.exists(setup.project):
        yield "ok", "none yet; the first sweep makes it", ""
        return
    with store.reading(setup.project) as opened:
        snapshots, hosts = opened.snapshots(), opened.hostnames()
    newest = f", the newest of {snapshots[-1].started_at:%Y-%m-%d %H:%M} UTC" if snapshots else ""
    yield "ok", f"tables {store.HEAD}; {len(snapshots)} snapshots{newest}; {len(hosts)} hosts", ""


def _clock(setup: _Setup) -> Found:
    """This clock against what the store holds: nothing was collected in the future. Devices' clocks are not read."""
    ahead, now = 0, datetime.now(UTC)
    if store.exists(setup.project):
        with store.reading(setup.project) as opened:
            ahead = opened.dated_after(now)
    wrong = f": {ahead} results are dated later; this clock is behind, or was ahead" if ahead else ""
    yield "warning" if ahead else "ok", f"{now:%Y-%m-%d %H:%M} UTC{wrong}", "timedatectl" if ahead else ""


def _inventory(setup: _Setup) -> Found:
    if left_out := setup.inventory.left_out:
        yield "warning", f"left out, and never counted: {_names(list(left_out))}", "licsweep hosts"
    yield "ok", f"{len(setup.targets)} hosts, {len(setup.jump_hosts)} jump hosts", ""


def _credentials(setup: _Setup) -> Found:
    """As a sweep finds them, but nobody is asked; whether a device accepts them is not tried."""
    for name, users in creds.users(setup.inventory, setup.targets).items():
        wanted = setup.project.credential_sets[name]
        creds.known_login(wanted)  # raises where a source can't be read
        asks = "prompt" in wanted.sources
        try:
            found = creds.find(replace(wanted, sources=tuple(one for one in wanted.sources if one != "prompt")), users)
        except CredentialError as error:
            told = f"{plain_reason(error)}{'; a sweep asks, where there is a terminal' * asks}"
            yield "warning" if asks else "error", told, error.hint
            continue
        if found.use_agent and not _agent_keys():
            yield "error", f"{name}: the SSH agent holds no key", "ssh-add"
        else:
            yield "ok", f"{name}: from {found.source}, for {len(users)} hosts", ""


def _agent_keys() -> int:
    import paramiko

    with closing(paramiko.Agent()) as agent:
        return len(agent.get_keys())


def _known_hosts(setup: _Setup) -> Found:
    known, hosts = KnownHosts(setup.project.known_hosts), (*setup.targets, *setup.jump_hosts)
    over_ssh = [one for one in hosts if "ssh" in one.ways()]
    if strange := [one.name for one in over_ssh if not known.of(one.address, one.port)]:
        state: State = "error" if len(strange) == len(hosts) else "warning"
        yield state, f"no key is known of {_names(strange)}", "licsweep known-hosts accept"
    else:
        yield "ok", f"a key is known of {len(over_ssh)} hosts", ""


def _jump_hosts(setup: _Setup) -> Found:
    """The first ones; those behind them need a login, and none is tried."""
    first = [next(setup.inventory.hops(target)) for target in setup.targets if target.jump]
    doors = {(hop.address, hop.port): hop.name for hop in first}
    return _dialed(setup.project, doors, alone=len(first) == len(setup.targets))


def _reachability(setup: _Setup) -> Found:
    """TCP to devices without a jump host, or to the proxy; of many a sample from all over the inventory."""
    doors, proxy = dict[tuple[str, int], str](), urlsplit(setup.project.settings.https_proxy)
    direct = [one for one in setup.targets if not one.jump]
    for target in direct:
        for way in target.ways():
            own = (target.address, target.port_of(way))
            doors[(proxy.hostname, proxy.port or 0) if way == "https" and proxy.hostname else own] = target.name
    tried = list(doors.items())[:: -(-len(doors) // MOST_DIALED) or 1]
    yield from _dialed(setup.project, dict(tried), alone=len(direct) == len(setup.targets))
    behind = len(setup.targets) - len(direct)
    if left := len(doors) - len(tried) + behind:
        why = f"{left} not tried: more than {MOST_DIALED} hosts, or behind a jump host ({behind})"
        yield "unchecked", why, "licsweep doctor --limit PATTERN"


def _dialed(project: Project, doors: Mapping[tuple[str, int], str], *, alone: bool) -> Found:
    """Which of these hosts take a TCP connection; that none does is an error, where there are no others (`alone`)."""
    from licsweep.access.failures import in_plain_words

    timeout = min(project.settings.connect_timeout, LONGEST_DIAL)

    def refusal(door: tuple[str, int]) -> str:
        try:
            with in_plain_words():
                dial(*door, timeout).close()
        except AccessError as error:
            return error.what
        return ""

    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        told = zip(doors.values(), pool.map(refusal, doors), strict=True)
    refused = [f"{name}: {why}" for name, why in told if why]
    if refused:
        state: State = "error" if alone and len(refused) == len(doors) else "warning"
        yield state, f"{len(refused)} of {len(doors)} take no TCP connection: {_names(refused)}", "licsweep hosts"
    elif doors:
        yield "ok", f"{len(doors)} take a TCP connection", ""


def _names(found: Sequence[str]) -> str:
    more = len(found) - MOST_NAMED
    return ", ".join(found[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


CHECKS: Mapping[str, tuple[Callable[[_Setup], Found], str]] = {
    "python": (_python, ""),
    "packages": (_packages, ""),
    "settings": (_settings, ""),
    "permissions": (_permissions, "settings"),
    "database": (_database, "settings"),
    "clock": (_clock, "database"),
    "inventory": (_inventory, "settings"),
    "credentials": (_credentials, "inventory"),
    "known-hosts": (_known_hosts, "inventory"),
    "jump-hosts": (_jump_hosts, "inventory"),
    "reachability": (_reachability, "inventory"),
}
"""Each check, and the check that it rests on; `licsweep explain NAME` says what it looks at (words.yaml)."""
