"""Sweeps of the simulated estate by the program itself: what is finished survives, two runs stay apart, exit codes."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from licsweep.simulator.estate import SimulatedEstate
from tests.cli.conftest import Done, licsweep
from tests.store.conftest import captured

DEVICES = 24


@pytest.fixture(scope="module")
def estate() -> Iterator[SimulatedEstate]:
    with SimulatedEstate(DEVICES) as made:
        yield made


@pytest.fixture
def project(estate: SimulatedEstate, tmp_path: Path) -> Path:
    estate.write_project(tmp_path)
    (tmp_path / "licsweep.toml").write_text("connect_timeout = 3\ncommand_timeout = 3\ndevice_deadline = 6\n")
    return tmp_path


def credentials(estate: SimulatedEstate) -> dict[str, str]:
    return {"LICSWEEP_USERNAME": estate.username, "LICSWEEP_PASSWORD": estate.password}


def sweep(estate: SimulatedEstate, project: Path, *options: object) -> Done:
    return licsweep("sweep", "--project", project, *options, **credentials(estate))


def start(estate: SimulatedEstate, project: Path) -> "subprocess.Popen[str]":
    """A sweep in the background, one host at a time, so that there is a middle to interrupt."""
    return subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from licsweep.cli import main; main()",
            "sweep",
            "--workers",
            "1",
            "--project",
            project,
        ],
        env=os.environ | credentials(estate),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(project: Path) -> int:
    """How many hosts the store holds."""
    try:
        with sqlite3.connect(f"file:{project / 'licsweep.db'}?mode=ro", uri=True) as raw:
            (number,) = raw.execute("SELECT count(*) FROM host_result").fetchone()
        raw.close()
        return int(number)
    except sqlite3.OperationalError:
        return 0


def wait_for(project: Path, hosts: int) -> None:
    ends = time.monotonic() + 20
    while finished(project) < hosts:
        assert time.monotonic() < ends, "the sweep does not move"
        time.sleep(0.02)


def snapshots(project: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(licsweep("snapshots", "--project", project, "--format", "json").out)[
        "data"
    ]
    return found


def test_every_host_ends_as_designed(estate: SimulatedEstate, project: Path) -> None:
    done = sweep(estate, project)
    assert done.code == 3  # some are broken on purpose
    with sqlite3.connect(project / "licsweep.db") as raw:
        ended = dict(raw.execute("SELECT hostname, status FROM host_result"))
    raw.close()
    assert ended == {device.name: device.expected_outcome for device in estate.devices}
    assert "coverage is below 98 percent" in done.err


def test_platform_auto_is_found_out_and_remembered(estate: SimulatedEstate, project: Path) -> None:
    hosts = project / "inventory" / "hosts.yaml"
    hosts.write_text(re.sub(r"platform: cisco_\w+", "platform: auto", hosts.read_text()))
    assert sweep(estate, project, "--min-coverage", 0).code == 0
    told = {device.name: device.platform for device in estate.devices if device.expected_outcome == "ok"}
    states = {name: licsweep("show", name, "--project", project, "--format", "json") for name in list(told)[:6]}
    for name, done in states.items():
        assert json.loads(done.out)["data"]["observation"]["platform"] == told[name]
    planned = json.loads(sweep(estate, project, "--dry-run", "--format", "json").out)["data"]
    assert sum("and what its platform needs" in row["lines"] for row in planned) == len(estate.devices) - len(told)


def test_coverage_that_is_enough(estate: SimulatedEstate, project: Path) -> None:
    assert sweep(estate, project, "--min-coverage", 50).code == 0


def test_nothing_collected(estate: SimulatedEstate, project: Path) -> None:
    broken = next(device.name for device in estate.devices if device.expected_outcome == "auth-failed")
    done = sweep(estate, project, "--limit", broken)
    assert done.code == 4
    assert "nothing was collected" in done.err


def test_only_the_failed_again(estate: SimulatedEstate, project: Path) -> None:
    sweep(estate, project, "--min-coverage", 0)
    again = sweep(estate, project, "--failed-from", 1, "--format", "json")
    assert again.code == 4
    failed = sum(device.expected_outcome != "ok" for device in estate.devices)
    said = json.loads(again.out)["data"]
    assert said["selected"] == sum(said["outcomes"].values()) == len(said["failed"]) == failed


def test_unknown_host_keys_stop_before_the_password(estate: SimulatedEstate, project: Path) -> None:
    (project / "known_hosts").unlink()
    good = next(device.name for device in estate.devices if device.expected_outcome == "ok")
    done = sweep(estate, project, "--limit", good)
    assert done.code == 4
    assert "host-key-unknown" in done.err
    accepted = licsweep("known-hosts", "accept", "--yes", "--limit", good, "--project", project)
    assert accepted.code == 0, accepted.err
    assert sweep(estate, project, "--limit", good).code == 0


def test_a_changed_key_is_accepted_only_when_asked_for(estate: SimulatedEstate, project: Path) -> None:
    changed = next(device.name for device in estate.devices if device.expected_outcome == "host-key-changed")
    scope = ["--limit", changed, "--project", project]
    assert "are not accepted" in licsweep("known-hosts", "accept", "--yes", *scope).err
    assert sweep(estate, project, "--limit", changed).code == 4
    assert licsweep("known-hosts", "accept", "--yes", "--changed", *scope).code == 0
    assert sweep(estate, project, "--limit", changed).code == 0


def test_a_sigkill_loses_no_finished_host(estate: SimulatedEstate, project: Path) -> None:
    running = start(estate, project)
    wait_for(project, 4)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    kept = finished(project)
    assert 4 <= kept < DEVICES
    (cut,) = snapshots(project)
    assert cut["state"] == "interrupted"
    assert sum(cut["outcomes"].values()) == kept  # type: ignore[attr-defined]
    assert sweep(estate, project, "--min-coverage", 0).code == 0
    assert [one["state"] for one in snapshots(project)] == ["interrupted", "complete"]


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_what_is_finished(estate: SimulatedEstate, project: Path, sent: signal.Signals) -> None:
    running = start(estate, project)
    wait_for(project, 2)
    running.send_signal(sent)
    _, err = running.communicate(timeout=20)
    assert running.returncode == 130, err
    (cut,) = snapshots(project)
    assert cut["state"] == "interrupted"
    outcomes = cut["outcomes"]
    assert isinstance(outcomes, dict)
    assert sum(outcomes.values()) == DEVICES
    assert outcomes["skipped"] > 0


def test_two_sweeps_stay_apart(estate: SimulatedEstate, project: Path) -> None:
    running = start(estate, project)
    wait_for(project, 1)
    second = sweep(estate, project)
    assert second.code == 5
    assert str(running.pid) in second.err
    assert "since 20" in second.err
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=20)


def test_no_credentials_and_no_terminal(project: Path) -> None:
    done = licsweep("sweep", "--project", project, stdin="")
    assert done.code == 2
    assert "LICSWEEP_PASSWORD" in done.err


def test_the_password_is_nowhere(estate: SimulatedEstate, project: Path) -> None:
    done = sweep(estate, project, "--log-level", "debug", "--min-coverage", 0)
    word = estate.password
    assert word not in done.out
    assert word not in done.err
    for file in project.rglob("*"):
        if file.is_file():
            assert word.encode() not in file.read_bytes(), file


def test_a_host_of_platform_auto_that_is_a_manager_is_asked_over_https(tmp_path: Path) -> None:
    with SimulatedEstate(8, only="fmc-pair") as estate:
        estate.write_project(tmp_path)
        hosts = tmp_path / "inventory" / "hosts.yaml"
        hosts.write_text(hosts.read_text().replace("platform: cisco_fmc", "platform: auto"))
        done = sweep(estate, tmp_path, "--limit", "hq-fmc-001")
    assert done.code == 0, done.err
    told = licsweep("show", "hq-fmc-001", "--project", tmp_path, "--format", "json").out
    assert json.loads(told)["data"]["observation"]["registration_status"] == "registered"


def test_a_cdfmc_is_asked_with_a_token_of_a_set_of_its_own(tmp_path: Path) -> None:
    with SimulatedEstate(8, only="fmc-pair") as estate:
        estate.write_project(tmp_path)
        hosts = tmp_path / "inventory" / "hosts.yaml"
        hosts.write_text(hosts.read_text().replace("ssh_credentials: default", "credentials: cloud"))
        (tmp_path / "licsweep.toml").write_text('[credentials.cloud]\nfrom = ["environment"]\n')
        words = {"LICSWEEP_CREDENTIALS_CLOUD_TOKEN": estate.password}
        planned = licsweep("sweep", "--project", tmp_path, "--limit", "hq-fmc-001", "--dry-run", **words)
        done = licsweep("sweep", "--project", tmp_path, "--limit", "hq-fmc-001", **words)
    assert (planned.code, done.code) == (0, 0), done.err
    commands = [one.command for one in captured(tmp_path)]
    assert commands
    assert all(command.startswith("GET /fmc/api/") for command in commands)
