"""The store on a real database file."""

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from licsweep.errors import LockedError, StoreError
from licsweep.model import Capture, LicenseUse, Observation, Outcome
from licsweep.position_types import CssmInstance, CssmLicense, Entitlement, Substitution
from licsweep.store.lock import locked
from licsweep.store.store import HEAD, Store
from licsweep.store.tables import metadata

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ONE = (LicenseUse(name="network-advantage", count=1, status="in-use"),)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "licsweep.db", create=True)
    yield made
    made.close()


def save(store: Store, hostname: str, at: datetime, status: str = "ok", **fields: object) -> int:
    snapshot = store.begin("sweep", "all hosts", 1, at)
    observation = Observation(hostname=hostname, captured_at=at, **fields) if fields else None  # type: ignore[arg-type]
    store.save_result(snapshot, Outcome(hostname=hostname, status=status), at, observation)  # type: ignore[arg-type]
    store.end(snapshot, "complete", at)
    return snapshot


def test_migrations_make_the_tables_of_the_code(store: Store, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "licsweep.db") as raw:
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert raw.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,)
        for table in metadata.tables.values():
            made = {row[1] for row in raw.execute(f"PRAGMA table_info({table.name})")}
            assert made == {column.name for column in table.columns}
    raw.close()
    assert (tmp_path / "licsweep.db").stat().st_mode & 0o077 == 0


def test_the_last_good_observation_stays_current(store: Store) -> None:
    first = save(store, "a", NOW, licenses=ONE)
    save(store, "a", NOW + timedelta(hours=1), "unreachable")
    (state,) = store.host_states(as_of=NOW + timedelta(days=1))
    assert state.outcome == "unreachable"
    assert state.snapshot_id == first
    assert state.observation is not None
    assert state.observation.licenses == ONE


def test_a_cut_off_observation_never_displaces_a_whole_one(store: Store) -> None:
    save(store, "a", NOW, licenses=ONE)
    save(store, "a", NOW + timedelta(hours=1), "partial", licenses=(), complete=False, release="17.9")
    save(store, "a", NOW + timedelta(hours=2), "partial", licenses=ONE, complete=False, release="17.12")
    (state,) = store.host_states(as_of=NOW + timedelta(days=1))
    assert state.observation is not None
    assert state.observation.complete


def test_as_of_sees_what_was_known_then(store: Store) -> None:
    save(store, "a", NOW, licenses=ONE)
    save(store, "a", NOW + timedelta(days=2), licenses=(*ONE, *ONE))
    (state,) = store.host_states(as_of=NOW + timedelta(days=1))
    assert state.observation is not None
    assert len(state.observation.licenses) == 1
    assert store.host_states(as_of=NOW - timedelta(days=1)) == []


def _capture(text: str) -> Capture:
    return Capture(
        hostname="a",
        command="show license all",
        text=text,
        started_at=NOW,
        seconds=0.5,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


def test_captures_come_back_and_damage_is_seen(store: Store, tmp_path: Path) -> None:
    snapshot = store.begin("sweep", "all hosts", 1, NOW)
    store.save_captures(snapshot, [_capture("Count: 2\n")])
    assert store.captures(snapshot, "a") == [_capture("Count: 2\n")]
    with sqlite3.connect(tmp_path / "licsweep.db") as raw:
        raw.execute("UPDATE capture SET sha256 = 'x'")
    raw.close()
    with pytest.raises(StoreError, match="damaged"):
        store.captures(snapshot, "a")


def test_entitlements_come_back(store: Store) -> None:
    lent = Substitution(license="B", substituted_license="A", quantity=5, type="LOWER_TO_HIGHER")
    row = Entitlement(smart_account="Example Networks", virtual_account="Campus", license="A", substitutions=(lent,))
    made = store.add_import("yaml", "sample.yaml", b"x", [row], NOW, whole=True)
    [one] = store.imports()
    assert (one.id, one.source, one.whole, one.removed_at) == (made, "yaml", True, None)
    assert (one.entitlements, one.instances, one.exported_at) == ((row,), (), NOW)


def test_an_import_taken_back_keeps_its_rows(store: Store) -> None:
    made = store.add_import("yaml", "sample.yaml", b"x", [Entitlement(license="A")], NOW)
    store.remove_import(made, NOW)
    [one] = store.imports()
    assert (one.removed_at, len(one.entitlements)) == (NOW, 1)


def test_outcomes_add_up(store: Store) -> None:
    snapshot = store.begin("sweep", "all hosts", 3, NOW)
    for name, status in {"a": "ok", "b": "ok", "c": "timed-out"}.items():
        store.save_result(snapshot, Outcome(hostname=name, status=status), NOW, None)  # type: ignore[arg-type]
    (seen,) = store.snapshots()
    assert seen.outcomes == {"ok": 2, "timed-out": 1}
    assert sum(seen.outcomes.values()) == seen.selected


def test_a_newer_database_is_refused(store: Store, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "licsweep.db") as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    with pytest.raises(StoreError, match="newer licsweep"):
        Store(tmp_path / "licsweep.db")


def test_no_database_and_no_database_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no database yet"):
        Store(tmp_path / "none.db")
    (tmp_path / "broken.db").write_text("this is no database, it is a text that is long enough to be one" * 50)
    with pytest.raises(StoreError, match="broken"):
        Store(tmp_path / "broken.db")


def test_the_lock_says_who_and_since_when(tmp_path: Path) -> None:
    database = tmp_path / "licsweep.db"
    with locked(database, "sweep"):
        with pytest.raises(LockedError) as caught, locked(database, "ingest"):
            pass
        assert str(os.getpid()) in caught.value.why
        assert caught.value.exit_code == 5
    with locked(database, "ingest"):
        pass  # negative control: it is free again


HOLDER = """
import sys, time
from pathlib import Path
from licsweep.store.lock import locked
with locked(Path(sys.argv[1]), "sweep"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_lock_is_free_after_a_sigkill(tmp_path: Path) -> None:
    database = tmp_path / "licsweep.db"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(database)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LockedError), locked(database, "ingest"):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with locked(database, "ingest"):
        pass


def test_a_first_database_is_brought_to_todays_tables(tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    path = tmp_path / "licsweep.db"
    config = Config()
    config.set_main_option("script_location", "licsweep.store:migrations")
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    with sqlite3.connect(path) as raw:
        raw.execute(
            "INSERT INTO entitlement_import VALUES (1, 'cssm-csv', 'export.csv', 'x', '2026-05-01T00:00:00.000000Z')"
        )
        raw.execute('INSERT INTO entitlement VALUES (1, 0, \'{"license": "A"}\')')
    raw.close()
    store = Store(path)
    [one] = store.imports()
    assert (one.source, [row.license for row in one.entitlements]) == ("cssm-licenses", ["A"])
    assert (one.instances, one.whole, one.removed_at) == ((), False, None)
    store.close()
    with sqlite3.connect(path) as raw:
        assert raw.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,)
    raw.close()


def test_product_instances_of_cssm_come_back(store: Store) -> None:
    row = CssmInstance(virtual_account="Campus", sn="FOC0000X001", licenses=(CssmLicense(license="A", quantity=2),))
    store.add_import("cssm-instances", "instances.yaml", b"x", [row], NOW)
    [one] = store.imports()
    assert (one.source, one.instances, one.entitlements) == ("cssm-instances", (row,), ())


def read_again(store: Store, of: int, count: int) -> int:
    snapshot = store.begin("reparse", "x", 1, NOW)
    seen = Observation(hostname="a", captured_at=NOW, licenses=(LicenseUse(name="x", count=count),))
    store.save_result(snapshot, Outcome(hostname="a", status="ok"), NOW, seen, captured_in=of)
    return snapshot


def test_captures_count_as_they_were_read_last(store: Store) -> None:
    first = save(store, "a", NOW, licenses=ONE)
    again = read_again(store, first, 7)
    cut = store.begin("reparse", "x", 1, NOW)
    store.save_result(
        cut, Outcome(hostname="a", status="partial"), NOW, Observation(hostname="a", complete=False), captured_in=first
    )

    def counts(**options: int) -> list[int | None]:
        (state,) = store.host_states(as_of=NOW + timedelta(days=1), **options)
        assert state.snapshot_id in (None, first), "the captures lie in the first snapshot"
        return [use.count for use in state.observation.licenses] if state.observation else []

    assert counts() == [], "what today's templates can't read is no longer counted"
    assert counts(known_by=again) == [7]
    assert counts(known_by=first) == [1]
    assert counts(snapshot_id=again) == [7]
    newer = save(store, "a", NOW + timedelta(hours=1), licenses=(*ONE, *ONE))
    (state,) = store.host_states(as_of=NOW + timedelta(days=1))
    assert state.snapshot_id == newer, "a newer capture still counts before an older one read again"


def test_known_by_is_about_the_hosts_of_that_snapshot(store: Store) -> None:
    save(store, "a", NOW, licenses=ONE)
    second = save(store, "b", NOW, licenses=ONE)
    assert [state.hostname for state in store.host_states(as_of=NOW, known_by=second)] == ["b"]
