"""PostgreSQL: how a database is reached, what its errors mean, and its advisory locks. Nothing else knows it.

Collectors write at once, each a snapshot of its own. A collector is a project folder of a machine; it writes one
snapshot at a time, since what an account may be sent is counted within one run. The server frees all locks when the
connection that took them ends, however it ends.
"""

import hashlib
import os
import re
import socket
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from licsweep.clean_text import one_line
from licsweep.errors import LockedError, StoreError, UsageError, did_you_mean
from licsweep.model import as_utc
from licsweep.store.database import transaction
from licsweep.store.tables import metadata

BUSY_SECONDS = 30
_CONNECT = {"connect_timeout": 10, "keepalives_idle": 60, "tcp_user_timeout": 60_000, "client_encoding": "utf8"}
_WHOLE, _COLLECTOR, _SNAPSHOT, _MAKING = range(0x6C730001, 0x6C730005)  # first keys of our advisory locks
_LOCKS = sa.text("""
  SELECT objid, pid = pg_backend_pid() AS mine, application_name, backend_start
  FROM pg_locks JOIN pg_stat_activity USING (pid)
  WHERE locktype = 'advisory' AND granted AND datname = current_database() AND classid = :kind""")
_TOLD = {  # by the beginning of SQLSTATE, or a word of what libpq says without one: why, and what to do
    "3D000": ("there is no such database", "createdb on the server; licsweep makes the tables"),
    "28": ("the server does not let this user in", "docs/how-to/postgresql.md"),
    "42501": ("this user may not do that", "grant it on the server"),
    "25006": ("this user may not write to it", "it was opened for reading, or the server is a standby"),
    "53": ("the server is short of disk, memory or connections", "make room on the server and run again"),
    "55P03": ("the database is locked by another program", "try again when that program has ended"),
    "42": ("its tables are not those of licsweep", "restore a copy of the database"),
    "23": ("another run stored the same, or the database is damaged", "run again; then restore a copy"),
    "57P": ("the connection to the server broke", "run again when the server is up"),
}
_SAID = {
    "3D000": r'database ".*" does not exist',
    "28": r'password|authentication|pg_hba|no encryption|role ".*" does not exist',
    "57P": "server closed the connection|connection is (lost|closed)",
}


_LOOPBACK = re.compile(r"localhost|127\.[0-9.]+|::1")


class PostgresDatabase:
    """A database on a server, which a person has made there; `folder` is the project's."""

    def __init__(self, url: sa.URL, folder: Path) -> None:
        where = f"{socket.gethostname()}:{folder.resolve()}"
        self._key = int.from_bytes(hashlib.sha256(where.encode()).digest()[:4]) >> 1
        self._url = _verified(url.set(drivername="postgresql+psycopg"))
        self._session: sa.Connection | None = None  # the one that holds the locks

    def __str__(self) -> str:
        return self._url.set(query={}).render_as_string()

    def exists(self) -> bool:
        """Whether the database holds tables. Raises StoreError where it can't be reached."""
        with self.told(), _engine(self._url) as engine:
            return bool(sa.inspect(engine).get_table_names())

    def make(self, fill: Callable[[sa.Connection], None]) -> None:
        """Fills the database, unless another collector just did."""
        with self.told(), _engine(self._url) as engine, transaction(engine) as connection:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MAKING, 0)))
            if (encoding := connection.scalar(sa.text("SHOW server_encoding"))) != "UTF8":
                hint = "createdb --template=template0 --encoding=UTF8"
                raise StoreError(f"{self}: its encoding is {encoding}", why="it can't hold every text", hint=hint)
            if not sa.inspect(connection).get_table_names():
                fill(connection)
                _go_on_counting(connection)

    def for_writing(self) -> AbstractContextManager[sa.Engine]:
        return _engine(self._url)

    def for_reading(self) -> AbstractContextManager[sa.Engine]:
        return _engine(self._url, isolation_level="REPEATABLE READ", postgresql_readonly=True)

    def size(self, engine: sa.Engine) -> int:
        with self.told(), engine.connect() as connection:
            return int(connection.scalar(sa.text("SELECT pg_database_size(current_database())")))

    def give_back(self, engine: sa.Engine) -> None:
        """Gives room that is free within the tables back to the disk of the server."""
        with self.told(), engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("VACUUM FULL")

    def insert_new(self, table: sa.Table) -> sa.Insert:
        """Inserts rows, but those whose key is there."""
        return insert(table).on_conflict_do_nothing()

    @contextmanager
    def told(self) -> Iterator[None]:
        try:
            yield
        except ModuleNotFoundError as error:
            hint = "pip install 'licsweep[postgres]'"
            raise StoreError(f"{self}: psycopg is not installed", why="it speaks to PostgreSQL", hint=hint) from error
        except sa.exc.ArgumentError as error:
            why = "postgresql+psycopg://USER@HOST:PORT/NAME is expected, with a number for PORT"
            raise UsageError(f"{self}: not a URL", why=why, hint="docs/how-to/postgresql.md") from error
        except sa.exc.DBAPIError as error:
            said, state = str(error.orig), getattr(error.orig, "sqlstate", None)
            state = state or next((state for state, words in _SAID.items() if re.search(words, said)), "")
            known = next((told for start, told in _TOLD.items() if state.startswith(start)), None)
            why, hint = known or (f"PostgreSQL says: {one_line(said)}", "docs/how-to/postgresql.md")
            raise StoreError(f"{self}: the database can't be used", why=why, hint=hint) from error

    @contextmanager
    def lock(self, doing: str, *, whole: bool = False) -> Iterator[None]:
        """Holds the lock of this collector, beside others; or that of the whole database, alone."""
        me = f"{doing}, process {os.getpid()} on {socket.gethostname()}"
        with ExitStack() as stack:
            with self.told():
                engine = stack.enter_context(_engine(self._url, isolation_level="AUTOCOMMIT"))
                self._session = stack.enter_context(engine.connect())
                self._session.execute(sa.select(sa.func.set_config("application_name", me[:63], False)))
                if whole:
                    self._take("pg_try_advisory_lock", _WHOLE, 0)
                else:
                    self._take("pg_try_advisory_lock_shared", _WHOLE, 0)
                    self._take("pg_try_advisory_lock", _COLLECTOR, self._key)
            try:
                yield
            finally:  # now, since a server sees the end of a connection a moment later
                with suppress(sa.exc.SQLAlchemyError):
                    self._session.execute(sa.select(sa.func.pg_advisory_unlock_all()))

    def _take(self, how: str, kind: int, key: int) -> None:
        assert self._session is not None  # noqa: S101
        if not self._session.scalar(sa.select(getattr(sa.func, how)(kind, key))):
            others = self._session.execute(_LOCKS, {"kind": kind})
            holder = next((one for one in others if one.objid == key and not one.mine), None)
            why = "it has just ended"
            if holder:
                since = f"{as_utc(holder.backend_start):%Y-%m-%dT%H:%M:%SZ}" if holder.backend_start else "some time"
                why = f"{one_line(holder.application_name)}, since {since}"
            hint = "wait until that run ends; the lock is then free, however it ended"
            raise LockedError(f"another run holds {self}", why=why, hint=hint)

    def still_locked(self) -> bool:
        if self._session is None:
            return True
        try:
            return any(one.mine for one in self._session.execute(_LOCKS, {"kind": _WHOLE}))
        except sa.exc.DBAPIError:
            return False

    def claim(self, snapshot_id: int) -> None:
        if self._session is not None:
            self._session.execute(sa.select(sa.func.pg_advisory_lock(_SNAPSHOT, snapshot_id)))

    def written(self, engine: sa.Engine, running: Collection[int]) -> Collection[int]:  # noqa: ARG002
        with self.told(), engine.connect() as connection:
            return {one.objid for one in connection.execute(_LOCKS, {"kind": _SNAPSHOT})}


def _verified(url: sa.URL) -> sa.URL:
    """The URL, by which a server must show a certificate for its name, unless it or PGSSLMODE says otherwise.

    Left alone is loopback; libpq itself does without on a Unix socket.
    """
    named = url.host or url.query.get("host") or os.environ.get("PGHOST", "")
    hosts = named.split(",") if isinstance(named, str) else named
    near = "hostaddr" not in url.query and all(map(_LOOPBACK.fullmatch, hosts))
    if near or "sslmode" in url.query or "PGSSLMODE" in os.environ:
        return url
    return url.update_query_dict({"sslmode": "verify-full"})


@contextmanager
def _engine(url: sa.URL, **options: Any) -> Iterator[sa.Engine]:
    """An engine. Raises UsageError for what libpq does not know, which would be an argument of psycopg's own."""
    from psycopg.pq import Conninfo

    known = [one.keyword.decode() for one in Conninfo.get_defaults()]
    if wrong := next((name for name in url.query if name not in known), None):
        what, why = f"database: {one_line(wrong)}: no parameter of libpq", did_you_mean(wrong, known)
        raise UsageError(what, why=why, hint="docs/how-to/postgresql.md")
    given = f"-c lock_timeout={BUSY_SECONDS}s {url.query.get('options', '')}"
    engine = sa.create_engine(url, connect_args=_CONNECT | {"options": given}, use_native_hstore=False)
    try:
        yield engine.execution_options(**options)
    finally:
        engine.dispose()


def _go_on_counting(connection: sa.Connection) -> None:
    """Ids go on after those of the rows that came with their own."""
    for table in metadata.tables.values():
        if (column := table.autoincrement_column) is not None:
            sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
            following = sa.select(sa.func.coalesce(sa.func.max(column), 0) + 1).scalar_subquery()
            connection.execute(sa.select(sa.func.setval(sequence, following, False)))
