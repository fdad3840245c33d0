"""`licsweep simulate` as a person runs it."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.faults.conftest import PROGRAM, ended

WORDS = {
    "LICSWEEP_USERNAME": "sweeper",
    "LICSWEEP_PASSWORD": "word-of-the-shell",
    "LICSWEEP_ENABLE_SECRET": "enable-me",
}
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("LICSWEEP_")}


def simulate(*options: object, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*PROGRAM, "simulate", *map(str, options)],
        env=CLEAN | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_ready_project_until_a_signal(tmp_path: Path, ending: signal.Signals) -> None:
    project = tmp_path / "lab"
    running = simulate("--devices", 8, "--fault", "enable:0.1", "--write-project", project, **WORDS)
    assert running.stdout
    assert running.stdout.readline() == f"{project}\n"
    swept = subprocess.run(
        [*PROGRAM, "sweep", "--project", project], env=CLEAN | WORDS, capture_output=True, text=True, check=False
    )
    assert swept.returncode == 3, swept.stderr
    assert sorted(host.status for host in ended(project).values()) == ["auth-failed", *["ok"] * 6, "unreachable"]
    running.send_signal(ending)
    _, said = running.communicate(timeout=10)
    assert running.returncode == 0
    for word in ("word-of-the-shell", "enable-me"):
        assert word not in said
        assert not [path for path in project.rglob("*") if path.is_file() and word.encode() in path.read_bytes()]


def test_words_that_are_not_set_are_made_and_told_once() -> None:
    running = simulate("--devices", 8)
    assert running.stderr
    told = [running.stderr.readline() for _ in range(4)]
    running.send_signal(signal.SIGTERM)
    assert running.communicate(timeout=10) == ("", "")
    assert [line.split("=")[0] for line in told[1:]] == [f"export {name}" for name in WORDS]
    assert len(told[2].strip()) > len("export LICSWEEP_PASSWORD=") + 10


@pytest.mark.parametrize(
    "options", [["--fault", "no-such:0.5"], ["--bind", "192.0.2.0/24"], ["--bind", "127.0.0.0/29"], ["--bind", "x"]]
)
def test_what_can_not_be_simulated_is_told(options: list[str]) -> None:
    began = time.monotonic()
    running = simulate("--devices", 8, *options, **WORDS)
    _, said = running.communicate(timeout=10)
    assert (running.returncode, "LS101" in said) == (2, True), said
    assert time.monotonic() - began < 10


def test_a_project_of_a_person_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "licsweep.toml").write_text("workers = 5\n")
    _, said = simulate("--devices", 8, "--write-project", tmp_path).communicate(timeout=20)
    assert "not empty" in said
    assert [path.name for path in tmp_path.iterdir()] == ["licsweep.toml"]
