"""Inventory source `files`: Nornir's SimpleInventory (hosts.yaml, groups.yaml, defaults.yaml) and hosts.d/*.yaml.

Hosts of another source come in as one more file of hosts: the same groups, defaults and checks count for them.

A value comes from the host, else from its groups (depth first, the first that has it), else from the defaults, as
in Nornir. `connection_options` are not used: what they would say is said by hostname, port, username, platform, data.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from functools import cache, lru_cache, partial
from graphlib import CycleError, TopologicalSorter
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from licsweep import files, serialization
from licsweep.clean_text import one_line, shell_word
from licsweep.errors import InputError, InventoryError, did_you_mean, plain_reason
from licsweep.estate.inventory import AUTO, SSH_PORT, Inventory, SourceHosts, Target, fingerprint, hop_names, options
from licsweep.platforms import platforms
from licsweep.settings import FILE_NAME, MAX_PORT, Project

Entry = dict[str, Any]
"""A host, a group or the defaults as the file gives them, without what is null."""
Wrong = Callable[..., InventoryError]
"""Makes the error of one entry: key, what, why, hint."""

_KEYS = {
    "hostname": (str, "text is expected; a number wants quotes, an address no brackets"),
    "port": (int, "a whole number is expected"),
    "username": (str, "text is expected; a number wants quotes"),
    "platform": (str, "text is expected"),
    "groups": (list, "a list is expected, as [berlin, ios_xe]"),
    "data": (dict, "names with values are expected, as {site: berlin}"),
    "connection_options": (dict, "names with values are expected"),
}
SECRETS = {"password", "secret", "enable_secret", "passphrase", "key_passphrase", "token", "client_secret"}


def read(project: Project) -> Inventory | None:
    """The inventory of the folder that the setting names; None where it holds no hosts. Raises InventoryError."""
    return assembled(project, options(project, {}), None)


def assembled(project: Project, given: Mapping[str, Any], source: SourceHosts | None) -> Inventory | None:
    """The hosts of the folder and of a source. What is wrong with a host of a file is an InventoryError; what is wrong
    with one of a source leaves it out, for others wrote it."""
    folder = project.path(given["folder"])
    found = [folder / "hosts.yaml", *sorted((folder / "hosts.d").glob("*.y*ml"))]
    hosts_files = {file: _entries(file) for file in found if files.present(file)}
    if not hosts_files and source is None:
        return None
    groups_file, defaults_file = folder / "groups.yaml", folder / "defaults.yaml"
    groups, defaults = (
        _entries(groups_file),
        _entry(partial(_wrong, defaults_file, ""), _load(defaults_file, dict[Any, Any])),
    )
    hosts: dict[str, Entry] = {}
    for file, entries in hosts_files.items():
        for name in entries.keys() & hosts.keys():
            other = next(file for file, entries in hosts_files.items() if name in entries)
            raise _wrong(file, name, "", f"stands in {other} too", "a host has one entry")
        hosts |= entries
    notes, left_out = [], {}
    for file, entries in (hosts_files | {groups_file: groups, defaults_file: {"": defaults}}).items():
        for name, entry in entries.items():
            wrong = partial(_wrong, file, name)
            _check(project, wrong, entry)
            _check_names(wrong, name, entry, hosts.keys() | (source.hosts.keys() if source else ()), groups)
        if count := sum("connection_options" in entry for entry in entries.values()):
            notes.append(f"{file}: connection_options of {count} entries are not used; docs/inventory.md says what is")
    _check_cycles(groups_file, groups)
    if source:
        notes += source.notes
        left_out = dict(source.left_out) | _add_source(project, source, hosts, groups)
    targets = {}
    for target in _resolved(hosts, groups, defaults):
        if reason := _unusable(target, source, hosts):
            left_out[target.name] = reason
        else:
            targets[target.name] = target
    return Inventory(targets=targets, left_out=left_out, notes=tuple(notes))


def _unusable(target: Target, source: SourceHosts | None, hosts: Collection[str]) -> str:
    """Why a host is left out; empty where it is not. What a host of a file lacks is an error elsewhere."""
    if target.platform not in ("", AUTO, *platforms()):
        return f"platform {target.platform}: there is no reader for it"
    if source is None or target.name not in source.hosts:
        return ""
    if not (target.platform or target.is_jump_host):
        return f"no platform in {source.name}, groups.yaml or defaults.yaml"
    return next((f"its jump host {hop} is left out" for hop in target.jump if hop not in hosts), "")


def _add_source(
    project: Project, source: SourceHosts, hosts: dict[str, Entry], groups: dict[str, Entry]
) -> dict[str, str]:
    """Adds the hosts of a source to those of the files; the reason for each that can't be used. Its groups need not be
    those of groups.yaml. A name that a file has too is an InventoryError; of a jump host the file's counts."""
    left_out = {}
    known = hosts.keys() | source.hosts.keys()
    for name, host in source.hosts.items():
        if name in hosts and host.entry.get("data", {}).get("jump_host") is True:
            continue
        if name in hosts:
            raise InventoryError(f"{host.at}: {name}: stands in hosts.yaml too", why="a host has one entry")

        def wrong(key: str, what: str, why: str, hint: str = "", at: str = host.at) -> InventoryError:
            return InventoryError(f"{at}: {key}: {what}", why=why, hint=hint)

        for group in host.entry.get("groups", ()):
            groups.setdefault(group, {})
        try:
            entry = _entry(wrong, host.entry)
            _check(project, wrong, entry)
            _check_names(wrong, name, entry, known, groups)
        except InventoryError as error:
            left_out[name] = plain_reason(error)
        else:
            hosts[name] = entry
    return left_out


def _entries(file: Path) -> dict[str, Entry]:
    entries = _load(file, dict[Any, dict[Any, Any] | None])
    named = {_name(file, name): entry for name, entry in entries.items()}
    return {name: _entry(partial(_wrong, file, name), entry or {}) for name, entry in named.items()}


def _load(file: Path, kind: Any) -> Any:
    if not files.present(file):
        return {}
    try:
        found_in = file.parent if file.parent.name == "hosts.d" else None
        return serialization.load_yaml_file(file, kind | None, found_in=found_in) or {}
    except InputError as error:
        raise InventoryError(error.what, why=error.why, hint="licsweep hosts") from error


def _name(file: Path, name: Any) -> str:
    if isinstance(name, str):
        return name
    import yaml

    words = re.findall(r"^([\w.:+-]+?)\s*:(?=\s|$)", files.read(file).text, re.MULTILINE)
    word = next((word for word in words if yaml.safe_load(word) == name), str(name))
    raise _wrong(file, word, "", "YAML does not read this name as text", "", f'write it in quotes: "{word}":')


def _entry(wrong: Wrong, raw: Entry) -> Entry:
    entry = {key: value for key, value in raw.items() if value is not None}
    for key, value in entry.items():
        if key == "password" or (key in ("data", "connection_options") and _holds_secret(value)):
            hint = "remove it and export LICSWEEP_PASSWORD in its place (docs/credentials.md)"
            raise wrong(key, "passwords are not allowed in inventory files", "others read them", hint)
        if key not in _KEYS:
            why = did_you_mean(str(key), _KEYS)
            raise wrong(key, "no such key", why, "values of your own stand under data:")
        if key == "port" and isinstance(value, str) and re.fullmatch("[0-9]{1,5}", value):
            entry[key] = value = int(value)
        kind, why = _KEYS[key]
        if type(value) is not kind:
            raise wrong(key, f"{value!r:.60}", why)
    return entry


def _holds_secret(node: Any) -> bool:
    if isinstance(node, list):
        return any(map(_holds_secret, node))
    if not isinstance(node, dict):
        return False
    return any((key in SECRETS and value is not None) or _holds_secret(value) for key, value in node.items())


def _check(project: Project, wrong: Wrong, entry: Entry) -> None:
    """What an entry says for itself; a platform's name becomes ours."""
    if not 1 <= entry.get("port", SSH_PORT) <= MAX_PORT:
        raise wrong("port", str(entry["port"]), f"1 to {MAX_PORT} is expected")
    if "hostname" in entry and (why := _not_an_address(entry["hostname"])):
        raise wrong("hostname", entry["hostname"], why)
    if "platform" in entry:
        ours = platform_named(entry["platform"])
        if ours is None:
            why = did_you_mean(entry["platform"], (AUTO, *platforms()))
            raise wrong("platform", f"no such platform: {entry['platform']}", why)
        entry["platform"] = ours
    data = entry.get("data", {})
    zone, port = data.get("timezone"), data.get("https_port")
    if zone is not None and not _is_zone(str(zone)):
        why, hint = did_you_mean(str(zone), available_timezones()), "a name as Europe/Berlin is expected"
        raise wrong("data.timezone", f"no such time zone: {zone}", why, hint)
    for key in ("credentials", "ssh_credentials", "https_credentials"):
        credentials = data.get(key)
        if credentials is not None and str(credentials) not in project.credential_sets:
            why = did_you_mean(str(credentials), project.credential_sets)
            hint = f"add [credentials.{one_line(str(credentials), 80)}] to {shell_word(project.folder / FILE_NAME)}"
            raise wrong(f"data.{key}", f"no such credential set: {credentials}", why, hint)
    if port is not None and (type(port) is not int or not 1 <= port <= MAX_PORT):
        raise wrong("data.https_port", f"{port!r:.60}", f"1 to {MAX_PORT} is expected")
    _check_certificate(project, wrong, data)


def _check_certificate(project: Project, wrong: Wrong, data: Entry) -> None:
    """The keys that say which certificate is right."""
    authority, pin = data.get("https_ca"), data.get("https_pin")
    if authority is not None and not (isinstance(authority, str) and files.present(project.path(authority))):
        raise wrong("data.https_ca", f"no such file: {authority}", "a PEM file in the project is expected")
    if pin is not None and fingerprint(pin) is None:
        why = "a SHA-256 fingerprint is expected: 64 hex digits, with or without colons, in quotes"
        raise wrong("data.https_pin", f"{pin!r:.80}", why)


def _check_names(wrong: Wrong, name: str, entry: Entry, hosts: Collection[str], groups: Collection[str]) -> None:
    """The groups and jump hosts that an entry names."""
    for group in entry.get("groups", ()):
        if not isinstance(group, str) or group not in groups:
            raise wrong("groups", f"no such group: {group}", did_you_mean(str(group), groups))
    for hop in hop_names(entry.get("data", {})):
        if hop not in hosts:
            raise wrong("data.jump", f"no such jump host: {hop}", did_you_mean(str(hop), hosts))
        if hop == name:
            why = "the first hop is reached directly"
            raise wrong("data.jump", f"{hop} is reached through itself", why)


def _check_cycles(file: Path, groups: dict[str, Entry]) -> None:
    try:
        TopologicalSorter({name: entry.get("groups", ()) for name, entry in groups.items()}).prepare()
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        why = f"{' > '.join(circle)}: each is a group of the one before"
        raise _wrong(file, circle[0], "groups", "groups that hold each other", why, "remove one of them") from error


def _resolved(hosts: dict[str, Entry], groups: dict[str, Entry], defaults: Entry) -> Iterator[Target]:
    @cache
    def inherited(names: tuple[str, ...]) -> tuple[tuple[str, ...], Entry]:
        """What the groups of a host and the defaults give, worked out once for each list of groups."""
        above: dict[str, None] = {}
        waiting = list(reversed(names))
        while waiting:
            name = waiting.pop()
            if name not in above:
                above[name] = None
                waiting += reversed(groups[name].get("groups", ()))
        common: Entry = {"data": {}}
        for level in (defaults, *(groups[name] for name in reversed(above))):
            common |= level | {"data": common["data"] | level.get("data", {})}
        return tuple(above), common

    for name, entry in hosts.items():
        above, common = inherited(tuple(entry.get("groups", ())))
        values = common | entry
        data = common["data"] | entry["data"] if entry.get("data") else common["data"]
        yield Target(
            name=name,
            address=values.get("hostname", name),
            port=values.get("port", SSH_PORT),
            platform="" if data.get("jump_host") is True else values.get("platform", ""),
            username=values.get("username"),
            groups=above,
            data=data,
        )


def platform_named(name: str) -> str | None:
    """Our name for a platform that another tool names; None where nothing is known by it."""
    if name == AUTO or name in platforms():
        return name
    return _platform_names().get(name.lower())


@lru_cache(maxsize=1)
def _platform_names() -> dict[str, str]:
    table = serialization.load_yaml_file(Path(__file__).with_name("platform_names.yaml"), dict[str, list[str]])
    unread = table.pop("no reader")
    return {name: name for name in unread} | {name: ours for ours in table for name in (ours, *table[ours])}


def _not_an_address(text: str) -> str:
    """Why a text is no host name or address; empty where it is one."""
    with suppress(ValueError):
        ip_address(text.partition("%")[0])
        return ""
    bare = re.fullmatch(r"\[?([0-9A-Fa-f:.]+)\]?(?:/\d+|:(\d+))?", text)
    if bare and re.search(r"[\[/]", text):
        port = f", and port: {bare[2]} on a line of its own" if bare[2] else ""
        return f"write {bare[1]}{port}"
    if with_port := re.fullmatch(r"([\w.-]+):(\d+)", text):
        return f"write {with_port[1]}, and port: {with_port[2]} on a line of its own"
    if re.fullmatch(r"[\w.-]{1,253}", text) and not re.fullmatch(r"[\d.]+", text):
        return ""
    return "a host name or an address is expected"


@lru_cache(maxsize=1024)
def _is_zone(name: str) -> bool:
    with suppress(ValueError, LookupError, OSError):
        return bool(ZoneInfo(name))
    return False


def _wrong(file: Path, name: str, key: str, what: str, why: str, hint: str = "licsweep hosts") -> InventoryError:
    """The error with the line of an entry's key (`data.jump`), or of the entry where the key has no line of its own."""
    place = [part for part in (name, *str(key).split(".")) if part]
    line = serialization.line_of(file, place)
    return InventoryError(f"{file}:{line}: {'.'.join(place)}: {what}", why=why, hint=hint)
