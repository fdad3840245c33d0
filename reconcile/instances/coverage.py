"""How much of a selection was really read."""

from collections import Counter
from collections.abc import Mapping, Sequence

from licsweep.model import HostState
from licsweep.position_types import Coverage
from reconcile.instances.identity import fresh_enough

WHOLE = 100.0


def coverage(states: Sequence[HostState]) -> Coverage:
    """The coverage of these hosts, by how their newest try ended. Nothing selected is 0 percent."""
    outcomes = Counter[str](state.outcome for state in states)
    percent = percent_read(outcomes, sum(map(fresh_enough, states))) if states else 0.0
    return Coverage(selected=len(states), outcomes=dict(sorted(outcomes.items())), percent=percent)


def percent_read(outcomes: Mapping[str, int], fresh: int) -> float:
    """The share that ended ok; unsupported hosts and the `fresh` ones, read recently enough, are left out of it."""
    asked = sum(outcomes.values()) - outcomes.get("unsupported", 0) - fresh
    return WHOLE * outcomes.get("ok", 0) / asked if asked else WHOLE
