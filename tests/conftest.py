"""The same examples every time in the suite; `make fuzz` explores others (what it finds becomes a fixture)."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.postgres import Server

FUZZ = os.environ.get("LICSWEEP_FUZZ")

settings.register_profile("suite", derandomize=True, database=None, deadline=None)
settings.register_profile("fuzz", deadline=None, print_blob=True)
settings.load_profile("fuzz" if FUZZ else "suite")

# A file goes to one worker whole, in the order of names. These take long and would come last, when no other is left
# for the workers that have nothing to do.
LONG_AND_LAST = (
    "sweep/test_cluster.py",
    "sweep/test_sweep.py",
    "visits/test_kill.py",
    "visits/test_loop.py",
    "wheel/test_wheel.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.path.as_posix().endswith(LONG_AND_LAST))


@pytest.fixture(scope="session")
def postgres_server() -> "Iterator[Server]":
    """One PostgreSQL for all tests of a process."""
    from tests.postgres import server

    with server() as running:
        yield running
