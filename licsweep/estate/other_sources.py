"""What the sources beside Nornir's files have in common: their values by our keys, and why a host is left out.

Groups, defaults and hosts that a source lacks (jump hosts) come from the project's own files, as always. Names and
values are cleaned; of secrets nothing is taken, only that they stand there is told.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from licsweep.clean_text import clean, one_line
from licsweep.errors import InputError, InventoryError, did_you_mean
from licsweep.estate import ssh_config
from licsweep.estate.inventory import AUTO, Inventory, SourceHost, SourceHosts
from licsweep.estate.simple_inventory import SECRETS, assembled, platform_named
from licsweep.platforms import platforms
from licsweep.serialization import yaml_table
from licsweep.settings import FILE_NAME, Project, check, where

KEYS: Mapping[str, type] = {"map": dict, "platforms": dict, "ssh_config": str}
"""Of the table [inventory], for all of these sources."""
_OF_ENTRY = ("hostname", "port", "username", "platform")
_MAX_NAME = 253
_SECRET = re.compile(
    r"pass(?!ive)|kennwort|pwd|secret|token|private_?key|auth_?key|\bpsk\b|^enable$|community|credential_value|api_?key",
    re.IGNORECASE,
)
_LENGTH = re.compile(r"(?<=[0-9A-Fa-f:])/[0-9]{1,3}$")


class Raw(NamedTuple):
    """A host as its source gives it. `left_out` is the reason where the source decides that; `name` counts before that
    of the values."""

    at: str
    values: Mapping[str, Any]
    groups: Sequence[str] = ()
    name: str = ""
    left_out: str = ""


names_of_others = yaml_table(__file__, "source_fields.yaml", dict[str, Any])


def folded(heading: str) -> str:
    """A heading or a word as the tables compare it."""
    return re.sub(r"[\s_-]+", "_", heading.strip().lower())


def secrets_among(names: Iterable[str]) -> list[str]:
    """The names that stand for a secret, to be told and not taken."""
    return sorted({name for name in names if _SECRET.search(name)})


def gather(
    project: Project,
    given: Mapping[str, Any],
    raws: Iterable[Raw],
    fields: Mapping[str, str],
    *,
    needs_address: bool = False,
    notes: Iterable[str] = (),
) -> Inventory | None:
    """The inventory of a source's hosts. `fields` says where our keys stand in the values (a path with dots), before
    [inventory.map] of `given`. Raises InventoryError, InputError."""
    paths, table = _checked_tables(project, given, fields)
    jumps = ssh_config.Reader(project.path(given["ssh_config"])) if "ssh_config" in given else None
    hosts: dict[str, SourceHost] = {}
    left_out: dict[str, str] = {}
    for raw in raws:
        found = {
            ours: value for ours, path in paths.items() if path and (value := value_at(raw.values, path)) is not None
        }
        if isinstance(address := found.get("hostname"), str):
            found["hostname"] = _LENGTH.sub("", address)
        name = _cleaned(raw.name or found.pop("name", None) or ("" if "name" in paths else found.get("hostname", "")))
        if reason := raw.left_out or _unusable(name, found, paths, table, needs_address=needs_address):
            known = not name or name in hosts or name in left_out
            left_out[f"{name or 'no name'} ({raw.at})" if known else name] = reason
            continue
        if name in hosts:
            what, why = f"{raw.at}: {name}: stands at {hosts[name].at} too", "a host has one name and one entry"
            raise InventoryError(what, why=why, hint="rename one of them")
        hosts[name] = SourceHost(raw.at, _entry(found, table, raw.groups))
    if not hosts and not left_out:
        raise InventoryError(f"the source {given['source']} gives no host", why="it is empty", hint="licsweep hosts")
    if jumps:
        for name, host in list(hosts.items()):
            jumps.complete(name, host.entry)
        hosts = {name: SourceHost(str(jumps.file), entry) for name, entry in jumps.jump_hosts.items()} | hosts
        notes = (*notes, *jumps.notes())
    return assembled(project, given, SourceHosts(given["source"], hosts, left_out, tuple(notes)))


def value_at(values: Mapping[str, Any], path: str) -> Any:
    """What stands at a path; None where that is nothing. A key that holds a dot is tried first."""
    node: Any = values.get(path)
    if node is None:
        node = values
        for key in path.split("."):
            node = node.get(key) if isinstance(node, Mapping) else None
    return None if node in ("", [], {}) else node


def _unusable(
    name: str, found: dict[str, Any], paths: Mapping[str, str], table: Mapping[str, str], *, needs_address: bool
) -> str:
    """Why a host can't be taken; empty where it can."""
    status = found.pop("status", None)
    if not name:
        return "it has no name"
    if len(name) > _MAX_NAME or "\ufffd" in name:
        return "its name is too long or holds what can't be shown"
    if status is not None and folded(str(status)) not in names_of_others()["active"]:
        return f"status {_cleaned(status)}"
    for key, value in found.items():
        if isinstance(value, Mapping) or "{{" in str(value):
            sealed = "encrypted by Ansible Vault" if "__ansible_vault" in value else "a template or a structure"
            return f"{paths[key]} is {sealed}: not taken"
    platform = found.get("platform")
    if platform is not None and platform_named(table.get(str(platform).lower(), str(platform))) is None:
        return f"platform {_cleaned(platform)}: unknown; add it to [inventory.platforms] of licsweep.toml"
    return f"no address ({paths['hostname']})" if needs_address and "hostname" not in found else ""


def _entry(found: Mapping[str, Any], table: Mapping[str, str], groups: Sequence[str]) -> dict[str, Any]:
    """An entry of hosts.yaml. What is text by its source and a number or a truth value by ours becomes one."""
    data: dict[str, Any] = {}
    entry: dict[str, Any] = {"groups": [*map(_cleaned, groups)], "data": data}
    for key, value in found.items():
        if isinstance(value, str):
            value = _cleaned(value)
            if key == "https_port" and value.isdecimal():
                value = int(value)
            elif key in ("legacy_ssh", "jump_host"):
                value = value.lower() in ("true", "yes", "1")
            elif key == "jump":
                value = re.split(r"[\s,;]+", value)
        elif isinstance(value, list):
            value = [*map(_cleaned, value)]
        (entry if key in _OF_ENTRY else data)[key] = value
    if "platform" in entry:
        entry["platform"] = table.get(str(entry["platform"]).lower(), entry["platform"])
    return entry


def _cleaned(value: object) -> str:
    return clean(one_line(str(value))).strip()


def _checked_tables(
    project: Project, given: Mapping[str, Any], fields: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """The tables [inventory.map], over the source's own fields, and [inventory.platforms]."""
    tables = {name: given.get(name, {}) for name in ("map", "platforms")}
    for name, key, value in ((name, key, value) for name, table in tables.items() for key, value in table.items()):
        at = f"{where(project.folder / FILE_NAME, 'inventory', name, key)}: inventory.{name}.{key}"
        check(value, str, at)
        if name == "map" and (key in SECRETS or secrets_among([value])):
            raise InputError(f"{at}: a secret is never taken from an inventory", hint="docs/credentials.md")
        if name == "platforms" and platform_named(value) is None:
            raise InputError(f"{at}: no such platform: {value}", why=did_you_mean(value, (AUTO, *platforms())))
    return {**fields, **tables["map"]}, {theirs.lower(): ours for theirs, ours in tables["platforms"].items()}
