"""Removing old results of hosts; never one that counts today, nor one that another rests on."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from licsweep.store import tables as t
from licsweep.store.hosts import Hosts
from licsweep.store.snapshots import NOTHING

_R = t.host_result.c
_SEEN, _PACKED, _TEXTS = (
    sa.func.coalesce(sa.func.length(x), 0) for x in (_R.observation, _R.observation_packed, _R.texts)
)
_OF_A_HOST = sa.select(
    *(_R.snapshot_id, _R.tried_at, _R.rank, _R.captured_in, _R.base_snapshot_id, _R.texts_base),
    (_SEEN + _PACKED + _TEXTS).label("bytes"),
)


class Pruned(NamedTuple):
    """So many results of hosts were removed, or would be, from so many snapshots, in which `kept` results stay.

    `bytes` are those of their bodies. A judgement of a date before `dates_from` is refused from then on.
    """

    snapshots: int
    removed: int
    kept: int
    bytes: int
    dates_from: datetime | None


class Retention(Hosts):
    """What is kept of the past: of each date after the snapshots that were pruned all that a judgement sees."""

    def prune(self, keep: timedelta | int, now: datetime, *, dry_run: bool) -> Pruned:
        """Removes what is older than a span, or than so many newest snapshots; for a holder of the whole lock.

        The snapshots are marked first; then each host is a transaction of its own, so that a run that is cut off
        loses nothing and the next one goes on. The newest complete snapshot of each kind stays, for monitoring.
        """
        ended = [one for one in self.snapshots() if one.state != "running"]
        whole = [one for one in ended if one.state != "pruned"]
        newest = {one.kind: one for one in whole if one.state == "complete"}.values()
        if isinstance(keep, int):
            old = whole[:-keep]
        else:
            old = [one for one in whole if (one.ended_at or one.started_at) < now - keep]
        going = {one.id: one for one in ended if one.state == "pruned" or (one in old and one not in newest)}
        until = max((one.ended_at or one.started_at for one in going.values()), default=now)
        gone, kept, size = dict[str, list[int]](), 0, 0
        for hostname in sorted(self.hostnames()):
            rows = self._rows(_OF_A_HOST.where(_R.hostname == hostname).order_by(_R.snapshot_id))
            stay = _staying(rows, going, until)
            if goes := [row for row in rows if row.snapshot_id not in stay]:
                gone[hostname] = [row.snapshot_id for row in goes]
            kept, size = kept + len(stay & going.keys()), size + sum(row.bytes for row in goes)
        if not gone:
            return Pruned(0, 0, 0, 0, self.known_from())
        if not dry_run:
            self._change(t.snapshot.update().where(t.snapshot.c.id.in_(going)).values(state="pruned"))
            for hostname, snapshots in gone.items():
                self._change(t.host_result.delete().where(_R.hostname == hostname, _R.snapshot_id.in_(snapshots)))
        return Pruned(len(going), sum(map(len, gone.values())), kept, size, until)


def _staying(rows: Sequence[Any], going: Collection[int], until: datetime) -> set[int]:
    """The snapshots of which the result of one host stays: `rows` are all of its results, by snapshot.

    These are what is new; the last try, the last good and the last read result and the last texts of what is old; and
    what these rest on: their texts, the bases of their bodies, and other readings of the same texts.
    """
    of, readings = {row.snapshot_id: row for row in rows}, dict[int, list[int]]()
    for row in rows:
        readings.setdefault(row.captured_in, []).append(row.snapshot_id)
    old = [row for row in rows if row.snapshot_id in going and row.tried_at <= until]
    last = [row for row in old if row.snapshot_id >= max(readings.get(row.captured_in or row.snapshot_id, [0]))]
    read = [row for row in last if row.rank > NOTHING]
    best = sorted(last, key=lambda row: (row.tried_at, row.snapshot_id))[-1:]
    best += sorted(read, key=lambda row: (row.rank, row.tried_at, row.snapshot_id))[-1:]
    best += sorted(read, key=lambda row: (row.tried_at, row.snapshot_id))[-1:]
    best += [row for row in old if row.captured_in == row.snapshot_id][-1:]
    todo = of.keys() - {row.snapshot_id for row in old} | {row.snapshot_id for row in best}
    stay = set[int]()
    while todo:
        stay.add(one := todo.pop())
        rests_on = {of[one].captured_in, of[one].base_snapshot_id, of[one].texts_base, *readings.get(one, ())}
        todo |= rests_on & of.keys() - stay
    return stay
