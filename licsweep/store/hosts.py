"""What is known of each host on a date, over all snapshots."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from licsweep.model import HostState
from licsweep.store import tables as t
from licsweep.store.retirements import Retirements
from licsweep.store.snapshots import NOTHING, WHOLE, Snapshots, observation_columns, observation_of, with_base


class Hosts(Snapshots, Retirements):
    """The state of the hosts."""

    def host_states(
        self,
        *,
        as_of: datetime,
        snapshot_id: int | None = None,
        known_by: int | None = None,
        hostname: str | None = None,
    ) -> list[HostState]:
        """Each host's newest try, its best newest observation, and its retirement at or before `as_of`, by name.

        `snapshot_id`: of this snapshot alone. `known_by`: of all snapshots up to this one, for the hosts in it.
        A whole observation is never displaced by a newer one that was cut off; captures that were read again count as
        they were read last. Raises UsageError for a snapshot that is not there.
        """
        h = t.host_result.c
        hosts = sa.select(h.hostname).distinct()
        if hostname is not None:
            hosts = hosts.where(h.hostname == hostname)
        for chosen in (snapshot_id, known_by):
            if chosen is not None:
                self.require_snapshot(chosen)
                hosts = hosts.where(h.snapshot_id == chosen)
        host = hosts.subquery("host")

        def first(*order: str, rank: int = NOTHING) -> Any:
            """The snapshot of the host's first result of at least this rank in an order: one step in an index."""
            r = t.host_result.alias().c
            wanted = sa.select(r.snapshot_id).where(r.hostname == host.c.hostname, r.tried_at <= as_of, r.rank >= rank)
            if snapshot_id is not None:
                wanted = wanted.where(r.snapshot_id == snapshot_id)
            else:
                wanted = wanted.where(~_read_again_later(r, known_by))
            if known_by is not None:
                wanted = wanted.where(r.snapshot_id <= known_by)
            return wanted.order_by(*(r[name].desc() for name in order)).limit(1).scalar_subquery()

        key = sa.select(
            host.c.hostname,
            first("tried_at", "snapshot_id").label("newest"),
            first("rank", "tried_at", "snapshot_id", rank=NOTHING + 1).label("best"),
        ).subquery("key")
        newest, best = t.host_result.alias("newest"), t.host_result.alias("best")
        joined = sa.join(key, newest, _is_result(newest, key.c.newest, key))
        joined = sa.outerjoin(joined, best, _is_result(best, key.c.best, key))
        n = newest.c
        columns = (n.hostname, n.status.label("outcome"), n.reason, n.skip, n.gathered)
        where = sa.func.coalesce(best.c.captured_in, best.c.snapshot_id).label("captured_in")
        wanted = sa.select(*columns, where, *observation_columns(best)).select_from(with_base(best, joined))
        retired = self.retirements(as_of)
        with _no_garbage():
            return [
                HostState(
                    **{column.name: getattr(row, column.name) for column in columns},
                    retired=retired.get(row.hostname),
                    observation=observation_of(row),
                    snapshot_id=row.captured_in,
                )
                for row in self._rows(wanted.order_by(newest.c.hostname))
            ]

    def hostnames(self, *, swept: bool = False) -> set[str]:
        """All hosts of which a result is stored, or those that some sweep had selected."""
        h = t.host_result.c
        wanted = sa.select(h.hostname).distinct()
        if swept:
            s = t.snapshot.c
            wanted = wanted.where(h.snapshot_id.in_(sa.select(s.id).where(s.kind == "sweep")))
        return {hostname for (hostname,) in self._rows(wanted)}

    def last_read(self, now: datetime) -> dict[str, datetime]:
        """For each host, when it last gave a whole answer that could be read; what is dated after `now` is ignored."""
        h = t.host_result.c
        wanted = sa.select(h.hostname, sa.func.max(h.tried_at, type_=t.UtcText)).where(
            h.rank == WHOLE, h.status == "ok", h.tried_at <= now
        )
        return {hostname: at for hostname, at in self._rows(wanted.group_by(h.hostname))}

    def last_answer(self, hostname: str) -> datetime | None:
        """When a host last answered with something that could be read."""
        h = t.host_result.c
        wanted = sa.select(sa.func.max(h.tried_at, type_=t.UtcText)).where(h.hostname == hostname, h.rank > NOTHING)
        last: datetime | None
        [(last,)] = self._rows(wanted)
        return last

    def dated_after(self, moment: datetime) -> int:
        """How many results are dated after a moment: of now, a clock was ahead when they were made, or is behind."""
        h = t.host_result.c
        [(count,)] = self._rows(sa.select(sa.func.count()).where(h.tried_at > moment))
        return int(count)


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Python's collector walks over all that is there each time it has grown: two thirds of the time for 100,000 hosts.
    What is made here is trees, which need no collector."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _is_result(result: Any, snapshot_id: Any, key: Any) -> Any:
    return sa.and_(result.c.snapshot_id == snapshot_id, result.c.hostname == key.c.hostname)


def _read_again_later(first: Any, known_by: int | None) -> sa.ColumnElement[bool]:
    """Whether the captures behind a result were read again since."""
    later = t.host_result.alias("later").c
    again = [
        later.hostname == first.hostname,
        later.captured_in == sa.func.coalesce(first.captured_in, first.snapshot_id),
        later.snapshot_id > first.snapshot_id,
    ]
    if known_by is not None:
        again.append(later.snapshot_id <= known_by)
    return sa.exists().where(*again)
