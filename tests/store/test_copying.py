"""A project moves between databases: all of it or nothing."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from licsweep.errors import LockedError, StoreError, UsageError
from licsweep.ledger_types import LedgerEntry
from licsweep.model import Retirement
from licsweep.position_types import Entitlement
from licsweep.settings import Project, load, refuse_password
from licsweep.store import copy, reading, writing
from licsweep.store.tables import metadata
from licsweep.stored_import import StoredImport
from tests.postgres import Server
from tests.store.conftest import NOW, ONE, capture, raw, result, save


@pytest.fixture
def full(file_project: Project) -> Project:
    """A file with rows in most tables; the 300 hosts are more than are held at once."""
    with writing(file_project, "sweep") as store:
        for number in range(300):
            save(store, f"Host-{number}", NOW, licenses=ONE)
        for day in (0, 1):
            snapshot = store.begin("sweep", "a\0b", 1, NOW)
            texts = (capture("Count: 2\n" * 100 + str(day)),)
            store.save_host(snapshot, result(at=NOW + timedelta(days=day), captures=texts))
        store.add_imports(
            [
                StoredImport(
                    id=1, source="yaml", file="x", sha256="x", imported_at=NOW, entitlements=(Entitlement(license="A"),)
                )
            ]
        )
        store.retire(Retirement(hostname="Host-7", at=NOW, why="x", reservation_returned=False, recorded_at=NOW))
        entry = LedgerEntry(step="uploaded", pid="C9300", sn="FOC0000X001", report_id="1", at=NOW)
        store.record_courier(entries=[entry])
    # NUL, as an older licsweep stored it
    raw(file_project, "UPDATE snapshot SET selection = 'a' || char(0) || 'b' WHERE id = 302")
    return file_project


def seen(project: Project) -> list[Any]:
    with reading(project) as store:
        return [
            store.host_states(as_of=NOW),
            [store.captures(number, "a") for number in (301, 302)],
            store.imports(),
            store.courier_ledger(),
            store.snapshots(),
        ]


@pytest.fixture
def empty(full: Project, postgres_server: Server) -> Project:
    """The same project on an empty database."""
    return load(full.folder, {"database": postgres_server.new(filled=False)}, environment={})


def test_to_postgresql_and_back(full: Project, empty: Project) -> None:
    there = empty.settings.database
    copied = copy(full, "licsweep.db", there)
    assert {one.table for one in copied} == set(metadata.tables)
    assert {one.table: one.rows for one in copied if one.rows} == {
        "snapshot": 302,
        "host_result": 302,
        "entitlement_import": 1,
        "entitlement": 1,
        "retirement": 1,
        "courier_entry": 1,
    }
    assert seen(empty)[:4] == seen(full)[:4]
    assert copy(full, there, "back.db") == copied
    back = load(full.folder, {"database": "back.db"}, environment={})
    assert seen(back) == seen(empty)
    assert raw(full, "SELECT count(*) FROM snapshot") == [(302,)], "the source stays"
    with writing(empty, "sweep") as store:
        assert save(store, "new", NOW) == 303, "ids go on"


def test_what_reads_differently_is_not_copied(full: Project, empty: Project) -> None:
    raw(full, "UPDATE host_result SET rank = 1.6 WHERE hostname = 'Host-7'")  # SQLite keeps it, PostgreSQL rounds it
    with pytest.raises(StoreError, match="host_result: not copied") as caught:
        copy(full, "licsweep.db", empty.settings.database)
    assert "302 rows were copied" in caught.value.why
    assert raw(empty, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


@pytest.mark.parametrize("kind", ["file", "postgresql"])
def test_a_copy_never_adds(full: Project, postgres_server: Server, kind: str) -> None:
    target = "other.db" if kind == "file" else postgres_server.emptied()
    other = load(full.folder, {"database": target}, environment={})
    with writing(other, "sweep") as store:
        save(store, "b", NOW)
    for named in (target, "licsweep.db"):
        with pytest.raises(StoreError, match="not empty"):
            copy(full, "licsweep.db", named)
    with reading(other) as store:
        assert store.hostnames() == {"b"}


def test_what_can_not_be_copied(full: Project, tmp_path: Path) -> None:
    with writing(full, "sweep"), pytest.raises(LockedError):
        copy(full, "licsweep.db", "other.db")
    with pytest.raises(StoreError, match="no database yet"):
        copy(full, "nothing.db", "other.db")
    raw(full, "UPDATE alembic_version SET version_num = '0003'")
    with pytest.raises(StoreError, match="written by an older"):
        copy(full, "licsweep.db", "other.db")
    assert not (tmp_path / "other.db").exists()


@pytest.mark.parametrize(
    "rest",
    [
        "u:secret@h/d",
        "u@corp:secret@h/d",
        "u?x:secret@h/d",
        "u%3Asecret@h/d",
        "u%2Fv:secret@h/d",
        "u@h/d?password=secret",
        "u@h/d?pass%77ord=secret",
        "u@h/d?a=b&sslpassword=secret",
        "u@h/d?conninfo=password%20%3D%20secret",
        "u@h/d?conninfo=postgresql://u:secret@h",
    ],
)
def test_a_password_in_a_url_is_refused_and_not_repeated(full: Project, rest: str) -> None:
    with pytest.raises(UsageError, match="a URL with a password") as caught:
        copy(full, "licsweep.db", f"postgresql+psycopg://{rest}")
    assert "secret" not in str(caught.value) + caught.value.what


def test_a_url_without_a_password_is_not_refused() -> None:
    for url in ("postgresql+psycopg://u@h:5432/d?port=1&passfile=/p", "postgresql+psycopg:///d", "my password=1.db"):
        refuse_password(url, "database")


def test_a_damaged_source_is_named(full: Project, tmp_path: Path) -> None:
    content = (tmp_path / "licsweep.db").read_bytes()
    (tmp_path / "licsweep.db").write_bytes(content[:40960] + bytes(len(content) - 40960))
    with pytest.raises(StoreError, match=r"licsweep\.db: the database can't be used"):
        copy(full, "licsweep.db", "other.db")
    assert not (tmp_path / "other.db").exists()
