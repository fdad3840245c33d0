"""The program itself, run as a person runs it, and one demo project for all verbs that only read."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.preloaded import run

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Done:
    """A finished call."""

    code: int
    out: str
    err: str


def licsweep(*arguments: object, stdin: str | None = None, **environment: str) -> Done:
    """Runs the verb in a process of its own without any LICSWEEP_ variable but those given."""
    code, out, err = run([str(one) for one in arguments], stdin, **environment)
    assert "Traceback" not in err, err
    return Done(code, out, err)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """A demo that was kept, and what it printed."""
    folder = tmp_path_factory.mktemp("demo") / "project"
    return folder, licsweep("demo", "--devices", 24, "--keep", folder)
