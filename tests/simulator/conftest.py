"""A running estate for the tests, and its project."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from licsweep.simulator.estate import SimulatedEstate


@pytest.fixture(scope="session")
def estate() -> Iterator[SimulatedEstate]:
    """The smallest estate that holds every broken kind."""
    with SimulatedEstate(devices=13) as running:
        yield running


@pytest.fixture(scope="session")
def project(estate: SimulatedEstate, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("project")
    estate.write_project(directory)
    return directory
