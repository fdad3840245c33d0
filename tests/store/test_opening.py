"""Where the database file lies, who may open it, and that only `store upgrade` changes its tables: SQLite's own."""

import lzma
import os
import shutil
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from licsweep.errors import LicsweepError, StoreError, UsageError
from licsweep.ledger_types import Ledger
from licsweep.settings import Project, load
from licsweep.store import HEAD, Store, exists, reading, sqlite, upgrade, writing
from licsweep.store.tables import metadata
from tests.store.conftest import NOW, ONE, raw, save

ROOT = Path(__file__).parents[2]
FIRST_RELEASE = ROOT / "fixtures" / "store" / "first_release.db.xz"


@pytest.fixture
def project(file_project: Project) -> Project:
    """All in here is about the file; what is said of any database stands in test_versions.py."""
    return file_project


@pytest.fixture
def old(project: Project) -> Project:
    """A project of the first release."""
    (project.folder / "licsweep.db").write_bytes(lzma.decompress(FIRST_RELEASE.read_bytes()))
    return project


def layout(engine: sa.Engine) -> dict[str, Any]:
    """Columns, which of them may be NULL, and indexes of each table."""
    inspector = sa.inspect(engine)
    return {
        name: (
            sorted((column["name"], column["nullable"]) for column in inspector.get_columns(name)),
            sorted((str(index["name"]), tuple(index["column_names"])) for index in inspector.get_indexes(name)),
        )
        for name in inspector.get_table_names()
        if name != "alembic_version"
    }


def test_migrations_make_the_tables_of_the_code(old: Project) -> None:
    wanted = sa.create_engine("sqlite://")
    metadata.create_all(wanted)
    found = sa.create_engine(sa.URL.create("sqlite", database=str(old.folder / "licsweep.db")))
    assert layout(found) != layout(wanted), "negative control"
    upgrade(old)
    assert layout(found) == layout(wanted)
    found.dispose()
    wanted.dispose()


def test_a_new_database_is_of_this_version(store: Store, project: Project, tmp_path: Path) -> None:
    assert raw(project, "PRAGMA journal_mode") == [("wal",)]
    assert raw(project, "SELECT version_num FROM alembic_version") == [(HEAD,)]
    assert (tmp_path / "licsweep.db").stat().st_mode & 0o077 == 0
    assert not (tmp_path / "licsweep.db.new").exists()


@pytest.mark.parametrize("verb", ["read", "write", "import"])
def test_an_older_database_is_never_migrated_in_passing(old: Project, verb: str) -> None:
    before = (old.folder / "licsweep.db").read_bytes()
    opened = {
        "read": reading(old),
        "write": writing(old, "sweep"),
        "import": writing(old, "import", alone=False),
    }
    with pytest.raises(StoreError, match="written by an older licsweep") as caught, opened[verb]:
        pass
    assert caught.value.hint == "licsweep store upgrade"
    assert "copy the database" in caught.value.why
    assert (old.folder / "licsweep.db").read_bytes() == before


def test_the_first_release_is_upgraded_with_all_it_holds(old: Project) -> None:
    before = raw(old, "SELECT snapshot_id, hostname, status, reason, observation FROM host_result ORDER BY 1, 2")
    texts = raw(old, "SELECT hostname, snapshot_id, sha256, text FROM capture ORDER BY 1, 2, id")
    assert len(texts) > 40
    assert upgrade(old)[1:3] == ("0002", HEAD)
    assert upgrade(old)[1:3] == (HEAD, HEAD), "a second time there is nothing to do"
    after = raw(old, "SELECT snapshot_id, hostname, status, reason, observation FROM host_result ORDER BY 1, 2")
    assert after == before
    with reading(old) as store:
        snapshots = store.snapshots()
        assert [one.kind for one in snapshots] == ["sweep", "sweep", "reparse"]
        assert len({one.uid for one in snapshots} - {None}) == 3
        states = store.host_states(as_of=datetime(2026, 12, 1, tzinfo=UTC))
        assert len(states) == 24
        seen = {state.hostname: state.observation.platform for state in states if state.observation}
        assert len(seen) == 20
        assert store.platforms(NOW.max.replace(tzinfo=UTC)) == seen
        assert (
            sum(
                state.skip == "fresh-enough"
                for state in store.host_states(as_of=NOW.max.replace(tzinfo=UTC), snapshot_id=2)
            )
            == 20
        )
        assert store.courier_ledger() == Ledger(files={}, parcels={}, entries=[])
        bought, listed = store.imports()
        assert (bought.whole, bought.removed_at) == (False, None)
        assert len(bought.entitlements) > 10
        assert [row.sn for row in listed.instances] == ["FOC0000X001"]
        for (hostname, snapshot_id), rows in groupby(texts, key=lambda row: row[:2]):
            kept = [(one.sha256, one.text.encode()) for one in store.captures(snapshot_id, hostname)]
            assert kept == [(sha256, zlib.decompress(text)) for *_, sha256, text in rows]
        assert store.captured_in(1) == store.captured_in() != {}
    with writing(old, "sweep") as store:
        save(store, "a", NOW, licenses=ONE)


def test_an_upgraded_database_shrinks_and_holds_the_same(old: Project) -> None:
    upgrade(old)

    def held() -> list[Any]:
        with reading(old) as store:
            results = [one for snapshot in store.snapshots() for one in store.results(snapshot.id)]
            texts = [store.captures(one.captured_in or 0, one.outcome.hostname) for one in results]
            return [*results, *texts, store.host_states(as_of=NOW), store.imports()]

    before = held()
    done = upgrade(old, compact=True)
    assert done.bytes_after * 3 < done.bytes_before * 2
    assert (old.folder / "licsweep.db").stat().st_size == done.bytes_after
    assert held() == before
    assert raw(old, "SELECT count(*) FROM host_result WHERE base_snapshot_id IS NOT NULL") > [(10,)]
    raw(old, "UPDATE host_result SET texts = zeroblob(9) WHERE snapshot_id = 1")
    with pytest.raises(StoreError, match="damaged"):
        upgrade(old, compact=True)
    with reading(old) as store:
        assert store.host_states(as_of=NOW) == before[-2], "nothing is lost"


def test_sources_of_imports_were_renamed_once(project: Project) -> None:
    """Tables 0001 came before the first release."""
    with closing(sqlite3.connect(project.folder / "licsweep.db")) as connection:
        connection.executescript((FIRST_RELEASE.parent / "tables_0001.sql").read_text())
    assert upgrade(project)[1:3] == ("0001", HEAD)
    with reading(project) as store:
        [one] = store.imports()
    assert (one.source, [row.license for row in one.entitlements]) == ("cssm-licenses", ["A"])


def test_an_upgrade_waits_for_nobody_and_is_whole_or_not_done(old: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    database = old.folder / "licsweep.db"
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.2)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError) as caught:
            upgrade(old)
        assert "locked by another program" in caught.value.why
        other.execute("ROLLBACK")
    with monkeypatch.context() as patched:
        patched.setattr("uuid.uuid4", lambda: 1 / 0)  # in the middle of the migration
        with pytest.raises(ZeroDivisionError):
            upgrade(old)
    assert raw(old, "SELECT version_num FROM alembic_version") == [("0002",)]
    assert "retirement" not in {name for (name,) in raw(old, "SELECT name FROM sqlite_master")}
    assert upgrade(old)[1:3] == ("0002", HEAD)


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE snapshot (id INTEGER)")


def torn(path: Path) -> None:
    """A database of ours whose pages, but for the first ones, are gone."""
    path.write_bytes(lzma.decompress(FIRST_RELEASE.read_bytes()))
    upgrade(load(path.parent))
    content = path.read_bytes()
    path.write_bytes(content[:4096] + bytes(len(content) - 4096))


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: None, "no database yet"),
        (lambda path: path.touch(), "an empty file"),
        (lambda path: path.write_text("hello"), "the file is not a database"),
        (lambda path: path.write_text("this is a text that is long enough to be a database" * 99), "is not a database"),
        (lambda path: path.mkdir(), "not a regular file"),
        (lambda path: os.mkfifo(path), "not a regular file"),
        (foreign, "holds no tables of licsweep"),
        (torn, "the database is damaged"),
    ],
    ids=["none", "empty", "short", "text", "folder", "fifo", "foreign", "torn"],
)
def test_what_is_no_database_is_told(project: Project, make: Any, told: str) -> None:
    make(project.folder / "licsweep.db")
    for opened in (reading(project), writing(project, "sweep", create=False)):
        with pytest.raises(StoreError) as caught, opened as store:
            store.host_states(as_of=NOW)
        assert told in f"{caught.value.what}: {caught.value.why}"
        assert caught.value.hint
        assert "sqlite3" not in f"{caught.value.what}{caught.value.why}"


@pytest.mark.parametrize("name", ["what?", "100%41", "~", "a b", "größe", "a#b", "x&mode=memory", "'q\"", "file:x"])
@pytest.mark.parametrize("form", ["folder", "path", "url"])
def test_names_of_any_kind(tmp_path: Path, name: str, form: str) -> None:
    folder = tmp_path / (name if form == "folder" else "plain")
    folder.mkdir()
    given = {"folder": "licsweep.db", "path": f"./{name}.db", "url": f"sqlite:///{quote(name)}.db"}[form]
    project = load(folder, {"database": given}, environment={})
    with writing(project, "sweep") as store:
        save(store, "a", NOW, licenses=ONE)
    with reading(project) as store:
        assert store.hostnames() == {"a"}
    made = folder / ("licsweep.db" if form == "folder" else f"{name}.db")
    assert made.is_file()
    assert exists(project)
    assert {path.name for path in folder.iterdir()} == {made.name, made.with_suffix(".lock").name}


def test_where_the_settings_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    for given, where in (
        ("~/a.db", tmp_path / "home" / "a.db"),
        (str(tmp_path / "b.db"), tmp_path / "b.db"),
        (f"sqlite:///{tmp_path}/c.db", tmp_path / "c.db"),
        ("sqlite:///d.db", tmp_path / "d.db"),
    ):
        project = load(tmp_path, {"database": given}, environment={})
        with writing(project, "sweep"):
            assert where.is_file()
        with pytest.raises(UsageError, match="a file of the project"):
            project.refuse_output(where)


@pytest.mark.parametrize("url", ["sqlite://", "://", "nonsense://u@h/d", "mysql://h/d"])
def test_a_url_that_is_not_supported(tmp_path: Path, url: str) -> None:
    with pytest.raises(LicsweepError) as caught, reading(load(tmp_path, {"database": url}, environment={})):
        pass
    assert "sqlite:///PATH or postgresql+psycopg://" in caught.value.why


READER = """
import os, sys
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
import sqlalchemy.dialects.sqlite
from licsweep import serialization
from licsweep.model import Observation
from licsweep.errors import LicsweepError
from licsweep.settings import load
from licsweep.store import reading, writing
serialization.from_json("{}", Observation)  # the other user may not read Python's own folder
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
project = load(Path(sys.argv[1]), environment={})
with reading(project) as store:
    print([s.hostname for s in store.host_states(as_of=datetime(2030, 1, 1, tzinfo=UTC))], store.snapshots()[0].state)
try:
    with writing(project, "import", alone=False) as store:
        store.begin("sweep", "all hosts", 1, datetime.now(UTC))
except LicsweepError as error:
    print(error.why)
"""


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user can reach."""
    folder = Path("/tmp") / f"licsweep-test-{os.getpid()}"  # tmp_path is for this user alone
    folder.mkdir(mode=0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize("writer_open", [True, False])
@pytest.mark.parametrize("left", [False, True], ids=["ended", "killed"])
@pytest.mark.parametrize("owned", [False, True], ids=["foreign", "owned"])
def test_a_user_without_write_permission_reads(public: Path, writer_open: bool, left: bool, owned: bool) -> None:
    """As another user where the tests run as root, else in a folder that is read-only for all.

    `owned`: it may write the file, but not the folder, as on a share.
    """
    project = load(public, environment={})
    with ExitStack() as stack:
        store = stack.enter_context(writing(project, "sweep"))
        save(store, "a", NOW, licenses=ONE)
        for path in public.iterdir():
            path.chmod(0o444 if os.getuid() else 0o644)
        if not writer_open:
            if left:  # what SIGKILL leaves behind lies beside the file
                kept = {path.name: path.read_bytes() for path in public.glob("licsweep.db-*")}
            stack.close()
            if left:
                for name, content in kept.items():
                    (public / name).write_bytes(content)
                    (public / name).chmod(0o644)
        if owned and os.getuid() == 0:
            for path in public.iterdir():
                os.chown(path, 65534, 65534)
        public.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", READER, str(public)], capture_output=True, text=True, check=False, cwd="/"
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "['a'] complete"
    if not owned:
        assert "may not" in done.stdout.splitlines()[1]


def test_a_database_that_changes_while_it_is_read_as_it_lies(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with writing(project, "sweep") as store:
        save(store, "a", NOW, licenses=ONE)
    monkeypatch.setattr(sqlite.SqliteFile, "_opens", lambda self, engine, must: False)
    with reading(project) as other:
        assert other.hostnames() == {"a"}, "negative control: nothing changed"

    def read_meanwhile() -> None:
        with reading(project) as other, writing(project, "sweep") as store:
            assert other.hostnames() == {"a"}
            save(store, "b", NOW, licenses=ONE)

    with pytest.raises(StoreError, match="changed while it was read"):
        read_meanwhile()


def test_a_database_is_made_whole_or_not_at_all(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (project.folder / "licsweep.db.new").write_text("left behind by a run that was killed")
    with monkeypatch.context() as patched:
        patched.setattr("licsweep.store.opening.migrate", lambda connection, new: 1 / 0)
        with pytest.raises(ZeroDivisionError), writing(project, "sweep"):
            pass
    assert {path.name for path in project.folder.iterdir()} == {"licsweep.lock"}
    with writing(replace(project), "import", alone=False) as store:
        assert store.snapshots() == []
