"""The program itself, run as a person runs it, and one demo project for all verbs that only read."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Done:
    """A finished call."""

    code: int
    out: str
    err: str


def licsweep(*arguments: object, stdin: str | None = None, **environment: str) -> Done:
    """Runs the verb in a fresh process without any LICSWEEP_ variable but those given."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LICSWEEP_")}
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", "from licsweep.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        input=stdin,
        env=clean | environment,
        check=False,
    )
    assert "Traceback" not in run.stderr, run.stderr
    return Done(run.returncode, run.stdout, run.stderr)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """A demo that was kept, and what it printed."""
    folder = tmp_path_factory.mktemp("demo") / "project"
    return folder, licsweep("demo", "--devices", 24, "--keep", folder)
