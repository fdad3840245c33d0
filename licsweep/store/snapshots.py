"""Snapshots: begun, filled with one transaction a host, so that what is finished survives a SIGKILL, and ended."""

import logging
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

import sqlalchemy as sa

from licsweep import serialization
from licsweep.errors import UsageError
from licsweep.model import Capture, Observation, Outcome, Snapshot, SnapshotKind
from licsweep.store import tables as t
from licsweep.store.base import Part, damaged
from licsweep.store.captures import capture_row
from licsweep.store.packing import pack_against, unpack
from licsweep.version import VERSION

log = logging.getLogger(__name__)
WHOLE, CUT, NOTHING = 2, 1, 0  # rank of a result
BASE = t.host_result.alias("base")


class Snapshots(Part):
    """Snapshots and the results of their hosts."""

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

    def save_host(
        self,
        snapshot_id: int,
        outcome: Outcome,
        tried_at: datetime,
        captures: Iterable[Capture] = (),
        observation: Observation | None = None,
        captured_in: int | None = None,
    ) -> None:
        """Adds how one host ended, its raw texts, and what was read from them: all or nothing.

        `captured_in` is the snapshot that holds the texts, where older ones were read again.
        """
        row = asdict(outcome) | {
            "snapshot_id": snapshot_id,
            "tried_at": tried_at,
            "rank": _rank(outcome, observation),
            "captured_in": captured_in,
        }
        body = serialization.to_json(observation, light=True) if observation else None
        with self._writing() as connection:
            for capture in captures:
                connection.execute(
                    t.capture.insert().values(snapshot_id=snapshot_id, **capture_row(connection, capture))
                )
            row |= _observation_columns(connection, outcome.hostname, body) if body else {}
            connection.execute(t.host_result.insert().values(row))

    def save_skipped(self, snapshot_id: int, hostnames: Iterable[str], reason: str, at: datetime) -> None:
        """Adds hosts that were not tried because the sweep is over, all in one transaction."""
        row = {"snapshot_id": snapshot_id, "status": "skipped", "skip": "sweep-over", "reason": reason, "tried_at": at}
        rows = [row | {"hostname": name, "rank": NOTHING} for name in hostnames]
        if rows:
            with self._writing() as connection:
                connection.execute(t.host_result.insert(), rows)

    def newest_try(self, snapshot_id: int) -> datetime | None:
        """When the last host of a snapshot was tried; None for one without hosts. Raises UsageError without one."""
        self.require_snapshot(snapshot_id)
        h = t.host_result.c
        wanted = sa.select(sa.func.max(h.tried_at, type_=t.UtcText)).where(h.snapshot_id == snapshot_id)
        tried: datetime | None
        [(tried,)] = self._rows(wanted)
        return tried

    def results(self, snapshot_id: int) -> list[tuple[Outcome, datetime, Observation | None]]:
        """How each host of one snapshot ended, when it was tried, and what was read from it, by name."""
        h = t.host_result.c
        columns = (h.hostname, h.status, h.reason, h.skip, h.gathered, h.seconds)
        wanted = (
            sa.select(*columns, h.tried_at, *observation_columns(t.host_result))
            .select_from(with_base(t.host_result, t.host_result))
            .where(h.snapshot_id == snapshot_id)
            .order_by(h.hostname)
        )
        names = [column.name for column in columns]
        return [
            (Outcome(**{name: getattr(row, name) for name in names}), row.tried_at, observation_of(row))
            for row in self._rows(wanted)
        ]


def observation_columns(result: Any) -> list[Any]:
    """What `observation_of` needs of a result, which is joined `with_base`."""
    return [result.c.observation, result.c.observation_packed, BASE.c.observation.label("base")]


def with_base(result: Any, joined: Any) -> Any:
    """`joined`, in which `result` stands, with the result that its observation is packed against."""
    same = sa.and_(BASE.c.snapshot_id == result.c.base_snapshot_id, BASE.c.hostname == result.c.hostname)
    return sa.outerjoin(joined, BASE, same)


def observation_of(row: Any) -> Observation | None:
    """The observation of a result. Raises StoreError where it is damaged."""
    body = row.observation
    with damaged(f"the observation of {row.hostname}"):
        if row.observation_packed is not None:
            body = unpack(row.observation_packed, row.base.encode())
        return serialization.from_json(body, Observation) if body is not None else None


def _observation_columns(connection: sa.Connection, hostname: str, body: str) -> dict[str, Any]:
    """The observation whole, or its difference to the last one of that host that was stored whole."""
    h = t.host_result.c
    last = (
        sa.select(sa.func.coalesce(h.base_snapshot_id, h.snapshot_id))
        .where(h.hostname == hostname, h.rank > NOTHING)
        .order_by(h.rank.desc(), h.tried_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    wanted = sa.select(h.snapshot_id, h.observation).where(h.snapshot_id == last, h.hostname == hostname)
    for base in connection.execute(wanted):
        if (packed := pack_against(body.encode(), base.observation.encode())) is not None:
            return {"observation_packed": packed, "base_snapshot_id": base.snapshot_id}
    return {"observation": body}


def _rank(outcome: Outcome, observation: Observation | None) -> int:
    if observation is None or (outcome.status != "ok" and not observation.licenses):
        return NOTHING
    return WHOLE if observation.complete else CUT
