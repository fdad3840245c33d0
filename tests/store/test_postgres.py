"""What is PostgreSQL's own: who is refused and why, what is made in it, several collectors at once."""

import hashlib
import re
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from licsweep.errors import LicsweepError, LockedError, StoreError, UsageError
from licsweep.model import Outcome
from licsweep.settings import Project, load
from licsweep.store import HEAD, database_of, exists, postgres, reading, upgrade, writing
from tests import postgres as server
from tests.store.conftest import NOW, ONE, capture, raw, result, save

VERSION = "SELECT version_num FROM alembic_version"
# What the tables were in version 0004, from which every later migration is tried; no release had it on PostgreSQL.
OLDER = f"""
DROP TABLE cssm_alerts;
DROP INDEX snapshot_by_uid;
ALTER TABLE snapshot DROP COLUMN imported_at;
ALTER TABLE host_result DROP COLUMN texts, DROP COLUMN texts_base;
CREATE TABLE capture (id serial PRIMARY KEY, snapshot_id integer, hostname text, command text, started_at text,
  seconds double precision, sha256 text, level text, text bytea, base_id integer);
INSERT INTO capture VALUES (1, 1, 'a', 'show license all', '2026-11-24T12:00:00.000000Z', 0.5,
  '{hashlib.sha256(b"Count: 2").hexdigest()}', NULL, decode('{zlib.compress(b"Count: 2").hex()}', 'hex'), NULL);
UPDATE alembic_version SET version_num = '0004';
"""


@pytest.fixture
def empty(tmp_path: Path, postgres_server: server.Server) -> Project:
    """A project whose database is there and empty."""
    return load(tmp_path, {"database": postgres_server.new(filled=False)}, environment={})


@pytest.fixture
def project(tmp_path: Path, postgres_server: server.Server) -> Project:
    """A project on PostgreSQL, whose tables stay as they are."""
    return load(tmp_path, {"database": postgres_server.emptied()}, environment={})


def another(project: Project, folder: Path) -> Project:
    """Another collector of the same database."""
    folder.mkdir()
    return replace(project, folder=folder)


def layout(project: Project) -> dict[str, Any]:
    """Columns with their types and collations, and indexes, of each table."""
    engine = sa.create_engine(project.settings.database)
    inspector = sa.inspect(engine)
    found = {
        table: (
            sorted(
                (column["name"], column["nullable"], str(column["type"]), getattr(column["type"], "collation", None))
                for column in inspector.get_columns(table)
            ),
            sorted((str(index["name"]), tuple(index["column_names"])) for index in inspector.get_indexes(table)),
        )
        for table in inspector.get_table_names()
    }
    engine.dispose()
    return found


def test_the_tables_are_made_whole_or_not_at_all(empty: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not exists(empty)
    with pytest.raises(StoreError, match="no database yet"), reading(empty):
        pass
    with monkeypatch.context() as patched:
        patched.setattr("alembic.command.stamp", lambda *_: 1 / 0)  # after the tables
        with pytest.raises(ZeroDivisionError), writing(empty, "sweep"):
            pass
    assert layout(empty) == {}
    with writing(empty, "import", alone=False) as store:
        assert store.snapshots() == []
    assert exists(empty)
    assert raw(empty, VERSION) == [(HEAD,)]


def test_whoever_comes_second_makes_no_tables(empty: Project) -> None:
    database = database_of(empty)
    with writing(empty, "sweep") as store:
        save(store, "a", NOW, licenses=ONE)
    database.make(lambda connection: pytest.fail("they are there"))
    with reading(empty) as store:
        assert store.hostnames() == {"a"}


def test_every_text_is_in_the_order_of_its_code_points(project: Project) -> None:
    texts = "SELECT DISTINCT collation_name FROM information_schema.columns WHERE data_type = 'text'"
    assert raw(project, f"{texts} AND table_schema = 'public'") == [("C",)]
    assert raw(project, "SELECT 'a' < 'B'") == [(True,)], "negative control: the server's own order is another"
    with writing(project, "sweep") as store:
        for name in ("b", "a", "B", "ä"):
            save(store, name, NOW, licenses=ONE)
        assert [state.hostname for state in store.host_states(as_of=NOW)] == ["B", "a", "b", "ä"]


def test_nul_is_replaced_and_kept_in_texts(project: Project) -> None:
    with writing(project, "sweep") as store:
        snapshot = store.begin("sweep", "a\0b", 1, NOW)
        outcome = Outcome(hostname="a", status="ok", reason="\0")
        store.save_host(snapshot, replace(result(captures=(capture("Count:\0 2\n"),)), outcome=outcome))
        assert [one.text for one in store.captures(snapshot, "a")] == ["Count:\0 2\n"]
        assert [one.outcome.reason for one in store.results(snapshot)] == ["\ufffd"]
        assert [one.selection for one in store.snapshots()] == ["a\ufffdb"]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://u:secret@h/d",
        "postgresql://u:se/cret@h/d",
        "postgresql://u@h/d?password=secret",
        "postgresql://u@h/d?sslmode=require&sslpassword=secret",
    ],
)
@pytest.mark.parametrize("at", ["file", "environment", "flag"])
def test_a_password_in_the_url_is_refused_and_not_repeated(tmp_path: Path, url: str, at: str) -> None:
    if at == "file":
        (tmp_path / "licsweep.toml").write_text(f'database = "{url}"\n')
    with pytest.raises(UsageError) as caught:
        load(
            tmp_path,
            {"database": url} if at == "flag" else {},
            environment={"LICSWEEP_DATABASE": url} if at == "environment" else {},
        )
    error = caught.value
    assert "PGPASSFILE" in error.why
    assert "cret" not in f"{error.what}{error.hint}"
    assert load(tmp_path, {"database": "postgresql+psycopg://u@h:5432/d?user=a"}, environment={}), "negative control"


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ("@h:x/d", "not supported"),
        ("@/d?port=x", "not a URL"),
        ("@/d?autocommit=1", "no parameter of libpq"),
        ("@/d?row_factory=x", "no parameter of libpq"),
    ],
)
def test_a_url_that_libpq_does_not_know_is_refused(tmp_path: Path, rest: str, told: str) -> None:
    """Least of all an argument of psycopg's own: with autocommit nothing would be whole or not at all."""
    there = load(tmp_path, {"database": f"postgresql+psycopg://u{rest}"}, environment={})
    with pytest.raises(UsageError, match=told), reading(there):
        pass


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda url: re.sub("/test[0-9]+", "/nowhere", url), "there is no such database"),
        (lambda url: url.replace("postgres@", "nobody@"), "the server does not let this user in"),
        (lambda url: url.replace("host=/", "host=/nowhere/"), "PostgreSQL says: connection (failed|is bad)"),
        (lambda url: "postgresql://u@127.0.0.1:1/d", "PostgreSQL says: connection (failed|is bad)"),
    ],
    ids=["database", "user", "socket", "port"],
)
def test_what_can_not_be_reached_is_told(project: Project, change: Callable[[str], str], told: str) -> None:
    there = load(project.folder, {"database": change(project.settings.database)}, environment={})
    for opened in (reading(there), writing(there, "sweep"), writing(there, "import", alone=False)):
        with pytest.raises(StoreError) as caught, opened:
            pass
        assert re.search(told, caught.value.why)
        assert caught.value.hint
        assert "psycopg" not in caught.value.why
        assert "\n" not in caught.value.why


def test_a_foreign_database_is_told(empty: Project) -> None:
    raw(empty, "CREATE TABLE snapshot (id integer)")
    for opened in (reading(empty), writing(empty, "sweep")):
        with pytest.raises(StoreError, match="holds no tables of licsweep"), opened:
            pass


def test_a_database_that_can_not_hold_every_text_is_refused(postgres_server: server.Server, tmp_path: Path) -> None:
    locale = "ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'"
    postgres_server.sql(f"CREATE DATABASE ascii TEMPLATE template0 {locale}")
    ascii_only = load(tmp_path, {"database": postgres_server.url("ascii")}, environment={})
    with pytest.raises(StoreError, match="its encoding is SQL_ASCII"), writing(ascii_only, "sweep"):
        pass
    assert raw(ascii_only, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


def test_without_psycopg_the_extra_is_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError) as caught, reading(project):
        pass
    assert caught.value.hint == "pip install 'licsweep[postgres]'"


@pytest.mark.parametrize(
    ("url", "host", "sslmode"),
    [
        ("postgresql://u@db.example.net/d", "", "verify-full"),
        ("postgresql:///d?host=db.example.net", "", "verify-full"),
        ("postgresql:///d", "db.example.net", "verify-full"),
        ("postgresql:///d?host=localhost,db.example.net", "", "verify-full"),
        ("postgresql:///d?host=localhost&host=db.example.net", "", "verify-full"),
        ("postgresql://u@127.example.net/d", "", "verify-full"),
        ("postgresql://u@localhost/d?hostaddr=192.0.2.1", "", "verify-full"),
        ("postgresql://u@db.example.net/d?sslmode=require", "", "require"),
        ("postgresql://u@localhost:5433/d", "", None),
        ("postgresql://u@127.0.0.1/d", "", None),
    ],
)
def test_a_server_on_the_network_shows_a_certificate(
    monkeypatch: pytest.MonkeyPatch, url: str, host: str, sslmode: str | None
) -> None:
    monkeypatch.delenv("PGSSLMODE", raising=False)
    monkeypatch.setenv("PGHOST", host)
    assert postgres._verified(sa.make_url(url)).query.get("sslmode") == sslmode
    monkeypatch.setenv("PGSSLMODE", "require")
    assert postgres._verified(sa.make_url(url)) == sa.make_url(url)


def test_a_user_without_the_right_to_write_reads(empty: Project) -> None:
    project = empty
    raw(project, "CREATE ROLE reader LOGIN")
    raw(project, "GRANT pg_read_all_data TO reader")
    url = project.settings.database.replace("postgres@", "reader@")
    read_only = load(project.folder, {"database": url}, environment={})
    with writing(project, "sweep") as store:
        save(store, "a", NOW, licenses=ONE)
        store.begin("sweep", "all hosts", 1, NOW)
        with reading(read_only) as other:
            assert [one.state for one in other.snapshots()] == ["complete", "running"]
            assert other.hostnames() == {"a"}
    with pytest.raises(StoreError) as caught, writing(read_only, "import", alone=False) as store:
        store.remove_import(1, NOW)
    assert caught.value.why == "this user may not do that"


def test_an_upgrade_makes_the_tables_of_a_new_database(empty: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with writing(empty, "sweep") as store:
        save(store, "a", NOW, licenses=ONE)
    wanted = layout(empty)
    raw(empty, OLDER)
    before = layout(empty)
    assert before != wanted, "negative control"
    with monkeypatch.context() as patched:
        patched.setattr("alembic.op.drop_table", lambda *_: 1 / 0)  # at the end of 0006
        with pytest.raises(ZeroDivisionError):
            upgrade(empty)
    assert (layout(empty), raw(empty, VERSION)) == (before, [("0004",)]), "whole or not done"
    assert upgrade(empty, compact=True)[1:3] == ("0004", HEAD)
    assert upgrade(empty)[1:3] == (HEAD, HEAD), "a second time there is nothing to do"
    assert layout(empty) == wanted
    with reading(empty) as store:
        (state,) = store.host_states(as_of=NOW)
        assert state.observation is not None
        assert [one.text for one in store.captures(1, "a")] == ["Count: 2"]


def test_an_upgrade_waits_for_nobody(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "BUSY_SECONDS", 0.2)
    other = sa.create_engine(project.settings.database)
    with other.begin() as connection:
        connection.execute(sa.text("LOCK TABLE alembic_version"))
        with pytest.raises(StoreError) as caught:
            upgrade(project)
    other.dispose()
    assert "locked by another program" in caught.value.why


def test_ids_of_two_collectors_and_whose_snapshot_is_left_behind(project: Project, tmp_path: Path) -> None:
    here, there = project, another(project, tmp_path / "there")
    with writing(here, "sweep") as one:
        first = one.begin("sweep", "all hosts", 1, NOW)
        with writing(there, "sweep") as two:  # whoever opens marks what was left behind: nothing was
            second = two.begin("sweep", "all hosts", 1, NOW)
            assert {seen.state for seen in one.snapshots()} == {"running"}
            with pytest.raises(LockedError), writing(there, "ingest"):
                pass
            with pytest.raises(LockedError, match="another run holds"):
                upgrade(project)
        with reading(there) as store:
            assert {seen.id: seen.state for seen in store.snapshots()} == {first: "running", second: "interrupted"}
        with writing(there, "ingest"):
            pass
        assert raw(project, "SELECT id, state FROM snapshot ORDER BY id") == [
            (first, "running"),
            (second, "interrupted"),
        ]
        one.end(first, "complete", NOW)


def test_a_connection_that_was_cut_is_noticed(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    with writing(project, "sweep") as store:
        save(store, "a", NOW)
        assert "the lock was lost" not in caplog.text, "negative control"
        snapshot = store.begin("sweep", "all hosts", 1, NOW)
        raw(project, "SELECT pg_terminate_backend(pid, 9999) FROM pg_locks WHERE locktype = 'advisory'")
        store.end(snapshot, "complete", NOW)
        assert f"the lock was lost while snapshot {snapshot} was written" in caplog.text


def test_a_server_that_stops_is_told(project: Project) -> None:
    others = "SELECT pg_terminate_backend(pid, 9999) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"

    def stopped() -> None:
        with writing(project, "import", alone=False) as store, store._writing() as connection:
            connection.execute(sa.text("SELECT 1"))
            raw(project, f"{others} AND datname = current_database()")
            connection.execute(sa.text("SELECT 1"))

    with pytest.raises(StoreError) as caught:
        stopped()
    assert caught.value.why == "the connection to the server broke"


COLLECTOR = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from licsweep.settings import load
from licsweep.store import writing
from tests.store.conftest import NOW, ONE, capture, result
from licsweep.model import Observation
hour = int(sys.argv[2])
with writing(load(Path(sys.argv[1]), {"database": sys.argv[3]}, environment={}), "sweep") as store:
    snapshot = store.begin("sweep", "all hosts", 40, NOW)
    print("begun", flush=True)
    sys.stdin.readline()
    for number in range(40):
        at = NOW + timedelta(hours=hour, minutes=number)
        seen = Observation(hostname=f"h{number}", captured_at=at, licenses=ONE * hour)
        text = capture(f"Count: {hour} {number}\\n" * 50)
        store.save_host(snapshot, result(f"h{number}", at, captures=(text,), observation=seen))
    store.end(snapshot, "complete", NOW)
"""


def test_two_collectors_at_once_bring_whole_snapshots(project: Project, tmp_path: Path) -> None:
    """Both have begun before either goes on; they store the same hosts, and the newer result of each host counts."""
    running = []
    for hour in (1, 2):
        folder = tmp_path / f"collector{hour}"
        folder.mkdir()
        program = [sys.executable, "-c", COLLECTOR, str(folder), str(hour), project.settings.database]
        running.append(subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
    for one in running:
        assert one.stdout is not None
        assert one.stdout.readline() == "begun\n"
    for one in running:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    assert [one.communicate(timeout=60) and one.returncode for one in running] == [0, 0]
    with reading(project) as store:
        assert [(one.state, one.outcomes) for one in store.snapshots()] == [("complete", {"ok": 40})] * 2
        states = store.host_states(as_of=NOW + timedelta(days=1))
        assert [len(state.observation.licenses) for state in states if state.observation] == [2] * 40
        assert all(store.captures(number, "h39") for number in (1, 2))


@pytest.mark.parametrize(("needed", "outcome"), [("1", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_server_is_a_skip_or_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, needed: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("LICSWEEP_NEED_POSTGRES", needed)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(outcome, match="no PostgreSQL here"):
        server.find_programs(tmp_path)


def test_errors_of_postgres_are_errors_of_the_store(empty: Project) -> None:
    with writing(empty, "sweep") as store:
        raw(empty, "DROP TABLE retirement")
        with pytest.raises(LicsweepError) as caught:
            store.retirements(NOW)
    assert caught.value.why == "its tables are not those of licsweep"


def test_a_reader_that_failed_leaves_no_connection(project: Project) -> None:
    with writing(project, "sweep") as store:
        save(store, "a", NOW, licenses=ONE)
    raw(project, "UPDATE host_result SET observation = substr(observation, 2)")
    with reading(project) as store:
        with pytest.raises(StoreError, match="damaged") as caught:
            store.host_states(as_of=NOW)
        assert store._engine.pool.checkedout() == 0, caught  # type: ignore[attr-defined]
