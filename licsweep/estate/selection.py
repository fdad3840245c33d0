"""Which hosts of the inventory: `--limit` name patterns and `--filter key=value`."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from licsweep import serialization
from licsweep.errors import UsageError
from licsweep.estate.inventory import Target, is_jump_host, target

if TYPE_CHECKING:
    from nornir.core.inventory import Inventory


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Patterns are globs on names (`@file`: one a line); filters compare platform, group, or inventory data."""

    limit: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [f"--limit {pattern}" for pattern in self.limit] + [f"--filter {f}" for f in self.filters]
        return " ".join(parts) or "all hosts"


def select(inventory: "Inventory", selection: Selection) -> list[Target]:
    """The selected hosts, by name. Raises UsageError where none is left: an empty run is never a success."""
    patterns = _patterns(selection.limit)
    wanted = [_pair(text) for text in selection.filters]
    found = []
    for name in sorted(inventory.hosts):
        if is_jump_host(inventory.hosts[name]):
            continue
        if patterns and not any(fnmatchcase(name, pattern) for pattern in patterns):
            continue
        one = target(inventory.hosts[name])
        if all(_holds(one, key, value) for key, value in wanted):
            found.append(one)
    if not found:
        raise UsageError(
            f"no host is selected by: {selection}",
            why=f"the inventory has {len(inventory.hosts)} hosts",
            hint="licsweep hosts",
        )
    return found


def _patterns(limit: Sequence[str]) -> list[str]:
    patterns: list[str] = []
    for pattern in limit:
        if pattern.startswith("@"):
            lines = serialization.read_bounded(Path(pattern[1:])).decode("utf-8", "replace").splitlines()
            patterns += [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        else:
            patterns.append(pattern)
    return patterns


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise UsageError(f"--filter {text}", why="key=value is expected", hint="licsweep hosts --filter site=berlin")
    return key, value


def _holds(one: Target, key: str, value: str) -> bool:
    if key == "group":
        return value in one.groups
    if key == "platform":
        return one.platform == value
    return str(one.data.get(key)) == value
