"""A sweep from cron or systemd: what it prints when nothing happened and when something did, and its log in JSON."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from licsweep.jobs import diff
from licsweep.settings import load
from licsweep.simulator.estate import SimulatedEstate
from tests.cli.conftest import Done, licsweep
from tests.cli.test_diff import LABEL, box, ingest, use
from tests.sweep.test_contrib import CONTRIB, commands, environment, in_place_of


@pytest.fixture(scope="module")
def estate() -> Iterator[SimulatedEstate]:
    with SimulatedEstate(8) as made:
        yield made


@pytest.fixture
def project(estate: SimulatedEstate, tmp_path: Path) -> Path:
    """Two sound hosts, swept once."""
    estate.write_project(tmp_path)
    hosts = tmp_path / "inventory/hosts.yaml"
    entries = yaml.safe_load(hosts.read_text())
    sound = [device.name for device in estate.devices if device.expected_outcome == "ok"][:2]
    hosts.write_text(yaml.safe_dump({name: entries[name] for name in sound}))
    (tmp_path / "licsweep.toml").write_text("connect_timeout = 1\nretries = 0\n")
    first = sweep(estate, tmp_path, "--quiet")
    assert (first.code, first.err, "ok" in first.out) == (0, "", True)  # nothing before it to compare with
    return tmp_path


def sweep(estate: SimulatedEstate, project: Path, *options: object) -> Done:
    words = {"LICSWEEP_USERNAME": estate.username, "LICSWEEP_PASSWORD": estate.password}
    return licsweep("sweep", "--project", project, *options, **words)


def log_of(done: Done) -> list[dict[str, Any]]:
    """The lines of a JSON log, each with the fields that all have, all of one run."""
    lines: list[dict[str, Any]] = [json.loads(line) for line in done.err.splitlines()]
    assert all({"at", "level", "run", "verb", "message"} <= line.keys() for line in lines)
    assert len({line["run"] for line in lines}) <= 1
    return lines


def test_a_quiet_night_prints_nothing_and_a_bad_one_what_failed(estate: SimulatedEstate, project: Path) -> None:
    done = sweep(estate, project, "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")
    hosts = project / "inventory/hosts.yaml"
    entries = yaml.safe_load(hosts.read_text())
    broken, sound = entries
    entries[broken]["port"] = 1
    hosts.write_text(yaml.safe_dump(entries))
    done = sweep(estate, project, "--quiet", "--log-format", "json")
    (change,) = done.out.splitlines()[1:]
    assert (done.code, change.split()) == (3, [broken, "outcome", "changed", "-", "ok", "unreachable"])
    host, coverage = log_of(done)
    assert (host["level"], host["verb"], host["host"], host["outcome"]) == ("warning", "sweep", broken, "unreachable")
    assert "coverage" in coverage["message"]
    assert sound not in done.err
    asked = sweep(estate, project, "--quiet", "--format", "json")
    assert [one["hostname"] for one in json.loads(asked.out)["data"]["failed"]] == [broken]


def test_a_json_log_names_run_host_command_and_outcome(estate: SimulatedEstate, project: Path) -> None:
    done = sweep(estate, project, "--log-format", "json")
    lines = log_of(done)
    hosts = sorted(yaml.safe_load((project / "inventory/hosts.yaml").read_text()))
    assert sorted(one["host"] for one in lines if one.get("outcome") == "ok") == hosts
    asked = {(one["host"], one["command"]) for one in lines if one.get("outcome") == "answered"}
    assert {(host, "show version") for host in hosts} <= asked
    assert all(one["seconds"] > 0 for one in lines if "command" in one)
    (error,) = log_of(licsweep("show", "nobody", "--project", project, "--log-format", "json"))
    assert (error["level"], error["code"], error["message"]) == ("error", "LS101", "nobody: never collected")
    assert error["try"].startswith("licsweep ")


def test_the_lines_of_the_service_run(estate: SimulatedEstate, project: Path) -> None:
    service = (CONTRIB / "systemd/licsweep.service").read_text()
    after = (CONTRIB / "systemd/licsweep.service.d/metrics.conf").read_text()
    given = project / "given"
    given.mkdir()
    file = given / "credentials.toml"
    file.write_text(f'username = "{estate.username}"\npassword = "{estate.password}"\n')
    file.chmod(0o440)  # what an access list for the service's user looks like

    def run(words: list[str], **more: str) -> Done:
        words, variables = in_place_of(project, words, environment(service))
        return licsweep(*words, **variables, **more)

    (line,), (metrics,) = commands(service), commands(after)
    assert "others may read it" in run(line).err  # outside of systemd's folder
    done = run(line, CREDENTIALS_DIRECTORY=str(given))
    assert (done.code, done.out, done.err) == (0, "", "")
    assert run(metrics).code == 0
    assert 'licsweep_hosts{outcome="ok"} 2.0' in (project / "licsweep.prom").read_text()
    file.chmod(0o444)
    assert "others may read it" in run(line, CREDENTIALS_DIRECTORY=str(given)).err


def test_changes_are_told_since_the_run_before(tmp_path: Path) -> None:
    ingest(tmp_path, box("acc-01", "FOC0000X001", use(LABEL, 2)))
    project = load(tmp_path)
    assert diff.since_last_run(project, 1) is None
    ingest(tmp_path, box("acc-01", "FOC0000X001", use(LABEL, 3), captured_at=datetime.now(UTC).isoformat()))
    found = diff.since_last_run(project, 2)
    assert found is not None
    assert [(one.what, one.before, one.after) for one in found.changes] == [("license", "2 in-use", "3 in-use")]
