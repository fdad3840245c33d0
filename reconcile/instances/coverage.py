"""How much of a selection was really read."""

from collections import Counter
from collections.abc import Sequence

from licsweep.model import HostState
from licsweep.position_types import Coverage
from reconcile.instances.identity import answer, fresh_enough, retirement
from reconcile.instances.percent import percent_read


def coverage(states: Sequence[HostState], never_tried: int = 0) -> Coverage:
    """The coverage of these hosts, by how their last attempt ended; those that left the inventory are not selected.

    Nothing selected is 0 percent.
    """
    current = [state for state in states if not retirement(state)]
    selected = [state for state in current if not state.left_inventory]
    outcomes = Counter[str](state.outcome for state in selected)
    fresh = sum(map(fresh_enough, selected))
    gathered = sum(state.gathered and state.outcome == "ok" for state in selected)
    return Coverage(
        selected=len(selected),
        outcomes=dict(sorted(outcomes.items())),
        percent=percent_read(outcomes, fresh, gathered) if selected else 0.0,
        fresh=fresh,
        gathered=gathered,
        left_inventory=sum(state.left_inventory and answer(state) is not None for state in current),
        never_tried=never_tried,
    )


def read_in_full(state: HostState) -> bool:
    """True for a host that needs no second look: read, or read recently enough."""
    return (state.outcome == "ok" and not state.gathered) or fresh_enough(state)
