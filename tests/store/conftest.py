"""A store in a folder of its own, and hosts in it."""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from licsweep.host_result import HostResult
from licsweep.model import Capture, LicenseUse, Observation, Outcome
from licsweep.settings import Project, load
from licsweep.store import Store, reading, writing
from tests.postgres import raw_postgres

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ONE = (LicenseUse(name="network-advantage", count=1, status="in-use"),)


@pytest.fixture
def file_project(tmp_path: Path) -> Project:
    """A project without settings, inventory or database, for what is about the database file itself."""
    return load(tmp_path, environment={})


@pytest.fixture(params=["sqlite", "postgresql"])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Project:
    """A project without settings or inventory, and nothing in its database: every test of the store runs on both."""
    if request.param == "sqlite":
        return load(tmp_path, environment={})
    return load(tmp_path, {"database": request.getfixturevalue("postgres_server").emptied()}, environment={})


@pytest.fixture
def store(project: Project) -> Iterator[Store]:
    """A new store, open for its one writer."""
    with writing(project, "test") as made:
        yield made


def save(store: Store, hostname: str, at: datetime, status: str = "ok", **fields: Any) -> int:
    """A snapshot of one host; without fields it brought no observation."""
    snapshot = store.begin("sweep", "all hosts", 1, at)
    observation = Observation(hostname=hostname, captured_at=at, **fields) if fields else None
    store.save_host(snapshot, result(hostname, at, status, observation=observation))
    store.end(snapshot, "complete", at)
    return snapshot


def result(hostname: str = "a", at: datetime = NOW, status: str = "ok", **more: Any) -> HostResult:
    """How a host ended at that time, and what more there is of it."""
    outcome = Outcome(hostname=hostname, status=status)  # type: ignore[arg-type]
    return HostResult(outcome=outcome, tried_at=at, **more)


def capture(text: str, command: str = "show license all") -> Capture:
    """A text of host a."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return Capture(hostname="a", command=command, text=text, started_at=NOW, seconds=0.5, sha256=sha256)


def captured(folder: Path) -> list[Capture]:
    """Every text that a project's database holds."""
    with reading(load(folder, environment={})) as store:
        of_hosts = [(one.id, result.outcome.hostname) for one in store.snapshots() for result in store.results(one.id)]
        return [text for snapshot, hostname in of_hosts for text in store.captures(snapshot, hostname)]


def raw(project: Project, sql: str, values: Sequence[Any] = ()) -> list[Any]:
    """What the database itself says."""
    if "://" in project.settings.database:
        return raw_postgres(project.settings.database, sql.replace("?", "%s"), values)
    with closing(sqlite3.connect(project.folder / "licsweep.db", isolation_level=None)) as connection:
        return connection.execute(sql, values).fetchall()
