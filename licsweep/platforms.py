"""What a platform is: one record. Records come through the entry-point group `licsweep.platforms`; ours use the same
door, so that a platform from outside is a package with a record, templates and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import entry_points
from typing import Literal

from licsweep.errors import UsageError

GROUP = "licsweep.platforms"
DEFAULT_LOCKOUT_AFTER = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A line that is sent; without the answer to a `required` one an observation is incomplete.

    A command that a release refuses spoils nothing unless it is required.
    """

    line: str
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """How devices of one platform are asked and read.

    `session` is the kind of conversation (ios, nxos, asa, xr, or one of the entry points `licsweep.sessions`).
    `commands` are in the order sent; `may_send` are further lines that a sweep may send: literal words and typed slots.
    `identity_command` tells what a host of platform `auto` is. `templates` is the package whose folder of the
    platform's name holds its index and templates. `lockout_after`: failed passwords in a row that lock an account.
    """

    name: str
    session: str
    transport: Literal["ssh", "https"] = "ssh"
    commands: tuple[Command, ...]
    may_send: tuple[str, ...] = ()
    pager_off: str | None = None
    identity_command: str = "show version"
    templates: str = "licsweep.templates"
    lockout_after: int = DEFAULT_LOCKOUT_AFTER

    @property
    def lines(self) -> tuple[str, ...]:
        """The commands as they are sent."""
        return tuple(command.line for command in self.commands)

    @property
    def required(self) -> tuple[str, ...]:
        """The commands whose answers an observation needs."""
        return tuple(command.line for command in self.commands if command.required)


@lru_cache(maxsize=1)
def platforms() -> Mapping[str, Platform]:
    """Every installed platform by name."""
    return {entry.name: entry.load() for entry in entry_points(group=GROUP)}


def get(name: str) -> Platform:
    """The platform of that name; UsageError names those that exist."""
    known = platforms()
    if name not in known:
        raise UsageError(
            f"unknown platform {name!r}",
            why="no reader is installed for it",
            hint="one of: " + ", ".join(sorted(known)),
        )
    return known[name]
