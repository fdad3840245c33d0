"""Reports of a judgement."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from licsweep.jobs import judge
from licsweep.reports import write as writing
from licsweep.reports.view import Report
from licsweep.settings import Project

KINDS: Mapping[str, str] = {"usage": "licsweep.reports.usage", "estate": "licsweep.reports.estate"}


def build(project: Project, kind: str, *, as_of: datetime | None = None, snapshot_id: int | None = None) -> Report:
    """The report of one kind (a key of KINDS), judged as of a date. Raises StoreError, InputError."""
    reconciled, states = judge.reconcile(project, as_of=as_of, snapshot_id=snapshot_id)
    maker: Callable[..., Any] = import_module(KINDS[kind]).build
    made: Report = maker(reconciled, states, generated_at=datetime.now(UTC).replace(microsecond=0))
    return made


def write(report: Report, form: str, output: Path) -> tuple[Path, ...]:
    """Writes to a file or into a folder; the files written."""
    return writing.write(report, form, output)


def text(report: Report, form: str) -> str:
    """For stdout: table, csv or json."""
    return writing.render(report, form)
