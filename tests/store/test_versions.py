"""Which versions of the tables are opened, and that only `store upgrade` changes them, on either database."""

from pathlib import Path

import pytest

from licsweep.errors import LockedError, StoreError
from licsweep.settings import Project, load
from licsweep.store import reading, upgrade, writing
from tests.store.conftest import NOW, raw


@pytest.fixture(params=["sqlite", "postgresql"])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Project:
    """A project whose tables may be changed."""
    if request.param == "sqlite":
        return load(tmp_path, environment={})
    return load(tmp_path, {"database": request.getfixturevalue("postgres_server").new()}, environment={})


@pytest.fixture
def older(project: Project) -> Project:
    """A project whose database an older licsweep wrote."""
    with writing(project, "test"):
        pass
    raw(project, "UPDATE alembic_version SET version_num = '0003'")
    return project


@pytest.mark.parametrize("verb", ["read", "write", "import"])
def test_an_older_database_is_never_migrated_in_passing(older: Project, verb: str) -> None:
    opened = {
        "read": reading(older),
        "write": writing(older, "sweep"),
        "import": writing(older, "import", alone=False),
    }
    with pytest.raises(StoreError, match="written by an older licsweep") as caught, opened[verb]:
        pass
    assert caught.value.hint == "licsweep store upgrade"
    assert raw(older, "SELECT version_num FROM alembic_version") == [("0003",)]


def test_an_upgrade_takes_the_lock(project: Project) -> None:
    with writing(project, "sweep"), pytest.raises(LockedError) as caught:
        upgrade(project)
    assert "sweep, process" in caught.value.why


def test_a_newer_database_is_refused(project: Project) -> None:
    with writing(project, "test"):
        pass
    raw(project, "UPDATE alembic_version SET version_num = '9999'")
    for opened in (reading(project), writing(project, "import", alone=False)):
        with pytest.raises(StoreError, match="newer licsweep"), opened:
            pass
    with pytest.raises(StoreError, match="newer licsweep"):
        upgrade(project)


def test_readers_change_nothing(project: Project) -> None:
    with writing(project, "test"):
        pass
    with pytest.raises(StoreError) as caught, reading(project) as other:
        other.begin("sweep", "all hosts", 1, NOW)
    assert "may not write" in caught.value.why
