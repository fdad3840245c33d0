"""One product instance before judgement: everything that findings and figures are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

from licsweep.judged import Use
from reconcile.attribution import Place
from reconcile.identity import Unit
from reconcile.states import State


@dataclass(frozen=True, slots=True)
class Case:
    """The instance, where it belongs, its state, its licence lines."""

    unit: Unit
    place: Place
    state: State
    uses: Sequence[Use]
