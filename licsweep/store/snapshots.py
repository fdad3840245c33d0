"""Snapshots: begun, ended, listed."""

import logging
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

import sqlalchemy as sa

from licsweep.errors import UsageError
from licsweep.model import Snapshot, SnapshotKind
from licsweep.store import tables as t
from licsweep.store.base import Part
from licsweep.version import VERSION

log = logging.getLogger(__name__)


class Snapshots(Part):
    """Adding snapshots, and which there are."""

    def begin(self, kind: SnapshotKind, selection: str, selected: int, at: datetime, origin: str | None = None) -> int:
        """Adds a running snapshot and returns its id; `origin` is the site that it came from."""
        row = {
            "uid": str(uuid4()),
            "origin": origin,
            "kind": kind,
            "state": "running",
            "started_at": at,
            "tool_version": VERSION,
            "selection": selection,
            "selected": selected,
        }
        with self._writing() as connection:
            return self._add(t.snapshot, row, connection)

    def end(self, snapshot_id: int, state: Literal["complete", "interrupted"], at: datetime) -> None:
        """Closes a snapshot, and tells where the lock was taken away meanwhile."""
        if not self._still_locked():
            log.warning(
                "the lock file was removed or replaced while snapshot %d was written: another run may have written"
                " at the same time",
                snapshot_id,
            )
        self._close(t.snapshot.c.id == snapshot_id, state=state, ended_at=at)

    def close_interrupted(self) -> None:
        """Marks running snapshots as interrupted; only for the holder of the lock."""
        self._close(t.snapshot.c.state == "running", state="interrupted")

    def _close(self, which: sa.ColumnElement[bool], **values: Any) -> None:
        with self._writing() as connection:
            connection.execute(t.snapshot.update().where(which).values(values))

    def snapshots(self) -> list[Snapshot]:
        """All snapshots, oldest first, with their outcome counts; one that no run writes any more is interrupted."""
        s, h = t.snapshot.c, t.host_result.c
        running = [number for (number,) in self._rows(sa.select(s.id).where(s.state == "running"))]
        left_behind = running if running and not self._database.is_locked() else []
        counts: dict[int, dict[str, int]] = {}
        grouped = sa.select(h.snapshot_id, h.status, sa.func.count()).group_by(h.snapshot_id, h.status)
        for snapshot_id, status, number in self._rows(grouped):
            counts.setdefault(snapshot_id, {})[status] = number
        found = []
        for row in self._rows(sa.select(t.snapshot).order_by(s.id)):
            state = "interrupted" if row.state == "running" and row.id in left_behind else row.state
            found.append(Snapshot(**(row._asdict() | {"state": state}), outcomes=counts.get(row.id, {})))
        return found

    def require_snapshot(self, snapshot_id: int) -> None:
        """Raises UsageError where there is no such snapshot."""
        s = t.snapshot.c
        known = [number for (number,) in self._rows(sa.select(s.id))]
        if snapshot_id not in known:
            raise UsageError(
                f"snapshot {snapshot_id}: no such snapshot",
                why=f"the newest is {max(known)}" if known else "there is none yet",
                hint="licsweep snapshots",
            )
