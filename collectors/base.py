"""What a platform is to the sweep: which commands are sent and which must be answered.

Platforms come through the entry-point group `licsweep.platforms`; ours use the same door.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import entry_points

from licsweep.errors import UsageError

GROUP = "licsweep.platforms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """`commands` in the order sent; without a `required` one an observation is incomplete.

    A command that a release refuses spoils nothing unless it is required.
    """

    name: str
    commands: tuple[str, ...]
    required: tuple[str, ...]


@lru_cache(maxsize=1)
def platforms() -> dict[str, Platform]:
    """Every installed platform by name."""
    return {entry.name: entry.load() for entry in entry_points(group=GROUP)}


def get(name: str) -> Platform:
    """The platform of that name; UsageError names those that exist."""
    known = platforms()
    if name not in known:
        raise UsageError(f"unknown platform {name!r}", why="no reader is installed for it", hint=_choices(known))
    return known[name]


def _choices(known: dict[str, Platform]) -> str:
    return "one of: " + ", ".join(sorted(known))
