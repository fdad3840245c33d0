"""Which hosts of the inventory: `--limit` name patterns and `--filter key=value`."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from licsweep import files
from licsweep.errors import InventoryError, UsageError, did_you_mean
from licsweep.estate.inventory import Inventory, Target
from licsweep.model import Record


class Selection(Record):
    """Patterns are globs on names (`@file`: one a line); filters compare platform, group, or inventory data."""

    limit: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [f"--limit {pattern}" for pattern in self.limit] + [f"--filter {f}" for f in self.filters]
        return " ".join(parts) or "all hosts"


def select(inventory: Inventory, selection: Selection) -> list[Target]:
    """The selected hosts, by name. Raises UsageError where none is left: an empty run is never a success."""
    patterns = list(_patterns(selection.limit))
    if strange := next((text for text in selection.filters if text.find("=") < 1), None):
        raise UsageError(f"--filter {strange}", why="key=value is expected", hint="licsweep hosts --filter site=berlin")
    wanted = [text.split("=", 1) for text in selection.filters]
    found = []
    for name, one in sorted(inventory.targets.items()):
        if one.is_jump_host or (patterns and not any(fnmatchcase(name, pattern) for pattern in patterns)):
            continue
        if not one.platform:
            why = "neither the host nor its groups say one"
            raise InventoryError(f"{name}: no platform", why=why, hint="set platform in hosts.yaml (auto finds it out)")
        if all(_holds(one, key, value) for key, value in wanted):
            found.append(one)
    if not found:
        why = _why_none(inventory, patterns)
        raise UsageError(f"no host is selected by: {selection}", why=why, hint="licsweep hosts")
    return found


def _why_none(inventory: Inventory, patterns: Sequence[str]) -> str:
    why = f"the inventory has {len(inventory.targets)} hosts"
    for name, reason in inventory.left_out.items():
        if not patterns or name in patterns:
            return f"{why}; {name} is left out: {reason}"
    strange = [one for one in patterns if not any(fnmatchcase(name, one) for name in inventory.targets)]
    return "; ".join([why, *(f"{one}: {did_you_mean(one, inventory.targets)}" for one in strange[:3])])


def _patterns(limit: Sequence[str]) -> Iterator[str]:
    for pattern in limit:
        if pattern.startswith("@"):
            lines = files.read(Path(pattern[1:])).text.splitlines()
            yield from (line.strip() for line in lines if line.strip() and not line.startswith("#"))
        else:
            yield pattern


def _holds(one: Target, key: str, value: str) -> bool:
    if key == "group":
        return value in one.groups
    own = {"platform": one.platform, "collector": one.collector, "credentials": next(iter(one.ways().values()))}
    said = own.get(key, one.data.get(key))
    return (str(said).lower() if isinstance(said, bool) else str(said)) == value
