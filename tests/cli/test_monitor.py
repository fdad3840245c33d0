"""`licsweep metrics` and `licsweep check` on a project."""

import stat
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families as parsed

from tests.cli.conftest import licsweep
from tests.cli.test_diff import LABEL, box, ingest, use
from tests.cli.test_outputs import checked


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("monitored")
    ingest(folder, box("acc-01", "FOC0000X001", use(LABEL, 2), next_ack_deadline="2026-05-20T00:00:00Z"))
    return folder


def test_the_file_is_replaced_whole_and_others_may_read_it(project: Path, tmp_path: Path) -> None:
    for where, file in (
        (f"{tmp_path}/new/", tmp_path / "new/licsweep.prom"),
        (tmp_path / "a.prom", tmp_path / "a.prom"),
    ):
        for _ in range(2):
            done = licsweep("metrics", "-o", where, "--project", project)
            assert (done.code, done.out, done.err) == (0, "", "")
        assert [one.name for one in file.parent.iterdir() if one.is_file()] == [file.name]
        assert stat.S_IMODE(file.stat().st_mode) == 0o644
        values = {family.name: family.samples for family in parsed(file.read_text())}
        (one,) = values["licsweep_instance_days_left"]
        assert (one.labels["hostname"], one.labels["virtual_account"]) == ("acc-01", "Campus")
    assert licsweep("metrics", "-o", tmp_path / "a.txt", "--project", project).code == 2


def test_the_codes_of_a_plugin(project: Path, tmp_path: Path) -> None:
    sound = ["-w", "days_left=~:", "-c", "days_left=~:", "-c", "last_success_age=~:", "-w", "last_success_age=~:"]
    done = licsweep("check", "--nagios", *sound, "-w", "coverage=101:", "--project", project)
    assert (done.code, done.out.startswith("LICSWEEP WARNING - coverage is 100%"), done.err) == (1, True, "")
    assert done.out.count("\n") == 1
    for arguments in (
        ["--project", tmp_path],
        ["-w", "days_left"],
        ["-w", "days_left=x"],
        ["--project", tmp_path / "no"],
    ):
        done = licsweep("check", "--nagios", *(["--project", project] if arguments[0] == "-w" else []), *arguments)
        assert (done.code, done.out[:18], done.err) == (3, "LICSWEEP UNKNOWN -", "")
    assert licsweep("check", "--nagios", "--bogus").code == 3
    assert licsweep("check", "--bogus").code == 2
    assert licsweep("check", "--project", tmp_path).code == 2


def test_check_as_data(project: Path) -> None:
    done = licsweep("check", "--format", "json", "--project", project)
    assert done.code == 1  # never swept, only ingested
    found = {one.check: one for one in checked("check", done.out)}
    assert (found["last_success_age"].state, found["coverage"].state) == ("critical", "ok")
    assert "last_success_age" in licsweep("check", "--project", project).out
