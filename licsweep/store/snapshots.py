"""Snapshots: begun, filled in transactions of whole hosts, so that what is finished survives a SIGKILL, and ended.

They hold how each host ended, what was read from it, and the raw texts as evidence, each with its sha256.
"""

import hashlib
import logging
from collections.abc import Collection, Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

import sqlalchemy as sa

from licsweep import serialization
from licsweep.errors import StoreError, UsageError
from licsweep.host_result import HostResult
from licsweep.model import Capture, Observation, Outcome, Snapshot, SnapshotKind
from licsweep.store import tables as t
from licsweep.store.base import Part, columns_of, damaged, prepared, record_of
from licsweep.store.packing import pack, pack_against, unpack
from licsweep.version import VERSION

log = logging.getLogger(__name__)
WHOLE, CUT, NOTHING = 2, 1, 0  # rank of a result
BASE = t.host_result.alias("base")
_CAPTURES = tuple[Capture, ...]
_BODIES = ("observation", "observation_packed", "base_snapshot_id", "texts", "texts_base")


_R = t.host_result.c


def _last_whole(base: Any, which: Any, *newest: Any) -> Any:
    """A host's newest row of `which`, or its base, where it stands in the database."""
    mine, row = _R.hostname == sa.bindparam("host"), t.host_result.alias()
    last = sa.select(sa.func.coalesce(base, _R.snapshot_id)).where(mine, which).order_by(*newest).limit(1)
    return row, sa.and_(row.c.hostname == sa.bindparam("host"), row.c.snapshot_id == last.scalar_subquery())


# Made once: making such a statement costs more than asking it.
_INSERT = t.host_result.insert()
_NEWEST = (_R.rank.desc(), _R.tried_at.desc())
_SEEN, _IS_SEEN = _last_whole(_R.base_snapshot_id, _R.rank > NOTHING, *_NEWEST)
_HELD, _IS_HELD = _last_whole(_R.texts_base, _R.captured_in == _R.snapshot_id, _R.captured_in.desc())
_BASES = sa.select(_SEEN.c.snapshot_id, _SEEN.c.observation, _HELD.c.snapshot_id, _HELD.c.texts).select_from(
    sa.select(sa.literal(1)).subquery().outerjoin(_SEEN, _IS_SEEN).outerjoin(_HELD, _IS_HELD)
)


class Snapshots(Part):
    """Snapshots, the results of their hosts, and the texts of those."""

    def begin(self, kind: SnapshotKind, selection: str, selected: int, at: datetime, origin: str | None = None) -> int:
        """Adds a running snapshot and returns its id; `origin` is the site that it came from."""
        new = t.snapshot.insert().values(
            uid=str(uuid4()),
            origin=origin,
            kind=kind,
            state="running",
            started_at=at,
            tool_version=VERSION,
            selection=selection,
            selected=selected,
        )
        with self._writing() as connection:
            made: Any = connection.execute(new).inserted_primary_key
            self._database.claim(made[0])
        return int(made[0])

    def end(self, snapshot_id: int, state: Literal["complete", "interrupted"], at: datetime) -> None:
        """Closes a snapshot, and tells where the lock was lost meanwhile."""
        if not self._database.still_locked():
            log.warning(
                "the lock was lost while snapshot %d was written: another run may have written at the same time",
                snapshot_id,
            )
        self._change(t.snapshot.update().where(t.snapshot.c.id == snapshot_id).values(state=state, ended_at=at))

    def close_interrupted(self) -> None:
        """Marks running snapshots that no run writes any more as interrupted; only for a holder of the lock."""
        s = t.snapshot.c
        left = t.snapshot.update().where(s.id.in_(self._left_behind()), s.state == "running")  # it may just have ended
        self._change(left.values(state="interrupted"))

    def snapshots(self) -> list[Snapshot]:
        """All snapshots, oldest first, with their outcome counts; one that no run writes any more is interrupted."""
        s, h = t.snapshot.c, t.host_result.c
        left_behind = self._left_behind()
        counts: dict[int, dict[str, int]] = {}
        grouped = sa.select(h.snapshot_id, h.status, sa.func.count()).group_by(h.snapshot_id, h.status)
        for snapshot_id, status, number in self._rows(grouped):
            counts.setdefault(snapshot_id, {})[status] = number
        found = []
        for row in self._rows(sa.select(t.snapshot).order_by(s.id)):
            state = "interrupted" if row.state == "running" and row.id in left_behind else row.state
            whole = state != "pruned"
            found.append(record_of(Snapshot, row, state=state, outcomes=counts.get(row.id, {}) if whole else {}))
        return found

    def _left_behind(self) -> set[int]:
        s = t.snapshot.c
        running = {number for (number,) in self._rows(sa.select(s.id).where(s.state == "running"))}
        return running - set(self._database.written(self._engine, running)) if running else running

    def require_snapshot(self, snapshot_id: int) -> None:
        """Raises UsageError where there is no such snapshot, or it is no longer whole."""
        known = dict(self._rows(sa.select(t.snapshot.c.id, t.snapshot.c.state)))
        if known.get(snapshot_id) == "pruned":
            why = "licsweep prune removed results of its hosts"
            raise UsageError(f"snapshot {snapshot_id}: no longer whole", why=why, hint="licsweep snapshots")
        if snapshot_id not in known:
            raise UsageError(
                f"snapshot {snapshot_id}: no such snapshot",
                why=f"the newest is {max(known)}" if known else "there is none yet",
                hint="licsweep snapshots",
            )

    def save_host(self, snapshot_id: int, *results: HostResult) -> None:
        """Adds how hosts ended, their raw texts, and what was read from them: all or nothing."""
        with self._writing() as connection:
            rows = [row_of(connection, snapshot_id, result) for result in results]
            prepared(_INSERT, connection.dialect).run(connection, *rows)

    def pack_again(self) -> None:
        """Stores the bodies of all results anew, as `save_host` does today; each host in a transaction of its own."""
        h, texts_base = t.host_result.c, t.host_result.alias("texts_base")
        joined = with_base(t.host_result, t.host_result)
        joined = sa.outerjoin(joined, texts_base, same_host(texts_base, t.host_result, h.texts_base))
        wanted = sa.select(t.host_result, BASE.c.observation.label("base"), texts_base.c.texts.label("whole_texts"))
        wanted = wanted.select_from(joined).order_by(h.snapshot_id)
        for (hostname,) in list(self._rows(sa.select(h.hostname).distinct())):
            with self._writing() as connection:
                rows = connection.execute(wanted.where(h.hostname == hostname)).all()
                connection.execute(t.host_result.delete().where(h.hostname == hostname))
                for row in rows:
                    kept = {column.name: getattr(row, column.name) for column in h if column.name not in _BODIES}
                    with damaged(f"what snapshot {row.snapshot_id} holds of {hostname}"):
                        texts = _unpacked(row.texts, row.whole_texts) if row.texts is not None else None
                        observation = _observation(row)
                    new = kept | _bodies(connection, hostname, observation, texts)
                    connection.execute(_INSERT, new)

    def save_untried(self, snapshot_id: int, outcomes: Iterable[Outcome], at: datetime) -> set[str]:
        """Adds how hosts ended that were not tried, all in one transaction, and returns their names, without those that
        another process has stored by now."""
        row = {"snapshot_id": snapshot_id, "tried_at": at, "rank": NOTHING}
        rows = [row | columns_of(outcome) for outcome in outcomes]
        insert = self._database.insert_new(t.host_result).returning(_R.hostname)
        with self._writing() as connection:
            return set(connection.execute(insert, rows).scalars()) if rows else set()

    def known_from(self) -> datetime | None:
        """The moment from which on all that was known of the hosts is there; None where nothing was removed."""
        s = t.snapshot.c
        ended = sa.func.max(sa.func.coalesce(s.ended_at, s.started_at), type_=t.UtcText)
        since: datetime | None = self._value(sa.select(ended).where(s.state == "pruned"))
        return since

    def newest_try(self, snapshot_id: int) -> datetime | None:
        """When the last host of a snapshot was tried; None for one without hosts. Raises UsageError without one."""
        self.require_snapshot(snapshot_id)
        h = t.host_result.c
        tried: datetime | None = self._value(sa.select(sa.func.max(h.tried_at)).where(h.snapshot_id == snapshot_id))
        return tried

    def results(self, snapshot_id: int) -> list[HostResult]:
        """What one snapshot holds of its hosts, by name, without their texts."""
        h = t.host_result.c
        wanted = (
            sa.select(t.host_result, BASE.c.observation.label("base"))
            .select_from(with_base(t.host_result, t.host_result))
            .where(h.snapshot_id == snapshot_id)
            .order_by(h.hostname)
        )
        return self._rows(wanted, _result)

    def outcomes(self, snapshot_id: int, hostnames: Collection[str] | None = None) -> list[Outcome]:
        """How the hosts of one snapshot ended; all, or these."""
        columns = [t.host_result.c[one.name] for one in fields(Outcome)]
        wanted = sa.select(*columns).where(t.host_result.c.snapshot_id == snapshot_id)
        return self._records(Outcome, wanted if hostnames is None else wanted.where(_R.hostname.in_(hostnames)))

    def written_uid(self, snapshot_id: int) -> str | None:
        """The uid of a snapshot that a run writes at this moment."""
        s = t.snapshot.c
        found = self._rows(sa.select(s.uid).where(s.id == snapshot_id, s.state == "running"))
        return found[0].uid if found and snapshot_id not in self._left_behind() else None

    def captured_in(self, snapshot_id: int | None = None) -> dict[str, int]:
        """For each host of which texts are stored, the newest snapshot that holds some (or this one)."""
        h = t.host_result.c
        wanted = sa.select(h.hostname, sa.func.max(h.captured_in)).where(h.captured_in.is_not(None))
        if snapshot_id is not None:
            wanted = wanted.where(h.snapshot_id == snapshot_id, h.captured_in == snapshot_id)
        return dict(self._rows(wanted.group_by(h.hostname)))

    def captures(self, snapshot_id: int, hostname: str) -> tuple[Capture, ...]:
        """The raw texts of one host in one snapshot, checked against their sha256 (StoreError when damaged)."""
        h = t.host_result.c
        base = sa.outerjoin(t.host_result, BASE, same_host(BASE, t.host_result, h.texts_base))
        wanted = sa.select(h.texts, BASE.c.texts.label("base")).select_from(base)
        where = (h.snapshot_id == snapshot_id, h.hostname == hostname, h.texts.is_not(None))
        return tuple(one for row in self._rows(wanted.where(*where)) for one in _captures(row, hostname, snapshot_id))


def _result(row: Any) -> Any:
    return record_of(HostResult, row, outcome=record_of(Outcome, row), observation=observation_of(row))


def same_host(one: Any, other: Any, snapshot_id: Any) -> sa.ColumnElement[bool]:
    """Whether `one` is the result of the host of `other` in a snapshot."""
    return sa.and_(one.c.snapshot_id == snapshot_id, one.c.hostname == other.c.hostname)


def with_base(result: Any, joined: Any) -> Any:
    """`joined`, in which `result` stands, with the result that its observation is packed against."""
    return sa.outerjoin(joined, BASE, same_host(BASE, result, result.c.base_snapshot_id))


def observation_of(row: Any) -> Observation | None:
    """The observation of a result; `base` is that of its base. Raises StoreError where it is damaged."""
    with damaged(f"the observation of {row.hostname}"):
        body = _observation(row)
        return serialization.from_json(body, Observation) if body is not None else None


def _observation(row: Any) -> Any:
    """Its JSON."""
    if row.observation_packed is not None:
        return unpack(row.observation_packed, row.base.encode()).decode()
    return row.observation


def _unpacked(texts: bytes, base: bytes | None) -> bytes:
    return unpack(texts, unpack(base) if base is not None else None)


def row_of(connection: sa.Connection, snapshot_id: int, result: HostResult) -> dict[str, Any]:
    """The row of a result, its bodies packed against those of the host that the connection sees."""
    seen, captures = result.observation, result.captures
    row = columns_of(result.outcome) | {"snapshot_id": snapshot_id, "tried_at": result.tried_at}
    row |= {"rank": _rank(result), "platform": seen.platform if seen else None}
    row |= {"captured_in": snapshot_id if captures else result.captured_in}
    observation = serialization.to_json(seen, light=True) if seen else None
    texts = serialization.to_json(captures, _CAPTURES, light=True).encode() if captures else None
    return row | _bodies(connection, result.outcome.hostname, observation, texts)


def _bodies(connection: sa.Connection, hostname: str, observation: str | None, texts: bytes | None) -> dict[str, Any]:
    """The columns of bodies, each whole or as its difference to the host's last one that was stored whole."""
    row: dict[str, Any] = dict.fromkeys(_BODIES) | {"observation": observation}
    if observation is None and texts is None:
        return row
    bases = prepared(_BASES, connection.dialect).run(connection, {"host": hostname})
    [(seen_in, seen, held_in, held)] = bases.fetchall()
    packed = pack_against(observation.encode(), seen.encode()) if observation and seen else None
    if packed is not None:
        row |= {"observation": None, "observation_packed": packed, "base_snapshot_id": seen_in}
    if texts is not None:
        packed = pack_against(texts, unpack(held)) if held is not None else None
        row |= {"texts": pack(texts)} if packed is None else {"texts": packed, "texts_base": held_in}
    return row


def _captures(row: Any, hostname: str, snapshot_id: int) -> tuple[Capture, ...]:
    where = f"of {hostname} in snapshot {snapshot_id}"
    with damaged(f"the texts {where}"):
        found = serialization.from_json(_unpacked(row.texts, row.base), _CAPTURES)
    for one in found:
        if hashlib.sha256(one.text.encode()).hexdigest() != one.sha256:
            raise StoreError(f"{one.command} {where} is damaged", why="its text does not match its sha256")
    return found


def _rank(result: HostResult) -> int:
    seen = result.observation
    if seen is None or (result.outcome.status != "ok" and not seen.licenses):
        return NOTHING
    return WHOLE if seen.complete else CUT
