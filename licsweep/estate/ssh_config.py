"""OpenSSH's client configuration: a source of hosts by itself, and what it says of the hosts of other sources.

Read are Host, Match, HostName, User, Port and ProxyJump, by paramiko's reader. Nothing is run: ProxyCommand is told
and not taken, blocks of `Match exec` count for no host, names are not looked up (CanonicalizeHostname), and files that
Include names are not read.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from licsweep import files
from licsweep.errors import InputError
from licsweep.estate.inventory import Inventory, options
from licsweep.settings import Project

_HOP = re.compile(r"(?:ssh://)?(?:(?P<user>[^@]+)@)?(?:\[(?P<v6>[^\]]+)\]|(?P<host>[^:@]+))(?::(?P<port>\d+))?")
_RUNS = re.compile(r"^\s*match\b.*\bexec\b.*$", re.IGNORECASE | re.MULTILINE)
_LOOKS_UP = re.compile(r"^\s*canonicalizehostname\b.*$", re.IGNORECASE | re.MULTILINE)
_INCLUDES = re.compile(r"^\s*include\b\s*=?\s*(.+?)\s*$", re.IGNORECASE | re.MULTILINE)
_FOR_NOBODY = "Host !*"


def read(project: Project) -> Inventory | None:
    """The hosts that stand in the file by their names, without those that are only passed. Raises InputError."""
    from licsweep.estate.other_sources import KEYS, Raw, gather

    given = options(project, {**KEYS, "file": str}, needed=("file",))
    reader = Reader(project.path(given["file"]))
    names = reader.names()
    for name in names:
        reader.complete(name, {})
    raws = [Raw(f"{reader.file}: Host {name}", {}, name=name) for name in names if name not in reader.jump_hosts]
    return gather(project, {"ssh_config": given["file"], **given}, raws, {})


class Reader:
    """One file. `jump_hosts` are the entries of the jump hosts that were met so far."""

    def __init__(self, file: Path) -> None:
        import paramiko

        self.file = file
        text = files.read(file, files.MIB).text
        self._untaken = [f"Include {name}: not read" for name in _INCLUDES.findall(text)]
        if _RUNS.search(text):
            self._untaken.append("Match exec: not taken, for it runs a program")
        self._proxied: list[str] = []
        self.jump_hosts: dict[str, dict[str, Any]] = {}
        try:
            self._config = paramiko.SSHConfig.from_text(_LOOKS_UP.sub("", _RUNS.sub(_FOR_NOBODY, text)))
        except (paramiko.SSHException, ValueError) as error:
            raise InputError(f"{file}: not an ssh_config that can be read", why=str(error)) from error

    def names(self) -> list[str]:
        """The hosts that stand there by their name, not by a pattern."""
        return sorted(name for name in self._config.get_hostnames() if not re.search(r"[*?!]", name))

    def complete(self, name: str, entry: dict[str, Any]) -> None:
        """Adds to an entry what it does not say and the file does: by its name, else by its address."""
        told = self._told(entry["hostname"]) if "hostname" in entry else {}
        told |= self._told(name)
        for ours, theirs in (("hostname", "hostname"), ("port", "port"), ("username", "user")):
            if theirs in told:
                entry.setdefault(ours, told[theirs])
        data = entry.setdefault("data", {})
        if "proxyjump" in told:
            data.setdefault("jump", self._hops(told["proxyjump"], (name,)))
        elif "proxycommand" in told:
            self._proxied.append(name)

    def notes(self) -> Iterator[str]:
        """What stands there and is not taken."""
        if self._proxied:
            shown = ", ".join(self._proxied[:3]) + ", ..." * (len(self._proxied) > 3)  # noqa: PLR2004
            self._untaken.append(f"ProxyCommand of {len(self._proxied)} hosts ({shown}): not taken; write ProxyJump")
        yield from (f"{self.file}: {line}" for line in self._untaken)

    def _told(self, name: str) -> dict[str, str]:
        return {key: value for key, value in self._config.lookup(name).items() if isinstance(value, str)}

    def _hops(self, jump: str, before: tuple[str, ...]) -> list[str]:
        """The names of the jump hosts of a ProxyJump. As in OpenSSH, the first hop may have a ProxyJump of its own."""
        hops: list[str] = []
        for place, text in enumerate([] if jump.lower() == "none" else jump.split(",")):
            hop = _HOP.fullmatch(text.strip())
            if hop is None:
                raise InputError(f"{self.file}: ProxyJump {jump}", why="USER@HOST:PORT is expected, with commas")
            alias = hop["v6"] or hop["host"]
            if alias in before:
                raise InputError(f"{self.file}: ProxyJump {jump}", why=f"{alias} is reached through itself")
            told = self._told(alias)
            own = self._hops(told["proxyjump"], (*before, alias)) if "proxyjump" in told and place == 0 else []
            entry = {"hostname": told["hostname"], "port": hop["port"] or told.get("port"), "data": {"jump_host": True}}
            name = text.strip().removeprefix("ssh://")
            self.jump_hosts[name] = entry | {"username": hop["user"] or told.get("user")}
            hops += [*own, name]
        return hops
