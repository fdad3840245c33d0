"""One product instance before judgement: everything that findings and figures are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

from licsweep.position_types import Use
from reconcile.instances.account_assignment import AccountAssignment
from reconcile.instances.identity import ProductInstance
from reconcile.instances.states import State


@dataclass(frozen=True, slots=True)
class JudgedInstance:
    """The instance, where it belongs, its state, its license lines, and where its inventory entries contradict."""

    unit: ProductInstance
    place: AccountAssignment
    state: State
    uses: Sequence[Use]
    conflict: str = ""
