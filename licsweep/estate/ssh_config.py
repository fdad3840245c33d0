"""OpenSSH's client configuration: a source of hosts by itself, and what it says of the hosts of other sources.

Read are Host (and `Match all`), HostName, User, Port and ProxyJump, as ssh_config(5) says: of each the first value
that fits. Nothing is run or looked up; ProxyCommand, Include and any other Match are told and not taken. This is not
paramiko's reader, because that one runs what stands behind `Match exec`, and takes 3 ms a host.
"""

import fnmatch
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from licsweep import files
from licsweep.errors import InputError
from licsweep.estate.inventory import Inventory, options
from licsweep.settings import Project

_HOP = re.compile(r"(?:ssh://)?(?:(?P<user>[^@]+)@)?(?:\[(?P<v6>[^\]]+)\]|(?P<host>[^:@]+))(?::(?P<port>\d+))?")
_LINE = re.compile(r'\s*(\w+)(?:\s*=\s*|\s+)(?:"([^"]+)"|(\S.*?))(?:\s+#.*)?\s*')
MAX_HOPS = 20
_KEYS = ("hostname", "user", "port", "proxyjump", "proxycommand")


def read(project: Project) -> Inventory | None:
    """The hosts that stand in the file by their names, without those that are only passed. Raises InputError."""
    from licsweep.estate.other_sources import KEYS, Raw, gather

    given = options(project, {**KEYS, "file": str}, needed=("file",))
    reader = Reader(project.path(given["file"]))
    for name in reader.names:
        reader.complete(name, {})
    names = [name for name in reader.names if name not in reader.jump_hosts]
    raws = [Raw(f"{reader.file}: Host {name}", {}, name=name) for name in names]
    return gather(project, {"ssh_config": given["file"], **given}, raws, {})


class Reader:
    """One file. `names` are the hosts that stand there by their name, not by a pattern; `jump_hosts` the entries of the
    jump hosts that were met so far."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.jump_hosts: dict[str, dict[str, Any]] = {}
        self.names: dict[str, None] = {}
        self._untaken: list[str] = []
        self._proxied: list[str] = []
        told: dict[str, str] = {}
        self._blocks = [(_fitting(["*"]), told)]
        self._exact: dict[str, list[int]] = {}
        self._wild = [0]
        for line in filter(None, map(_LINE.fullmatch, files.read(file, files.MIB).text.splitlines())):
            key, value = line[1].lower(), line[2] or line[3]
            if key in ("host", "match"):
                told = {}
                patterns = value.replace('"', "").split() if key == "host" else ["*"] * (value.lower() == "all")
                names = [name for name in patterns if not re.search(r"[*?!]", name)]
                for name in names:
                    self._exact.setdefault(name, []).append(len(self._blocks))
                if re.search(r"[*?]", value) or key == "match":
                    self._wild.append(len(self._blocks))
                self._blocks.append((_fitting(patterns), told))
                self.names |= dict.fromkeys(names)
            if key == "include" or (key == "match" and not patterns):
                self._untaken.append(f"{line[1]} {value}: not taken")
            if key in _KEYS:
                told.setdefault(key, value)

    def complete(self, name: str, entry: dict[str, Any]) -> None:
        """Adds to an entry what it does not say and the file does: by its name, else by its address."""
        told = self._told(str(entry.get("hostname", name))) | self._told(name)
        for ours, theirs in (("hostname", "hostname"), ("port", "port"), ("username", "user")):
            if theirs in told:
                entry.setdefault(ours, told[theirs])
        data = entry.setdefault("data", {})
        if "proxyjump" in told:
            data.setdefault("jump", self._hops(told["proxyjump"], (name,)))
        elif told.get("proxycommand", "none").lower() != "none":
            self._proxied.append(name)

    def notes(self) -> Iterator[str]:
        """What stands there and is not taken."""
        if self._proxied:
            shown = ", ".join(self._proxied[:3]) + ", ..." * (len(self._proxied) > 3)  # noqa: PLR2004
            self._untaken.append(f"ProxyCommand of {len(self._proxied)} hosts ({shown}): not taken; write ProxyJump")
        yield from (f"{self.file}: {line}" for line in self._untaken)

    def _told(self, name: str) -> dict[str, str]:
        told: dict[str, str] = {}
        for fits, values in (self._blocks[at] for at in sorted({*self._exact.get(name, ()), *self._wild})):
            if fits.fullmatch(name):
                told = values | told
        return told | {"hostname": told.get("hostname", name).replace("%h", name).replace("%%", "%")}

    def _hops(self, jump: str, before: tuple[str, ...]) -> list[str]:
        """The names of the jump hosts of a ProxyJump. As in OpenSSH, the first hop may have a ProxyJump of its own."""
        hops: list[str] = []
        for place, text in enumerate([] if jump.lower() == "none" else jump.split(",")):
            hop = _HOP.fullmatch(text.strip())
            if hop is None:
                raise InputError(f"{self.file}: ProxyJump {jump}", why="USER@HOST:PORT is expected, with commas")
            alias = hop["v6"] or hop["host"]
            if (alias,) == before:  # what holds for a whole network holds for its jump host too
                return []
            if alias in before or max(len(before), place) >= MAX_HOPS:
                why = (
                    f"{alias} is reached through itself" if alias in before else f"there are more than {MAX_HOPS} hops"
                )
                raise InputError(f"{self.file}: ProxyJump {jump}", why=why)
            told = self._told(alias)
            own = self._hops(told["proxyjump"], (*before, alias)) if "proxyjump" in told and place == 0 else []
            entry = {"hostname": told["hostname"], "port": hop["port"] or told.get("port"), "data": {"jump_host": True}}
            name = text.strip().removeprefix("ssh://")
            self.jump_hosts[name] = entry | {"username": hop["user"] or told.get("user")}
            hops += [*own, name]
        return hops


def _fitting(patterns: list[str]) -> re.Pattern[str]:
    """A host fits a block where one of its patterns does, and none of those behind a `!`."""
    parts: dict[bool, list[str]] = {True: [], False: []}
    for pattern in patterns:
        text = fnmatch.translate(pattern.removeprefix("!").replace("[", "[[]"))  # which backtracks over no star
        parts[pattern.startswith("!")].append(text)
    refused = "".join(f"(?!{part})" for part in parts[True])
    return re.compile(refused + f"(?:{'|'.join(parts[False]) or '(?!)'})")
