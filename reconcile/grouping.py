"""Lists, sets and sums by a key, keys in the order in which they are first met."""

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def lists_by(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    """All values of each key."""
    found: dict[K, list[V]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def sets_by(pairs: Iterable[tuple[K, V]]) -> dict[K, set[V]]:
    """The different values of each key."""
    return {key: set(values) for key, values in lists_by(pairs).items()}


def sums_by(pairs: Iterable[tuple[K, int]]) -> Counter[K]:
    """The sum of each key, one of 0 too."""
    return Counter({key: sum(numbers) for key, numbers in lists_by(pairs).items()})
