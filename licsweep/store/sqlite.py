"""SQLite: the database file, how it is opened, what its errors mean, and the lock beside it. Nothing else knows it."""

import os
import sqlite3
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from licsweep.errors import StoreError, UsageError
from licsweep.store.database import transaction
from licsweep.store.lock import is_locked, locked

BUSY_SECONDS = 30
_WRITING = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON")
_TOLD = {  # by the beginning of SQLite's error name: why, and what to do
    "SQLITE_NOTADB": ("the file is not a database", "name another file in `database`; licsweep config"),
    "SQLITE_CORRUPT": ("the database is damaged", "restore a copy of the file"),
    "SQLITE_BUSY": ("the database is locked by another program", "try again when that program has ended"),
    "SQLITE_FULL": ("the disk is full", "make room and run again"),
    "SQLITE_IOERR": ("the disk does not read or write: it is full or failing", "check the disk and run again"),
    "SQLITE_READONLY": ("this user may not write to it", "check the owner and mode of the file and its folder"),
    "SQLITE_CANTOPEN": ("this user may not open it", "check the owner and mode of the file and its folder"),
    "SQLITE_PERM": ("this user may not open it", "check the owner and mode of the file and its folder"),
    "SQLITE_CONSTRAINT": ("another run stored the same, or the database is damaged", "run again; then restore a copy"),
    "SQLITE_ERROR": ("its tables are not those of licsweep", "restore a copy of the file"),
}


class SqliteFile:
    """One database file in WAL mode. `path` may hold any character."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._claimed: set[int] = set()
        self._is_held: Callable[[], bool] | None = None  # while this one holds the lock
        self._lock = self.path.with_suffix(".lock")
        if self._lock == self.path:
            raise UsageError(f"{path}: the name of its lock", why="a database needs another suffix than .lock")

    def __str__(self) -> str:
        return str(self.path)

    def exists(self) -> bool:
        """Whether there is a file. Raises StoreError for one that can't be a database: empty, or not regular."""
        try:
            found = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise StoreError(f"{self}: {error.strerror}", why="the database can't be opened") from error
        if not stat.S_ISREG(found.st_mode):
            raise StoreError(f"{self}: not a regular file", why="a database is one file", hint="licsweep config")
        if not found.st_size:
            raise StoreError(
                f"{self}: an empty file",
                why="a database is never empty; this one was cut off, or something else made it",
                hint="restore a copy of the file, or remove it and sweep again",
            )
        return True

    @contextmanager
    def lock(self, doing: str, *, whole: bool = False) -> Iterator[None]:  # noqa: ARG002
        """Holds the lock of the one writer of snapshots (`lock.locked`), which is the lock of the whole file too."""
        with locked(self._lock, doing) as self._is_held:
            yield
        self._is_held = None

    def still_locked(self) -> bool:
        return self._is_held is None or self._is_held()

    def claim(self, snapshot_id: int) -> None:
        self._claimed.add(snapshot_id)

    def written(self, engine: sa.Engine, running: Collection[int]) -> Collection[int]:  # noqa: ARG002
        if self._is_held:
            return self._claimed
        return running if is_locked(self._lock) else ()

    def insert_new(self, table: sa.Table) -> sa.Insert:
        """Inserts rows, but those whose key is there."""
        return insert(table).on_conflict_do_nothing()

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turns errors of the database into StoreError."""
        try:
            yield
        except (sa.exc.DBAPIError, sqlite3.Error, OSError) as error:
            cause = getattr(error, "orig", None) or error
            name = getattr(cause, "sqlite_errorname", "")
            known = next((told for start, told in _TOLD.items() if name.startswith(start)), None)
            why, hint = known or (getattr(cause, "strerror", None) or f"SQLite says {name}", "licsweep config")
            raise StoreError(f"{self}: the database can't be used", why=why, hint=hint) from error

    def make(self, fill: Callable[[sa.Connection], None]) -> None:
        """Makes the file beside its place as `fill` fills it, and renames it."""
        beside = self.path.with_name(f"{self.path.name}.new")
        with self.told():
            beside.unlink(missing_ok=True)
            os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            try:
                with _engine(beside, mode="rw", pragmas=_WRITING) as engine, transaction(engine) as connection:
                    fill(connection)
                beside.rename(self.path)
            finally:
                beside.unlink(missing_ok=True)

    def for_writing(self) -> AbstractContextManager[sa.Engine]:
        """An engine that reads and writes the file, which is there."""
        return _engine(self.path, mode="rw", pragmas=_WRITING)

    def size(self, engine: sa.Engine) -> int:  # noqa: ARG002
        """Bytes of the file, with what is not yet in it."""
        files = (self.path, Path(f"{self}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def give_back(self, engine: sa.Engine) -> None:
        with self.told(), closing(engine.raw_connection()) as connection:
            for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):  # neither runs within a transaction
                connection.cursor().execute(statement)

    @contextmanager
    def for_reading(self) -> Iterator[sa.Engine]:
        """An engine that changes no row, also for a user who may write neither file nor folder.

        SQLite in WAL mode makes two files beside the database and only who may write it takes them away again. So
        whoever may not, reads it as it lies there, unless a writer has those files open. Raises StoreError at the end
        where it was changed meanwhile.
        """
        writable = os.access(self.path, os.W_OK)
        in_use = any(Path(f"{self}{suffix}").exists() for suffix in ("-wal", "-shm"))
        if writable or in_use:
            with _engine(self.path, mode="rw" if writable else "ro", pragmas=("query_only=ON",)) as engine:
                if self._opens(engine, must=in_use):
                    yield engine
                    return
        before = self._stamp()
        with _engine(self.path, mode="ro", immutable="1") as engine:
            yield engine
        if self._stamp() != before:
            raise StoreError(f"{self}: changed while it was read", why="a sweep or import began", hint="run it again")

    def _opens(self, engine: sa.Engine, *, must: bool) -> bool:
        """False, unless it `must`, where the folder is read-only, so that SQLite can't make its files."""
        with self.told():
            try:
                with engine.connect() as connection:
                    connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")
            except sa.exc.OperationalError as error:
                name = str(getattr(error.orig, "sqlite_errorname", ""))
                if must or not name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")):
                    raise
                return False
        return True

    def _stamp(self) -> tuple[int, int]:
        with self.told():
            found = self.path.stat()
        return found.st_size, found.st_mtime_ns


@contextmanager
def _engine(path: Path, *, mode: str, pragmas: tuple[str, ...] = (), **query: str) -> Iterator[sa.Engine]:
    """Transactions begin when asked for, so that tables are made whole or not at all.

    One that `writes` waits for other writers at its beginning: SQLite waits no more later.
    """
    parameters = {"mode": mode, "uri": "true"} | query
    where = sa.URL.create("sqlite", database=f"file:{quote(os.fsencode(path))}", query=parameters)
    engine = sa.create_engine(where, paramstyle="named", connect_args={"timeout": BUSY_SECONDS})

    @sa.event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.connection.cursor().execute("BEGIN IMMEDIATE" if writes else "BEGIN")

    try:
        yield engine
    finally:
        engine.dispose()
