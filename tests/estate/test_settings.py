"""Settings: file < environment < flag, each with its source; mistakes name the line."""

from pathlib import Path

import pytest

from licsweep.errors import InputError, UsageError
from licsweep.settings import load


def test_precedence_and_sources(tmp_path: Path) -> None:
    (tmp_path / "licsweep.toml").write_text("workers = 5\nstale_hours = 24\nconnect_timeout = 3\n")
    project = load(tmp_path, {"min_coverage": 98.0, "workers": None}, {"LICSWEEP_WORKERS": "7"})
    assert (project.settings.workers, project.sources["workers"]) == (7, "LICSWEEP_WORKERS")
    assert (project.settings.min_coverage, project.sources["min_coverage"]) == (98.0, "flag")
    assert project.settings.stale_hours == 24
    assert project.settings.connect_timeout == 3.0
    assert project.sources["stale_hours"].endswith("licsweep.toml")
    assert project.sources["database"] == "default"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("workers = 5\nworker = 6\n", r"licsweep\.toml:2: worker: no such setting"),
        ('workers = "five"\n', r"licsweep\.toml:1: workers: expected int"),
        ("workers =\n", "licsweep.toml"),
    ],
)
def test_mistakes_in_the_file(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "licsweep.toml").write_text(text)
    with pytest.raises(InputError, match=told):
        load(tmp_path, environment={})


@pytest.mark.parametrize("environment", [{"LICSWEEP_WORKERS": "many"}, {"LICSWEEP_START_JITTER": "perhaps"}])
def test_mistakes_in_the_environment(tmp_path: Path, environment: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        load(tmp_path, environment=environment)
