"""Hosts that were retired. What was decided stays: undoing is a date of its own."""

from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from licsweep.model import Retirement
from licsweep.store import tables as t
from licsweep.store.base import Part


class Retirements(Part):
    """Retiring a host, undoing it, and which retirements are in force."""

    def retire(self, retirement: Retirement, recorded_at: datetime) -> None:
        """Adds a retirement; of several of one host the one that begins last counts."""
        with self._writing() as connection:
            connection.execute(t.retirement.insert().values(asdict(retirement) | {"recorded_at": recorded_at}))

    def undo_retirement(self, hostname: str, at: datetime, why: str | None) -> None:
        """From `at` on the host's retirements no longer hold."""
        r = t.retirement.c
        mine = t.retirement.update().where(r.hostname == hostname, r.undone_at.is_(None))
        with self._writing() as connection:
            connection.execute(mine.values(undone_at=at, undone_why=why))

    def retirements(self, as_of: datetime, hostname: str | None = None) -> dict[str, Retirement]:
        """By host, the retirement in force at a moment."""
        r = t.retirement.c
        wanted = (
            sa.select(r.hostname, r.at, r.why, r.reservation_returned)
            .where(r.at <= as_of, sa.or_(r.undone_at.is_(None), r.undone_at > as_of))
            .order_by(r.at, r.id)
        )
        if hostname is not None:
            wanted = wanted.where(r.hostname == hostname)
        return {row.hostname: Retirement(**row._mapping) for row in self._rows(wanted)}
