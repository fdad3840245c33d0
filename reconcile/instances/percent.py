"""Percentages, above all that of a coverage: a module of its own, since whoever collects needs nothing else of
judging and of reports."""

import math
from collections.abc import Mapping

WHOLE = 100.0


def percent_read(outcomes: Mapping[str, int], fresh: int, gathered: int = 0) -> float:
    """The share that ended ok and was not only `gathered`; unsupported hosts and the `fresh` ones, read recently
    enough, are left out of it."""
    asked = sum(outcomes.values()) - outcomes.get("unsupported", 0) - fresh
    return WHOLE * (outcomes.get("ok", 0) - gathered) / asked if asked else WHOLE


def floored(share: float) -> float:
    """A percentage with one decimal, floored: 99.96 never reads as everything."""
    return math.floor(share * 10) / 10


def percent(share: float) -> str:
    """A percentage in words."""
    return f"{floored(share):.1f} %"
