"""Work that makes trees alone, without Python's search for circles."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_garbage() -> Iterator[None]:
    """Python's collector walks over all that is there each time it has grown: two thirds of the time for 100,000 hosts.
    What is made here is trees, which need no collector; nor does it walk over them soon after."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.freeze()  # to the oldest generation, without a walk
            gc.unfreeze()
            gc.enable()
