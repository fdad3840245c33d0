"""Which vty plays a device: that of its kind of session, with its fault."""

from licsweep.simulator.clish import Clish
from licsweep.simulator.collaboration import Tsh, Vos
from licsweep.simulator.fault_sessions import VTYS
from licsweep.simulator.fxos import Fxos
from licsweep.simulator.terminal import Vty

KINDS: dict[str, type[Vty]] = {"clish": Clish, "fmc": Clish, "fdm": Clish, "fxos": Fxos, "vos": Vos, "tsh": Tsh}
"""The vtys of the kinds of session that do more than echo a line and answer it."""


def vty_of(session: str, fault: str) -> type[Vty]:
    """The vty of a kind of session that has that fault ("" or one below the vty: a healthy one)."""
    kind, faulty = KINDS.get(session, Vty), VTYS.get(fault, Vty)
    if Vty in (kind, faulty):
        return faulty if kind is Vty else kind
    return type(f"{faulty.__name__}{kind.__name__}", (faulty, kind), {})
