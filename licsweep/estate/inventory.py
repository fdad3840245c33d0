"""The inventory: the hosts to talk to, whatever source names them.

`SOURCES` are the modules that a source's name stands for; each has `read(project)`, which gives an Inventory or None.
"""

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from licsweep.errors import InputError, InventoryError, did_you_mean
from licsweep.settings import FILE_NAME, Project, where

SSH_PORT = 22
AUTO = "auto"
"""A platform that the first sweep finds out and the store remembers."""
SOURCES = {"files": "licsweep.estate.simple_inventory"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One host to talk to. `data` is merged over host, groups and defaults (site, timezone, virtual_account, ...)."""

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
    def timezone(self) -> str | None:
        """Decides an ambiguous zone that the device prints."""
        return self._text("timezone")

    @property
    def credentials(self) -> str | None:
        """The name of its credential set, where the inventory says one."""
        return self._text("credentials")

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
        hops = self.data.get("jump") or ()
        return (hops,) if isinstance(hops, str) else tuple(map(str, hops))

    def _text(self, name: str) -> str | None:
        value = self.data.get(name)
        return None if value is None else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
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
        raise InventoryError(f"{project.folder}: no inventory", why="this is not a project yet", hint="licsweep init")
    return inventory
