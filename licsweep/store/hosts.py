"""What is known of each host on a date, over all snapshots, and the hosts that were retired."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from licsweep.errors import UsageError
from licsweep.model import HostState, Retirement
from licsweep.no_garbage import no_garbage
from licsweep.store import tables as t
from licsweep.store.base import record_of
from licsweep.store.snapshots import BASE, NOTHING, WHOLE, Snapshots, observation_of, same_host, with_base


class Hosts(Snapshots):
    """The state of the hosts, and which of them are retired. What was decided of a host stays, undone or not."""

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
        they were read last. Raises UsageError for a snapshot that is not there, and where `prune` removed some of it.
        """
        h = t.host_result.c
        hosts = sa.select(h.hostname).distinct()
        if hostname is not None:
            hosts = hosts.where(h.hostname == hostname)
        for chosen in (snapshot_id, known_by):
            if chosen is not None:
                self.require_snapshot(chosen)
                hosts = hosts.where(h.snapshot_id == chosen)
        if snapshot_id is None and (since := self.known_from()) and as_of < since:
            raise UsageError(
                f"{as_of:%Y-%m-%d %H:%M} UTC: not all that was known then is still there",
                why=f"licsweep prune removed results from before {since:%Y-%m-%d %H:%M:%S} UTC",
                hint="name a later time",
            )
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
        joined = sa.join(key, newest, same_host(newest, key, key.c.newest))
        joined = sa.outerjoin(joined, best, same_host(best, key, key.c.best))
        n, b = newest.c, best.c
        wanted = sa.select(
            *(n.hostname, n.status.label("outcome"), n.reason, n.skip, n.gathered),
            *(b.observation, b.observation_packed, BASE.c.observation.label("base")),
            sa.func.coalesce(b.captured_in, b.snapshot_id).label("snapshot_id"),
            sa.func.coalesce(b.snapshot_id != n.snapshot_id, sa.false()).label("earlier"),
        )
        retired = self.retirements(as_of)

        def state(row: Any) -> Any:
            return record_of(HostState, row, retired=retired.get(row.hostname), observation=observation_of(row))

        with no_garbage():
            return self._rows(wanted.select_from(with_base(best, joined)).order_by(n.hostname), state)

    def hostnames(self, *, swept: bool = False) -> set[str]:
        """All hosts of which a result is stored, or those that some sweep here had selected and no site brought."""
        h, s = t.host_result.c, t.snapshot.c
        wanted = sa.select(h.hostname).distinct()
        if swept:
            here = sa.select(s.id).where(s.kind == "sweep", s.origin.is_(None))
            brought = sa.select(h.hostname).where(h.snapshot_id.in_(sa.select(s.id).where(s.origin.is_not(None))))
            wanted = wanted.where(h.snapshot_id.in_(here), h.hostname.not_in(brought))
        return {hostname for (hostname,) in self._rows(wanted)}

    def platforms(self, as_of: datetime) -> dict[str, str]:
        """For each host, what it was when it last answered at or before a moment."""
        h = t.host_result.c
        answered = sa.select(h.hostname, sa.func.max(h.tried_at).label("at"))
        last = answered.where(h.rank > NOTHING, h.tried_at <= as_of).group_by(h.hostname).subquery()
        found = sa.select(h.hostname, h.platform).where(
            h.hostname == last.c.hostname, h.tried_at == last.c.at, h.platform.is_not(None)
        )
        return dict(self._rows(found))

    def last_read(self, now: datetime) -> dict[str, datetime]:
        """For each host, when it last gave a whole answer that could be read; what is dated after `now` is ignored."""
        h = t.host_result.c
        wanted = sa.select(h.hostname, sa.func.max(h.tried_at))
        wanted = wanted.where(h.rank == WHOLE, h.status == "ok", h.tried_at <= now)
        return dict(self._rows(wanted.group_by(h.hostname)))

    def last_answer(self, hostname: str) -> datetime | None:
        """When a host last answered with something that could be read."""
        h = t.host_result.c
        wanted = sa.select(sa.func.max(h.tried_at)).where(h.hostname == hostname, h.rank > NOTHING)
        last: datetime | None = self._value(wanted)
        return last

    def dated_after(self, moment: datetime) -> int:
        """How many results are dated after a moment: of now, a clock was ahead when they were made, or is behind."""
        return int(self._value(sa.select(sa.func.count()).where(t.host_result.c.tried_at > moment)))

    def retire(self, retirement: Retirement) -> None:
        """Adds a retirement; of several of one host the one that begins last holds."""
        self._change(t.retirement.insert(), asdict(retirement))

    def undo_retirements(self, hostname: str, at: datetime, why: str | None) -> None:
        """From `at` on no retirement of the host holds that was recorded until now."""
        r = t.retirement.c
        mine = t.retirement.update().where(r.hostname == hostname, r.undone_at.is_(None))
        self._change(mine.values(undone_at=at, undone_why=why))

    def retirements(self, as_of: datetime) -> dict[str, Retirement]:
        """By host, the retirement that holds at a moment."""
        r = t.retirement.c
        holds = sa.select(t.retirement).where(r.at <= as_of, sa.or_(r.undone_at.is_(None), r.undone_at > as_of))
        return {one.hostname: one for one in self._records(Retirement, holds.order_by(r.at, r.id))}

    def retirement_history(self, hostname: str) -> list[Retirement]:
        """Every retirement of a host as it was recorded, oldest first."""
        r = t.retirement.c
        return self._records(Retirement, sa.select(t.retirement).where(r.hostname == hostname).order_by(r.id))


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
