"""One writer of snapshots at a time, or one of each collector. About the lock file itself: `file_project`."""

import logging
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from licsweep.errors import LockedError, StoreError
from licsweep.settings import Project, load
from licsweep.store import Store, postgres, reading, writing
from tests.store.conftest import NOW, raw, save


def test_the_lock_says_who_and_since_when(project: Project) -> None:
    with writing(project, "sweep"):
        with pytest.raises(LockedError) as caught, writing(project, "ingest"):
            pass
        holder = rf"sweep, process {os.getpid()} on .+, since 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"
        assert re.fullmatch(holder, caught.value.why)
        assert caught.value.exit_code == 5
        with writing(project, "import", alone=False) as beside:  # an import may run beside a sweep
            assert beside.snapshots() == []
    with writing(project, "ingest"):
        pass  # negative control: it is free again


@pytest.mark.parametrize("text", ["", "{", "[]", '{"doing": "sweep"}'])
def test_a_holder_that_has_not_written_who_it_is(file_project: Project, text: str) -> None:
    with writing(file_project, "sweep"):
        (file_project.folder / "licsweep.lock").write_text(text)
        with pytest.raises(LockedError) as caught, writing(file_project, "ingest"):
            pass
    assert caught.value.why == "the lock holder is not recorded yet"


HOLDER = """
import sys, time
from pathlib import Path
from licsweep.settings import load
from licsweep.store import writing
with writing(load(Path(sys.argv[1])), "sweep") as store:
    from datetime import UTC, datetime
    store.begin("sweep", "all hosts", 1, datetime.now(UTC))
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_lock_is_free_after_a_sigkill(project: Project) -> None:
    named = os.environ | {"LICSWEEP_DATABASE": project.settings.database}
    held = [sys.executable, "-c", HOLDER, str(project.folder)]
    with subprocess.Popen(held, stdout=subprocess.PIPE, env=named) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LockedError), writing(project, "ingest"):
            pass
        with reading(project) as store:
            assert [one.state for one in store.snapshots()] == ["running"]
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    if "://" in project.settings.database:  # until the server has seen it too
        raw(project, f"SELECT pg_advisory_xact_lock({postgres._SNAPSHOT}, 1)")
    with reading(project) as store:
        assert [one.state for one in store.snapshots()] == ["interrupted"], "nobody writes it any more"
    assert raw(project, "SELECT state FROM snapshot") == [("running",)], "readers change nothing"
    with writing(project, "ingest") as store:
        assert [one.state for one in store.snapshots()] == ["interrupted"]


def test_a_snapshot_that_ends_while_it_is_asked_for_is_complete(
    store: Store, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its run was seen as running, ended it, and let go of the lock before that was asked for."""
    snapshot = store.begin("sweep", "all hosts", 1, NOW)

    def ended(*_: object) -> tuple[int, ...]:
        raw(project, f"UPDATE snapshot SET state = 'complete' WHERE id = {snapshot}")
        return ()

    with monkeypatch.context() as patched:
        patched.setattr(store._database, "written", ended)
        assert [one.state for one in store.snapshots()] == ["complete"]
        raw(project, "UPDATE snapshot SET state = 'running'")
        store.close_interrupted()
    assert raw(project, "SELECT state FROM snapshot") == [("complete",)]


def test_the_lock_follows_no_link(file_project: Project, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (file_project.folder / "licsweep.lock").symlink_to(precious)
    with pytest.raises(StoreError) as caught, writing(file_project, "sweep"):
        pass
    assert "symbolic link" in caught.value.why
    assert precious.read_text() == "precious"


def test_a_pipe_in_its_place_holds_nobody_up(file_project: Project) -> None:
    os.mkfifo(file_project.folder / "licsweep.lock")
    with writing(file_project, "sweep"), pytest.raises(LockedError), writing(file_project, "ingest"):
        pass


@pytest.mark.parametrize("replaced", [True, False])
def test_a_lock_that_was_taken_away_is_noticed(
    file_project: Project, caplog: pytest.LogCaptureFixture, replaced: bool
) -> None:
    with caplog.at_level(logging.WARNING), writing(file_project, "sweep") as store:
        save(store, "a", NOW)
        assert caplog.text == "", "negative control"
        (file_project.folder / "licsweep.lock").unlink()
        if replaced:
            (file_project.folder / "licsweep.lock").touch()
        save(store, "a", NOW)
    assert "the lock was lost while snapshot 2 was written" in caplog.text


def test_a_database_that_would_be_its_own_lock(tmp_path: Path) -> None:
    from licsweep.errors import UsageError

    with pytest.raises(UsageError, match="lock"), writing(load(tmp_path, {"database": "a.lock"}), "sweep"):
        pass
