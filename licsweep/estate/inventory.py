"""The inventory: the hosts to talk to, whatever source names them.

`SOURCES` are the modules that a source's name stands for; each has `read(project)`, which gives an Inventory or None.
"""

import importlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Any, NamedTuple

from licsweep.errors import InputError, InventoryError, UsageError, did_you_mean
from licsweep.model import Record
from licsweep.platforms import Transport, platforms
from licsweep.settings import DEFAULT_SET, FILE_NAME, Project, checked_table, expanded, where

SSH_PORT, HTTPS_PORT = 22, 443
AUTO = "auto"
"""A platform that the first sweep finds out and the store remembers."""
SOURCES = {
    "files": "licsweep.estate.simple_inventory",
    "csv": "licsweep.estate.csv_source",
    "ansible": "licsweep.estate.ansible_source",
    "netbox": "licsweep.estate.netbox_source",
    "ssh_config": "licsweep.estate.ssh_config",
}
_MAIN_KEY = {"files": "folder", "netbox": "url"}


class Target(Record):
    """One host to talk to. `data` is merged over host, groups and defaults (site, timezone, virtual_account, ...).

    `port` is SSH's.
    """

    name: str
    address: str
    port: int
    platform: str
    username: str | None
    groups: tuple[str, ...]
    data: Mapping[str, Any]

    @property
    def site(self) -> str | None:
        """The site, for caps and order."""
        return self._text("site")

    @property
    def aaa_group(self) -> str:
        """Hosts that ask the same AAA server; `default` where the inventory does not say."""
        return self._text("aaa_group") or "default"

    @property
    def collector(self) -> str:
        """Whose workers reach it, in a sweep of several machines; `default` where the inventory does not say."""
        return self._text("collector") or "default"

    @property
    def timezone(self) -> str | None:
        """Decides an ambiguous zone that the device prints."""
        return self._text("timezone")

    @property
    def credentials(self) -> str | None:
        """The name of its credential set, where the inventory says one."""
        return self._text("credentials")

    def ways(self) -> Mapping[Transport, str]:
        """How it is asked, with the credential set of each way: the platform's own way first, the other one only where
        the inventory names a set for it (`ssh_credentials`, `https_credentials`)."""
        platform = platforms().get(self.platform)
        own: Transport = platform.transport if platform else "ssh"
        other: Transport = "ssh" if own == "https" else "https"
        named = {way: self._text(f"{way}_credentials") for way in (own, other)}
        first, second = named[own] or self.credentials or DEFAULT_SET, named[other]
        return {own: first} | ({other: second} if second else {})

    def port_of(self, way: Transport) -> int:
        """The port of one way."""
        return self.port if way == "ssh" else self.https_port

    @property
    def https_port(self) -> int:
        """The port of HTTPS."""
        return int(self.data.get("https_port") or HTTPS_PORT)

    @property
    def https_ca(self) -> str | None:
        """The file of the authority that signed its certificate, relative to the project."""
        return self._text("https_ca")

    @property
    def https_pin(self) -> str | None:
        """The SHA-256 fingerprint of its certificate, 64 hex digits."""
        return None if self.data.get("https_pin") is None else fingerprint(self.data["https_pin"])

    @property
    def legacy_ssh(self) -> bool:
        """Whether old SSH algorithms may be used."""
        return self.data.get("legacy_ssh") is True

    @property
    def is_jump_host(self) -> bool:
        """True for a host that is only passed through (`data: {jump_host: true}`)."""
        return self.data.get("jump_host") is True

    @property
    def jump(self) -> tuple[str, ...]:
        """The jump hosts to pass, by their names in the inventory, first hop first."""
        return hop_names(self.data)

    def _text(self, name: str) -> str | None:
        value = self.data.get(name)
        return None if value is None else str(value)


class SourceHost(NamedTuple):
    """A host as another source than the files gives it: where it stands there, and an entry as of hosts.yaml."""

    at: str
    entry: dict[str, Any]


class SourceHosts(NamedTuple):
    """What a source gives, by host name; what it leaves out with the reason; what the person should know."""

    name: str
    hosts: Mapping[str, SourceHost]
    left_out: Mapping[str, str]
    notes: tuple[str, ...]


class Inventory(Record):
    """Every host by name, jump hosts among them. `left_out` gives the reason for each host that the source names and
    licsweep can't use; `notes` is what else the person should know."""

    targets: Mapping[str, Target]
    left_out: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def hops(self, target: Target) -> Iterator[Target]:
        """The jump hosts before a target, first hop first. Raises InventoryError where one is not in the inventory."""
        for name in target.jump:
            if name not in self.targets:
                why = did_you_mean(name, self.targets)
                raise InventoryError(f"{target.name}: jump host {name} is not in the inventory", why=why)
            yield self.targets[name]


def hop_names(data: Mapping[str, Any]) -> tuple[str, ...]:
    """The jump hosts that the data of an entry names: none, one, or a list."""
    hops = data.get("jump") or ()
    return (hops,) if isinstance(hops, str) else tuple(map(str, hops))


def named(project: Project, text: str) -> Project:
    """The project with another source, as a person types it: NAME (with the project's own options) or NAME:FILE, a
    path as of the current folder; netbox:URL; files:FOLDER. Raises UsageError."""
    source, _, value = text.partition(":")
    if source not in SOURCES:
        raise UsageError(f"no such inventory source: {source}", why=did_you_mean(source, SOURCES), hint="csv:hosts.csv")
    own = project.inventory if project.inventory["source"] == source else {"folder": project.settings.inventory}
    if source == "netbox" and value:
        own = of_server(own, value)
    key = _MAIN_KEY.get(source, "file")
    given = {key: value if key == "url" else str(Path.cwd() / expanded(value))} if value else {}
    return replace(project, inventory={**own, "source": source, **given})


def of_server(given: Mapping[str, Any], url: str) -> Mapping[str, Any]:
    """The options of a NetBox; credentials and authority for the same server only, so that no other gets the token."""
    same = str(given.get("url", url)).rstrip("/") == str(url).rstrip("/")
    return {key: value for key, value in given.items() if same or key not in ("credentials", "ca")}


def options(project: Project, keys: Mapping[str, type], needed: Collection[str] = ()) -> dict[str, Any]:
    """The table [inventory], checked: the keys of a source and their types, beside `source` and `folder`."""
    known: dict[str, type] = {"source": str, "folder": str, **keys}
    file = project.folder / FILE_NAME
    checked_table(file, ("inventory",), project.inventory, known, "docs/inventory.md")
    if missing := next((key for key in needed if key not in project.inventory), None):
        why = f"the source {project.inventory['source']} needs it"
        raise InputError(
            f"{where(file, 'inventory')}: inventory.{missing} is missing", why=why, hint="docs/inventory.md"
        )
    return dict(project.inventory)


def fingerprint(text: Any) -> str | None:
    """A SHA-256 fingerprint as openssl and browsers show it -> 64 hex digits; None where it is none."""
    digits = str(text).lower().removeprefix("sha256:").removeprefix("sha256 fingerprint=").replace(":", "")
    return digits if re.fullmatch("[0-9a-f]{64}", digits) else None


def find(project: Project) -> Inventory | None:
    """The project's inventory, None where it has none. Raises InventoryError, InputError (naming file and line)."""
    source = project.inventory["source"]
    if source not in SOURCES:
        at = where(project.folder / FILE_NAME, "inventory", "source")
        raise InputError(f"{at}: no such inventory source: {source}", why=did_you_mean(str(source), SOURCES))
    inventory: Inventory | None = importlib.import_module(SOURCES[source]).read(project)
    return inventory


def load(project: Project) -> Inventory:
    """The project's inventory. Raises InventoryError, InputError (naming file and line)."""
    inventory = find(project)
    if inventory is None:
        folder = project.path(str(project.inventory["folder"]))
        raise InventoryError(f"{folder}: no inventory", why="it has no hosts.yaml and no hosts.d", hint="licsweep init")
    return inventory
