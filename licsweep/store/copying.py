"""A project's database as another one: all of it or nothing, compared when it is there."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from licsweep.errors import StoreError
from licsweep.settings import Project
from licsweep.store.database import Database
from licsweep.store.opening import check, database_of, existing, migrate
from licsweep.store.tables import metadata, without_nul

_ROWS = 200  # that are held at once


class CopiedTable(NamedTuple):
    """A table, its rows, and the sha256 of them all in the order of their keys: the same in both databases."""

    table: str
    rows: int
    sha256: str


def copy(project: Project, source: str, target: str) -> list[CopiedTable]:
    """Copies a database to another place; both are named as the setting `database` does. No sweep may run meanwhile.

    Raises LockedError; StoreError where there is no source, it is of another version, or the target is not empty.
    """
    old, new = existing(project, source), database_of(project, target)
    copied: list[CopiedTable] = []
    with new.lock("store copy", whole=True):
        if new.exists():
            why = "a copy never adds to what is there"
            raise StoreError(f"{new}: not empty", why=why, hint="name a new file or an empty database")
        with old.lock("store copy", whole=True), old.for_reading() as engine:
            check(old, engine)
            with engine.connect() as connection:
                there = _Tables(old, connection)
                new.make(lambda made: copied.extend(_fill(there, _Tables(new, made))))
    return copied


class _Tables(NamedTuple):
    database: Database
    connection: sa.Connection

    def rows(self, table: sa.Table) -> Iterator[Sequence[sa.Row[Any]]]:
        wanted = sa.select(table).order_by(*table.primary_key).execution_options(yield_per=_ROWS)
        with self.database.told():
            yield from self.connection.execute(wanted).partitions()

    def summary(self, table: sa.Table) -> CopiedTable:
        digest, count = hashlib.sha256(), 0
        for row in (row for rows in self.rows(table) for row in rows):
            count += 1
            for value in row:
                told = value if isinstance(value, bytes) else without_nul(f"{value!s}").encode()
                digest.update(f"{type(value).__name__} {len(told)} ".encode() + told)
        return CopiedTable(table.name, count, digest.hexdigest())


def _fill(old: _Tables, new: _Tables) -> Iterator[CopiedTable]:
    """Makes and fills the tables. Raises StoreError, so that nothing of it stays, where one reads differently."""
    migrate(new.connection, new=True)
    for table in metadata.sorted_tables:
        for rows in old.rows(table):
            new.connection.execute(table.insert(), [row._asdict() for row in rows])
        wanted, found = old.summary(table), new.summary(table)
        if wanted != found:
            why = f"{wanted.rows:,} rows were copied, {found.rows:,} were read back, and they differ"
            raise StoreError(f"{table.name}: not copied", why=why, hint="nothing was written; restore a copy of FROM")
        yield found
