"""What the store asks of the database under it: `sqlite.SqliteFile` and `postgres.PostgresDatabase` are such."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from typing import Protocol

import sqlalchemy as sa


def writer(engine: sa.Engine) -> sa.Engine:
    """The engine, whose transactions say at their beginning that they write."""
    return engine.execution_options(writes=True)


def transaction(engine: sa.Engine) -> AbstractContextManager[sa.Connection]:
    """A transaction that writes, whole or not at all."""
    return writer(engine).begin()


class Database(Protocol):
    """One database, for one opening of the store; its text names it and holds no secret."""

    def __str__(self) -> str: ...

    def exists(self) -> bool:
        """Whether anything is there. Raises StoreError for what can't be used."""

    def make(self, fill: Callable[[sa.Connection], None]) -> None:
        """Makes the database as `fill` fills it, whole or not at all. The caller holds the lock."""

    def for_writing(self) -> AbstractContextManager[sa.Engine]:
        """An engine that reads and writes."""

    def for_reading(self) -> AbstractContextManager[sa.Engine]:
        """An engine that changes no row; each connection sees one state."""

    def size(self, engine: sa.Engine) -> int:
        """Bytes that it takes."""

    def give_back(self, engine: sa.Engine) -> None:
        """Gives room that is free within the database back to the disk."""

    def insert_new(self, table: sa.Table) -> sa.Insert:
        """Inserts rows, but those whose key is there, even if another run adds it at this moment."""

    def told(self) -> AbstractContextManager[None]:
        """Turns errors of the database into StoreError."""

    def lock(self, doing: str, *, whole: bool = False) -> AbstractContextManager[None]:
        """Holds the lock of a writer of snapshots, or of the one who works on the `whole` database, alone.

        Raises LockedError that says who holds it and since when.
        """

    def still_locked(self) -> bool:
        """Whether the lock that was taken, if any, is still held."""

    def claim(self, snapshot_id: int) -> None:
        """Says that the holder of the lock writes this snapshot, before anybody can see it."""

    def written(self, engine: sa.Engine, running: Collection[int]) -> Collection[int]:
        """Of running snapshots those that a run still writes, this one included."""
