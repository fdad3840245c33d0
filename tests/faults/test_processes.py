"""A sweep in four processes: one gate for all, and what becomes of it when some of them are killed."""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from licsweep.platforms import get
from licsweep.simulator.estate import SimulatedEstate
from licsweep.sweep.gate import TOO_LATE
from licsweep.sweep.processes import SILENT_SECONDS
from tests.faults.conftest import ended, query, start, sweep, unfinished, write_settings

DEVICES, LOCKING = 48, 8
SETTINGS = {
    "connect_timeout": 5,
    "command_timeout": 4,
    "device_deadline": 8,
    "workers": 12,
    "processes": 4,
    "start_jitter": 0,
    "lockout_after": 4,
    "min_coverage": 0,
}


@pytest.fixture(scope="module")
def estate() -> Iterator[SimulatedEstate]:
    faults = {"lock-out": LOCKING / DEVICES, "hang-in-output": 2 / DEVICES}
    with SimulatedEstate(DEVICES, latency_ms=20, faults=faults) as made:
        yield made


@pytest.fixture
def project(estate: SimulatedEstate, tmp_path: Path) -> Path:
    estate.write_project(tmp_path)
    write_settings(tmp_path, SETTINGS)
    return tmp_path


def children(running: "subprocess.Popen[str]", project: Path, hosts: int) -> list[int]:
    """The processes of a sweep, when so many hosts are stored."""
    ends = time.monotonic() + 30
    while len(ended(project)) < hosts:
        assert time.monotonic() < ends, "the sweep does not move"
        time.sleep(0.02)
    found = [path.parent for path in Path("/proc").glob("[0-9]*/stat")]
    return [int(one.name) for one in found if (one / "stat").exists() and parent_of(one) == running.pid]


def parent_of(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def counts(estate: SimulatedEstate, project: Path) -> Counter[str]:
    """How the healthy hosts ended."""
    healthy = {device.name for device in estate.devices if device.fault is None}
    return Counter(host.status for name, host in ended(project).items() if name in healthy)


def test_one_account_for_all_processes(estate: SimulatedEstate, project: Path) -> None:
    """Three passwords are sent without success, as in one process; nobody else is harmed. Some boxes know their users
    themselves, each one an account of its own."""
    code, said = sweep(estate, project)
    assert code == 0, said
    got = ended(project)
    locking = [device for device in estate.devices if device.fault == "lock-out"]
    shared = [device for device in locking if not get(device.platform).local_accounts]
    assert len(shared) > 3
    assert Counter(got[one.name].status for one in shared) == {"auth-failed": 3, "skipped": len(shared) - 3}
    others = {device.name: device.expected_outcome for device in estate.devices if device.fault != "lock-out"}
    assert {name: got[name].status for name in others} == others


def test_the_deadline_of_the_sweep(estate: SimulatedEstate, project: Path) -> None:
    write_settings(project, SETTINGS | {"sweep_deadline": 2})
    began = time.monotonic()
    _, said = sweep(estate, project)
    assert time.monotonic() - began < 2 + 8, said  # with what starting costs on a busy machine
    late = [host for host in ended(project).values() if host.reason == TOO_LATE]
    assert late
    assert {host.status for host in late} == {"skipped"}
    assert len(ended(project)) == DEVICES
    assert unfinished(project) == []


@pytest.mark.parametrize("killed", [1, 4])
def test_a_process_that_is_killed_loses_no_host(estate: SimulatedEstate, project: Path, killed: int) -> None:
    """Also under a parent that ignores SIGCHLD, which is inherited."""
    write_settings(project, SETTINGS | {"lockout_after": 0})
    running = start(estate, project, before=partial(signal.signal, signal.SIGCHLD, signal.SIG_IGN))
    for child in children(running, project, 10)[:killed]:
        os.kill(child, signal.SIGKILL)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 0, said
    assert said.count("was killed by signal 9") == killed, said
    assert "tried once more" in said
    assert len(ended(project)) == DEVICES
    expected = Counter(device.expected_outcome for device in estate.devices if device.fault is None)
    assert counts(estate, project) == expected


def test_without_the_parent_the_others_end(estate: SimulatedEstate, project: Path) -> None:
    running = start(estate, project)
    others = children(running, project, 10)
    assert len(others) == 4
    running.kill()
    running.communicate()
    ends = time.monotonic() + 10
    while any(Path(f"/proc/{one}/cmdline").exists() and Path(f"/proc/{one}/cmdline").read_bytes() for one in others):
        assert time.monotonic() < ends, "a process goes on"
        time.sleep(0.02)
    kept = len(ended(project))
    assert 10 <= kept < DEVICES
    assert sweep(estate, project)[0] == 0
    assert [row[0] for row in query(project, "SELECT state FROM snapshot ORDER BY id")] == ["interrupted", "complete"]
    assert query(project, "SELECT count(*) FROM host_result WHERE snapshot_id = 1") == [(kept,)]


def test_a_process_that_stands_still_holds_nobody_up(estate: SimulatedEstate, project: Path) -> None:
    """One that can't hear that the sweep ends is killed, and its hosts are told; the others end by themselves."""
    running = start(estate, project)
    still = children(running, project, 10)[0]
    os.kill(still, signal.SIGSTOP)
    running.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, said = running.communicate(timeout=60)
    assert time.monotonic() - began < SILENT_SECONDS + 10, said  # with what a busy machine costs
    assert running.returncode == 130, said
    assert said.count("did not answer and was killed") == 1, said
    assert len(ended(project)) == DEVICES
    assert unfinished(project) == []


def test_a_signal_to_all_of_them(estate: SimulatedEstate, project: Path) -> None:
    """As a service manager sends it, and a terminal Ctrl-C: only the parent heeds it."""
    running = start(estate, project)
    for one in (*children(running, project, 10), running.pid):
        os.kill(one, signal.SIGTERM)
    began = time.monotonic()
    _, said = running.communicate(timeout=60)
    assert time.monotonic() - began <= 2 + 2, said
    assert running.returncode == 130, said
    got = ended(project)
    assert len(got) == DEVICES
    assert any("interrupted" in host.reason for host in got.values())
    assert "killed" not in said
