"""What a platform is: one record. Records come through the entry-point group `licsweep.platforms`; ours use the same
door, so that a platform from outside is a package with a record, templates and nothing else.
"""

from collections.abc import Container, Mapping
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from licsweep.errors import UsageError
from licsweep.line_patterns import record_objection
from licsweep.model import Record

GROUP = "licsweep.platforms"
DEFAULT_LOCKOUT_AFTER = 10
SHOW_LICENSE = tuple(" ".join(["show license", *["NAME"] * words]) for words in range(6))
"""The patterns of `show license` with up to five further words."""


Transport = Literal["ssh", "https"]


class Command(Record):
    """A line that is sent; without the answer to a `required` one an observation is incomplete.

    A command that a release refuses spoils nothing unless it is required.
    """

    line: str
    required: bool = False


class Platform(Record):
    """How devices of one platform are asked and read.

    `session` is the kind of conversation (ios, nxos, asa, xr, or one of the entry points `licsweep.sessions`).
    `commands` are in the order sent; `may_send` are further lines that a sweep may send: literal words and typed slots.
    `identity_command` tells what a host of platform `auto` is. `templates` is the package whose folder of the
    platform's name holds its index and templates. `lockout_after`: failed passwords in a row that lock an account; with
    `local_accounts` each box knows its users itself, whatever AAA group the inventory says. `supported_from`: the first
    release whose licenses are read; an older one ends `unsupported`.
    """

    name: str
    session: str
    transport: Transport = "ssh"
    commands: tuple[Command, ...]
    may_send: tuple[str, ...] = ()
    pager_off: str | None = None
    identity_command: str = "show version"
    templates: str = "licsweep.templates"
    lockout_after: int = DEFAULT_LOCKOUT_AFTER
    local_accounts: bool = False
    supported_from: str = ""

    @property
    def sent(self) -> tuple[str, ...]:
        """Every pattern of the record: what a sweep may send to such a device, the session's own lines apart."""
        return (*self.lines, *self.may_send, self.identity_command, *([self.pager_off] if self.pager_off else ()))

    @property
    def lines(self) -> tuple[str, ...]:
        """The commands as they are sent."""
        return tuple(command.line for command in self.commands)

    @property
    def required(self) -> tuple[str, ...]:
        """The commands whose answers an observation needs."""
        return tuple(command.line for command in self.commands if command.required)


UNKNOWN = Platform(name="auto", session="ios", pager_off="terminal length 0", commands=())
"""What a host of platform `auto` is until its identity command has told."""


@lru_cache(maxsize=1)
def platforms() -> Mapping[str, Platform]:
    """Every installed platform by name. Raises UsageError that names the package of a record that can't be used."""
    known = load_entries(GROUP)
    for name, (record, package) in known.items():
        why = _objection(name, record)
        if why:
            raise _refused(name, package, why)
    return {name: record for name, (record, _) in known.items()}


def load_entries(group: str, taken: Container[str] = ()) -> dict[str, tuple[Any, str]]:
    """The entry points of a group by name, each with the package it came from; names in `taken` are ours.

    Raises UsageError that names the package.
    """
    found: dict[str, tuple[Any, str]] = {}
    for entry in entry_points(group=group):
        package = _package(entry)
        if entry.name in found or entry.name in taken:
            owner = found[entry.name][1] if entry.name in found else "licsweep"
            raise _refused(entry.name, package, f"{owner} has one of that name already")
        try:
            found[entry.name] = entry.load(), package
        except Exception as error:  # a package of somebody else: whatever it raises
            raise _refused(entry.name, package, f"it can't be imported: {type(error).__name__}: {error}") from error
    return found


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else entry.value.partition(".")[0]


def _refused(name: str, package: str, why: str) -> UsageError:
    return UsageError(f"{name} of the package {package} can't be used", why=why, hint=f"pip uninstall {package}")


def _objection(name: str, record: Any) -> str | None:
    if not isinstance(record, Platform) or record.name != name:
        return f"the entry point is no Platform of the name {name}"
    return next((f"{line!r}: {why}" for line in record.sent if (why := record_objection(line, record.session))), None)


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
