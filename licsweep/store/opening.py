"""Opening the store: for reading, for writing, and bringing it to this version's tables, which only `upgrade` does."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa

from licsweep.errors import StoreError, UsageError
from licsweep.settings import Project, refuse_password
from licsweep.store.database import Database, transaction
from licsweep.store.imports import Imports
from licsweep.store.pruning import Pruned, Retention
from licsweep.store.sites import Sites
from licsweep.store.sqlite import SqliteFile
from licsweep.store.tables import metadata

HEAD = "0007"


class Upgraded(NamedTuple):
    """A database, the versions of its tables, and its bytes before and after."""

    database: str
    before: str
    after: str
    bytes_before: int
    bytes_after: int


class Store(Retention, Imports, Sites):
    """What a project has collected, imported and carried; each part has a module of its own."""

    def sizes(self) -> dict[str, int]:
        """The rows of each table, and the bytes of the database."""
        rows = {
            table.name: self._value(sa.select(sa.func.count()).select_from(table)) for table in metadata.sorted_tables
        }
        return rows | {"bytes": self._database.size(self._engine)}


def exists(project: Project) -> bool:
    """Whether anything was collected or imported yet. Raises StoreError for what can't be a database."""
    return database_of(project).exists()


@contextmanager
def reading(project: Project) -> Iterator[Store]:
    """The store for reading. Nothing is written, so that whoever may read the database can use it.

    Raises StoreError where there is none, and where it is empty, foreign, damaged, older or newer.
    """
    database = existing(project)
    with database.for_reading() as engine:
        check(database, engine)
        yield Store(database, engine)


@contextmanager
def writing(project: Project, doing: str, *, create: bool = True, alone: bool = True) -> Iterator[Store]:
    """The store for writing, made where there is none and `create`. Raises LockedError, StoreError as `reading` does.

    `alone`: as the one writer of snapshots, for which `doing` holds the lock; snapshots that an earlier run left
    behind are marked as interrupted. Imports and retirements are single transactions and may run beside it.
    """
    database = database_of(project) if create else existing(project)
    with ExitStack() as stack:
        if alone:
            stack.enter_context(database.lock(doing))
        if not database.exists():
            with ExitStack() if alone else database.lock(doing):
                database.make(partial(migrate, new=True))
        engine = stack.enter_context(database.for_writing())
        check(database, engine)
        store = Store(database, engine)
        if alone:
            store.close_interrupted()
        yield store


def upgrade(project: Project, *, compact: bool = False) -> Upgraded:
    """Brings an older database to this version's tables, and where `compact` stores all it holds anew, in less room.

    Raises LockedError, StoreError.
    """
    database = existing(project)
    with database.lock("store upgrade", whole=True), database.for_writing() as engine:
        before, size = _version(database, engine), database.size(engine)
        if before != HEAD:
            with database.told(), transaction(engine) as connection:
                migrate(connection)
        if compact:
            Store(database, engine).pack_again()
            database.give_back(engine)
        return Upgraded(str(database), before, HEAD, size, database.size(engine))


def prune(project: Project, keep: timedelta | int, *, dry_run: bool) -> Pruned:
    """Removes old results of hosts (`Retention.prune`) and gives their room back, which are its bytes then.

    Raises LockedError, StoreError. A `dry_run` needs no lock.
    """
    now = datetime.now(UTC)
    if dry_run:
        with reading(project) as store:
            return store.prune(keep, now, dry_run=True)
    database = existing(project)
    with database.lock("prune", whole=True), database.for_writing() as engine:
        check(database, engine)
        store, size = Store(database, engine), database.size(engine)
        store.close_interrupted()
        done = store.prune(keep, now, dry_run=False)
        if done.removed:
            database.give_back(engine)
        return done._replace(bytes=max(0, size - database.size(engine)))


def database_of(project: Project, named: str | None = None) -> Database:
    """The database that the settings name, or this name: a path or a URL; both may be relative to the project's folder.

    Raises UsageError, also for a URL with a password.
    """
    named = project.settings.database if named is None else named
    refuse_password(named, "database")
    if "://" not in named:
        return SqliteFile(project.folder / os.path.expanduser(named))  # noqa: PTH111 - Path's fails at ~.db
    with suppress(sa.exc.ArgumentError, ValueError):  # the latter of a port
        url = sa.make_url(named)
        if url.get_backend_name() == "sqlite" and url.database:
            return SqliteFile(project.folder / url.database)
        if url.get_backend_name() == "postgresql":
            from licsweep.store.postgres import PostgresDatabase

            return PostgresDatabase(url, project.folder)
    why = "a path, sqlite:///PATH or postgresql+psycopg://USER@HOST/NAME is expected"
    raise UsageError("database: not supported", why=why, hint="licsweep config")


def existing(project: Project, named: str | None = None) -> Database:
    """The database, which is there. Raises StoreError where nothing was collected yet."""
    database = database_of(project, named)
    if not database.exists():
        raise StoreError(f"{database}: no database yet", why="nothing was collected here", hint="licsweep sweep")
    return database


def _version(database: Database, engine: sa.Engine) -> str:
    """The version of the tables. Raises StoreError where they are not ours, or newer than this licsweep."""
    with database.told(), engine.connect() as connection:
        ours = {"alembic_version", "snapshot"} <= set(sa.inspect(connection).get_table_names())
        found = connection.scalar(sa.text("SELECT version_num FROM alembic_version")) if ours else None
    if found is None:
        why, hint = "another program made it, or a first run was cut off", "name another file in `database`"
        raise StoreError(f"{database}: holds no tables of licsweep", why=why, hint=f"{hint}; licsweep config")
    if found > HEAD:
        why = f"its tables are version {found}, this licsweep knows {HEAD}"
        hint = "pip install --upgrade licsweep"
        raise StoreError(f"{database}: written by a newer licsweep", why=why, hint=hint)
    return str(found)


def check(database: Database, engine: sa.Engine) -> None:
    if (found := _version(database, engine)) != HEAD:
        why = f"its tables are version {found}, this licsweep needs {HEAD}; copy the database before you upgrade it"
        raise StoreError(f"{database}: written by an older licsweep", why=why, hint="licsweep store upgrade")


def migrate(connection: sa.Connection, *, new: bool = False) -> None:
    """Brings the tables to this version, or makes them in a `new` database."""
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "licsweep.store:migrations")
    if new:
        metadata.create_all(connection)
        command.stamp(config, "head")
    else:
        command.upgrade(config, "head")
