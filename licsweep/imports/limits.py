"""How much one import may hold: far above any real export, below what a hostile file needs to stop the machine."""

from collections.abc import Iterable

from licsweep.errors import InputError

LIMITS = {
    "bytes": 256 * 1024 * 1024,
    "rows": 1_000_000,
    "columns": 1_000,
    "pools": 500_000,  # licenses by virtual account
    "levels": 40,  # lists and objects within each other
    "files in the archive": 1_000,
}
SHOWN = 5


def check(where: object, what: str, number: int) -> None:
    """Raises InputError where `number` is above the limit of `what`."""
    if number > LIMITS[what]:
        raise InputError(
            f"{where}: more than {LIMITS[what]} {what}",
            why="no export of a smart account is that large, so the rest of it was not read",
            hint="export one virtual account at a time, or see whether this is the right file",
        )


def some(items: Iterable[object]) -> str:
    """The first few of many, and how many more there are."""
    known = [str(item) for item in items]
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    return ", ".join(known[:SHOWN]) + more
