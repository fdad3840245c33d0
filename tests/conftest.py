"""The same examples every time in the suite; `make fuzz` explores others (what it finds becomes a fixture)."""

import os

from hypothesis import settings

FUZZ = os.environ.get("LICSWEEP_FUZZ")

settings.register_profile("suite", derandomize=True, database=None, deadline=None)
settings.register_profile("fuzz", deadline=None, print_blob=True)
settings.load_profile("fuzz" if FUZZ else "suite")
