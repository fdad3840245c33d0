"""A small judgement full of hostile strings (fixtures/reports/hostile.json), and a real Chromium to open pages in."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import pytest

from licsweep import reports, serialization
from licsweep.position_types import JudgementResult

FIXTURE = Path(__file__).parents[2] / "fixtures" / "reports" / "hostile.json"
WRITTEN = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Given:
    result: JudgementResult

    def report(self, kind: str) -> reports.Report:
        return reports.KINDS[kind](self.result, generated_at=WRITTEN)


@pytest.fixture(scope="session")
def given() -> Given:
    return Given(serialization.from_json(FIXTURE.read_text("utf-8"), JudgementResult))


def without_chromium(reason: str) -> NoReturn:
    """Skips; under LICSWEEP_NEED_CHROMIUM=1 (CI) a page that was not opened is a failure."""
    if os.environ.get("LICSWEEP_NEED_CHROMIUM") == "1":
        pytest.fail(f"{reason}, and LICSWEEP_NEED_CHROMIUM=1 asks for it")
    pytest.skip(reason)


def find_chromium(which: Callable[[str], str | None] = shutil.which) -> str:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(which, names)), None)
    return path or without_chromium(f"no Chromium here (looked for {', '.join(names)})")


@pytest.fixture(scope="session")
def browser():
    path = find_chromium()
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-quic"])
        yield chromium
        chromium.close()
