"""What the machine and its operator do to a sweep: full disk, locked database, signals."""

import resource
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from licsweep.errors import StoreError
from licsweep.settings import load
from licsweep.simulator.estate import SimulatedEstate
from licsweep.store import sqlite, writing
from tests.faults.conftest import PROGRAM, ended, environment, snapshots, start, sweep, unfinished, write_settings

DEVICES = 40
SETTINGS = {"connect_timeout": 5, "command_timeout": 20, "device_deadline": 30, "workers": 8, "start_jitter": 0}


@pytest.fixture(scope="module")
def estate() -> Iterator[SimulatedEstate]:
    with SimulatedEstate(DEVICES, faults={"hang-in-output": 0.1}) as made:
        yield made


@pytest.fixture(params=[1, 4])
def processes(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def project(estate: SimulatedEstate, tmp_path: Path, processes: int) -> Path:
    estate.write_project(tmp_path)
    write_settings(tmp_path, SETTINGS | {"processes": processes})
    return tmp_path


def wait_for(project: Path, hosts: int) -> None:
    ends = time.monotonic() + 30
    while len(ended(project)) < hosts:
        assert time.monotonic() < ends, "the sweep does not move"
        time.sleep(0.05)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_sweep_in_time(estate: SimulatedEstate, project: Path, sent: signal.Signals) -> None:
    """Two seconds, with sessions that hang; the slack is for a busy machine."""
    running = start(estate, project)
    wait_for(project, 10)
    began = time.monotonic()
    running.send_signal(sent)
    _, said = running.communicate(timeout=60)
    assert time.monotonic() - began <= 2 + 2, said
    assert running.returncode == 130, said
    counts = Counter(host.status for host in ended(project).values())
    assert counts.total() == DEVICES
    assert counts["skipped"]
    assert counts["ok"]
    assert unfinished(project) == []


def test_a_database_that_another_program_holds(
    estate: SimulatedEstate, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Held for a while it is waited for; held for longer than that it is an error, and nothing is half written."""
    first = estate.devices[0].name
    assert sweep(estate, project, "--limit", first)[0] == 0
    with closing(sqlite3.connect(project / "licsweep.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.2)
        with pytest.raises(StoreError) as told, writing(load(project), "import", alone=False) as held:
            held.begin("sweep", "all hosts", 1, datetime.now(UTC))
        assert "locked by another program" in told.value.why
        running = start(estate, project, "--limit", first)
        time.sleep(3)
        assert running.poll() is None
        other.execute("ROLLBACK")
    _, said = running.communicate(timeout=30)
    assert running.returncode == 0, said
    assert snapshots(project) == [1, 2]
    assert list(ended(project)) == [first]


def test_a_full_disk(estate: SimulatedEstate, project: Path, processes: int) -> None:
    """A limit on the size of files stands in for the disk: the database can't grow beyond it."""
    write_settings(project, SETTINGS | {"command_timeout": 3, "workers": 20, "processes": processes})
    first = estate.devices[0].name
    assert sweep(estate, project, "--limit", first)[0] == 0
    whole = sum(path.stat().st_size for path in project.glob("licsweep.db*"))

    def little_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (whole + 40_000, whole + 40_000))

    done = subprocess.run(
        [*PROGRAM, "sweep", "--project", str(project)],
        env=environment(estate),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=little_room,
        timeout=120,
    )
    assert done.returncode == 2, done.stderr
    assert "LS106" in done.stderr
    assert "Traceback" not in done.stderr
    kept = ended(project)
    assert len(kept) < DEVICES
    assert ended(project, 1)[first].status == "ok"
    assert sweep(estate, project, "--min-coverage", 0)[0] == 0
    assert len(ended(project)) == DEVICES
    assert unfinished(project) == []
