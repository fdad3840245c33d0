"""Hosts that were retired. What was decided stays: undoing a retirement is a date of its own."""

from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from licsweep.model import Retirement
from licsweep.store import tables as t
from licsweep.store.base import Part

COLUMNS = [column for column in t.retirement.c if column.name != "id"]


class Retirements(Part):
    """Retiring a host, undoing it, and which retirements hold."""

    def retire(self, retirement: Retirement) -> None:
        """Adds a retirement; of several of one host the one that begins last holds."""
        with self._writing() as connection:
            connection.execute(t.retirement.insert().values(asdict(retirement)))

    def undo_retirements(self, hostname: str, at: datetime, why: str | None) -> None:
        """From `at` on no retirement of the host holds that was recorded until now."""
        r = t.retirement.c
        mine = t.retirement.update().where(r.hostname == hostname, r.undone_at.is_(None))
        with self._writing() as connection:
            connection.execute(mine.values(undone_at=at, undone_why=why))

    def retirements(self, as_of: datetime) -> dict[str, Retirement]:
        """By host, the retirement that holds at a moment."""
        r = t.retirement.c
        holds = sa.select(*COLUMNS).where(r.at <= as_of, sa.or_(r.undone_at.is_(None), r.undone_at > as_of))
        return {row.hostname: Retirement(**row._mapping) for row in self._rows(holds.order_by(r.at, r.id))}

    def retirement_history(self, hostname: str) -> list[Retirement]:
        """Every retirement of a host as it was recorded, oldest first."""
        r = t.retirement.c
        rows = self._rows(sa.select(*COLUMNS).where(r.hostname == hostname).order_by(r.id))
        return [Retirement(**row._mapping) for row in rows]
