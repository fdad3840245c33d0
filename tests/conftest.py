"""The same examples every time in the suite; `make fuzz` explores others (what it finds becomes a fixture)."""

import os

import pytest
from hypothesis import settings

FUZZ = os.environ.get("LICSWEEP_FUZZ")

settings.register_profile("suite", derandomize=True, database=None, deadline=None)
settings.register_profile("fuzz", deadline=None, print_blob=True)
settings.load_profile("fuzz" if FUZZ else "suite")

# A file goes to one worker whole. These take longest; begun last, one worker would wait for the other.
LONGEST = (
    "wheel/test_wheel.py",
    "faults/test_soak.py",
    "visits/test_kill.py",
    "faults/test_matrix.py",
    "faults/test_machine.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.path.as_posix().endswith(LONGEST))
