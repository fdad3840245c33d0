"""The inventory: Nornir SimpleInventory files, checked with file and line, as Nornir objects and as Targets.

Connection parameters are taken from the resolved host (host > groups > defaults), never from Nornir's
connection options, whose `extras` are not merged but taken whole from the first level that has them.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from licsweep import serialization
from licsweep.errors import InputError, InventoryError
from licsweep.model import Record
from licsweep.platforms import platforms as installed

if TYPE_CHECKING:
    from nornir.core.inventory import Host, Inventory

SSH_PORT = 22
AUTO = "auto"
"""A platform that the first sweep finds out and the store remembers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Record):
    """A host, a group or the defaults as the file gives them. There is no password field, on purpose."""

    hostname: str | None = None
    port: int | None = None
    username: str | None = None
    platform: str | None = None
    groups: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One host to talk to. `data` is merged over host, groups and defaults (site, timezone, virtual_account, ...)."""

    name: str
    address: str
    port: int
    platform: str
    username: str | None
    groups: tuple[str, ...]
    data: dict[str, Any]

    @property
    def site(self) -> str | None:
        """The site, for caps and order."""
        return self._said("site")

    @property
    def aaa_group(self) -> str:
        """Hosts that ask the same AAA server; `default` where the inventory does not say."""
        return self._said("aaa_group") or "default"

    @property
    def timezone(self) -> str | None:
        """Decides an ambiguous zone that the device prints."""
        return self._said("timezone")

    @property
    def legacy_ssh(self) -> bool:
        """Whether old SSH algorithms may be used."""
        return self.data.get("legacy_ssh") is True

    @property
    def jump(self) -> tuple[str, ...]:
        """The jump hosts to pass, by their names in the inventory, first hop first."""
        hops = self.data.get("jump") or ()
        return (hops,) if isinstance(hops, str) else tuple(map(str, hops))

    def _said(self, name: str) -> str | None:
        value = self.data.get(name)
        return None if value is None else str(value)


def load(folder: Path) -> "Inventory":
    """Nornir's inventory from hosts.yaml, groups.yaml and defaults.yaml. Raises InventoryError naming file and line."""
    from nornir.core import inventory as nornir

    hosts_file, groups_file = folder / "hosts.yaml", folder / "groups.yaml"
    if not hosts_file.is_file():
        raise InventoryError(f"{hosts_file}: no such file", why="this is not a project yet", hint="licsweep init")
    hosts: dict[str, Entry] = _read(hosts_file, dict[str, Entry] | None) or {}
    groups: dict[str, Entry] = _read(groups_file, dict[str, Entry] | None) or {}
    default: Entry = _read(folder / "defaults.yaml", Entry | None) or Entry()
    _check(hosts_file, hosts, groups)
    _check(groups_file, groups, groups)
    defaults = nornir.Defaults(**_common(default), data=default.data)
    made = nornir.Groups(
        {name: nornir.Group(name=name, **_common(g), data=g.data, defaults=defaults) for name, g in groups.items()}
    )
    for name, entry in groups.items():
        made[name].groups = nornir.ParentGroups(made[parent] for parent in entry.groups)
    return nornir.Inventory(
        hosts=nornir.Hosts(
            {
                name: nornir.Host(
                    name=name,
                    **_common(entry),
                    data=entry.data,
                    groups=nornir.ParentGroups(made[group] for group in entry.groups),
                    defaults=defaults,
                )
                for name, entry in hosts.items()
            }
        ),
        groups=made,
        defaults=defaults,
    )


def _common(entry: Entry) -> dict[str, Any]:
    return {
        "hostname": entry.hostname,
        "port": entry.port,
        "username": entry.username,
        "platform": entry.platform,
    }


def _read(path: Path, kind: Any) -> Any:
    if not path.is_file():
        return None
    try:
        return serialization.load_yaml_file(path, kind)
    except InputError as error:
        why, hint = error.why, "licsweep hosts"
        if "password" in error.what:
            why = "a password does not belong into a file"
            hint = "remove the line and export LICSWEEP_PASSWORD instead"
        elif "connection_options" in error.what:
            why = "connection options are built from hostname, port, username, platform and data"
        raise InventoryError(error.what, why=why, hint=hint) from error


def _check(path: Path, entries: dict[str, Entry], groups: dict[str, Entry]) -> None:
    platforms = (None, AUTO, *installed())
    for name, entry in entries.items():
        for group in entry.groups:
            if group not in groups:
                known = ", ".join(groups) or "none"
                raise InventoryError(f"{_at(path, name)}: no such group: {group}", why=f"known are: {known}")
        if entry.platform not in platforms:
            known = ", ".join(filter(None, platforms))
            raise InventoryError(f"{_at(path, name)}: no such platform: {entry.platform}", why=f"known are: {known}")


def _at(path: Path, name: str) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    line = next((n for n, line in enumerate(lines, 1) if line.split(":")[0].strip("\"' ") == name), 1)
    return f"{path}:{line}: {name}"


def target(host: "Host") -> Target:
    """The host with everything resolved. Raises InventoryError where no platform is known."""
    if not host.platform and not is_jump_host(host):
        raise InventoryError(
            f"{host.name}: no platform",
            why="neither the host nor its groups say one",
            hint="set platform in hosts.yaml",
        )
    return Target(
        name=host.name,
        address=host.hostname or host.name,
        port=host.port or SSH_PORT,
        platform=host.platform or "",
        username=host.username,
        groups=tuple(group.name for group in host.extended_groups()),
        data=dict(host.items()),
    )


def is_jump_host(host: "Host") -> bool:
    """True for a host that is only passed through (`data: {jump_host: true}`)."""
    return host.get("jump_host") is True
