"""What `make bench` starts does run, on a small estate; what it measures is for `make bench` to say."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from licsweep.simulator.estate import SimulatedEstate

BENCH = Path(__file__).parents[2] / "bench"
DEVICES = 8


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """A project folder and the environment with its secrets."""
    folder = tmp_path_factory.mktemp("bench")
    with SimulatedEstate(DEVICES, only="slup") as estate:
        estate.write_project(folder)
        yield folder, os.environ | {"LICSWEEP_USERNAME": estate.username, "LICSWEEP_PASSWORD": estate.password}


def answered(script: str, *arguments: object, environment: dict[str, str]) -> int:
    done = subprocess.run(
        [sys.executable, script, *map(str, arguments)], cwd=BENCH, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)
    assert measured["per_second"] > 0
    assert measured["cpu_ms"] > 0
    return int(measured["answered"])


@pytest.mark.parametrize(
    "program",
    [
        ("plain_nornir.py",),
        ("plain_nornir.py", "swept"),
        ("raw_paramiko.py",),
        ("sweep.py",),
        ("sweep.py", "ahead"),
        ("sweep.py", "store"),
        ("sweep.py", "read"),
    ],
    ids=" ".join,
)
def test_every_device_answers(project: tuple[Path, dict[str, str]], program: tuple[str, ...]) -> None:
    folder, environment = project
    script, *words = program
    assert answered(script, folder, 4, *words, environment=environment) == DEVICES


def test_a_device_that_does_not_answer_would_be_seen(project: tuple[Path, dict[str, str]]) -> None:
    folder, environment = project
    assert answered("sweep.py", folder, 4, environment=environment | {"LICSWEEP_PASSWORD": "another"}) == 0


def test_memory() -> None:
    assert answered("memory.py", 20, environment=dict(os.environ)) == 20


@pytest.mark.parametrize(
    ("program", "told"),
    [
        (("history.py", "--hosts", "2", "--nights", "3"), "bytes a host and night (6 of them)"),
        (("judgement.py", "--instances", "40", "--accounts", "4", "--cssm"), "license lines 200"),
        (("whole.py", "8", "1", "20"), "sweep --processes 4"),
    ],
    ids=["history", "judgement", "whole"],
)
def test_made_estates(program: tuple[str, ...], told: str) -> None:
    done = subprocess.run([sys.executable, *program], cwd=BENCH, capture_output=True, text=True)
    assert told in done.stdout, done.stderr
