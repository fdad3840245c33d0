"""The public Python API: a project folder opened for a script, with the main verbs as methods (docs/python-api.md)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from licsweep import settings
from licsweep.errors import UsageError
from licsweep.model import FIRST_YEAR, LAST_YEAR, Outcome, as_utc

if TYPE_CHECKING:
    from licsweep.position_types import JudgementResult
    from licsweep.reading.collected import Collected
    from licsweep.reports import Report


class Project:
    """A project folder. Every method raises subclasses of LicsweepError: what happened, why, what to do next.

    `as_of` is a moment (default: now); `snapshot` the id of one snapshot to look at alone.
    """

    def __init__(self, opened: settings.Project) -> None:
        self._opened = opened

    @property
    def folder(self) -> Path:
        """The folder."""
        return self._opened.folder

    @property
    def settings(self) -> settings.Settings:
        """Its settings: file < environment < what `open_project` was given."""
        return self._opened.settings

    def sweep(
        self,
        *,
        limit: str | Sequence[str] = (),
        filters: str | Sequence[str] = (),
        gather_only: bool = False,
        fresher_than_hours: float | None = None,
        failed_from: int | None = None,
        progress: Callable[[Outcome], None] = lambda _: None,
    ) -> "Collected":
        """Collects from the selected hosts over SSH; `progress` hears of each host that has ended."""
        from licsweep.estate.selection import Selection
        from licsweep.jobs import sweep

        request = sweep.SweepRequest(
            selection=Selection(limit=_listed(limit), filters=_listed(filters)),
            gather_only=gather_only,
            failed_from=failed_from,
            fresher_than_hours=fresher_than_hours,
        )
        return sweep.sweep(self._opened, request, progress=progress, selected=lambda _: None)

    def ingest(self, *paths: str | Path, taken_at: datetime | None = None, platform: str | None = None) -> "Collected":
        """Makes a snapshot of texts gathered by hand: files, folders, zip archives."""
        from licsweep.jobs import ingest

        return ingest.texts(
            self._opened, [Path(path) for path in paths], taken_at=_moment(taken_at), platform=platform
        )[0]

    def reconcile(self, *, as_of: datetime | None = None, snapshot: int | None = None) -> "JudgementResult":
        """Judges what the store holds against what was bought: pools, instances, findings, and what they rest on."""
        from licsweep.jobs import judge

        return judge.reconcile(self._opened, as_of=_moment(as_of), snapshot_id=snapshot)

    def report(self, kind: str, *, as_of: datetime | None = None, snapshot: int | None = None) -> "Report":
        """The report of one kind (licsweep.reports.KINDS); `licsweep.reports.render` and `write` put it out."""
        from licsweep.jobs import judge

        return judge.report(self._opened, kind, as_of=_moment(as_of), snapshot_id=snapshot)


def open_project(folder: str | Path, **flags: object) -> Project:
    """The project in `folder`; `flags` are settings by name, which win over file and environment.

    Raises UsageError where there is no such folder, InputError where its settings are wrong.
    """
    there = settings.expanded(folder)
    if not there.is_dir():
        raise UsageError(f"{there}: no such folder", why="a project is a folder", hint="licsweep init FOLDER")
    return Project(settings.load(there, flags))


def _listed(patterns: str | Sequence[str]) -> tuple[str, ...]:
    return (patterns,) if isinstance(patterns, str) else tuple(patterns)


def _moment(given: object) -> datetime | None:
    if given is not None and not (isinstance(given, datetime) and FIRST_YEAR <= given.year <= LAST_YEAR):
        raise UsageError(f"{given!r:.60}: no moment", why="a datetime of 1900 to 2999 is expected")
    return as_utc(given) if given else None
