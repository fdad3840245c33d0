"""How many examples a property is tried on."""

import os


def examples(number: int) -> int:
    """So many in the suite; `make fuzz` multiplies them by LICSWEEP_FUZZ."""
    return number * int(os.environ.get("LICSWEEP_FUZZ") or 1)
