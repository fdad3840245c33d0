"""What the parts of the store share: reading rows, and writing in one transaction at a time."""

import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from functools import cache, lru_cache, partial
from threading import Lock
from typing import Any

import sqlalchemy as sa

from licsweep.errors import StoreError
from licsweep.store.database import Database, writer


class Part:
    """Safe to use from many threads."""

    def __init__(self, database: Database, engine: sa.Engine) -> None:
        self._database, self._engine, self._writer = database, engine, writer(engine)
        self._lock = Lock()

    def close_connections(self) -> None:
        """Closes what is open, before this process is forked: SQLite's locks don't survive that. It opens again."""
        self._engine.dispose()

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with self._database.told(), self._lock, self._writer.begin() as connection:
            yield connection

    def _change(self, statement: sa.Insert | sa.Update | sa.Delete, *rows: Mapping[str, Any]) -> Any:
        """The result of a statement that runs in a transaction of its own."""
        with self._writing() as connection:
            return connection.execute(statement, rows or None)

    def _rows(self, wanted: sa.Select[Any], make: Callable[[Any], Any] = lambda row: row) -> list[Any]:
        """The rows, or what `make` makes of each: of many long ones no more than one is there beside what is made."""
        with self._database.told(), damaged(f"a row of {self._database}"), self._engine.connect() as connection:
            return [make(row) for row in connection.execute(wanted)]

    def _records(self, kind: type, wanted: sa.Select[Any]) -> list[Any]:
        """The rows as a frozen type."""
        return self._rows(wanted, partial(record_of, kind))

    def _value(self, wanted: sa.Select[Any]) -> Any:
        """The one column of the one row."""
        [(value,)] = self._rows(wanted)
        return value


class Prepared:
    """A statement that goes to the database's driver itself: SQLAlchemy's way there costs more than what it does."""

    def __init__(self, statement: Any, dialect: sa.Dialect) -> None:
        made: Any = statement.compile(dialect=dialect)
        processors = {name: one.type.dialect_impl(dialect).bind_processor(dialect) for name, one in made.binds.items()}
        self._sql, self._errors = str(made), dialect.loaded_dbapi.Error
        self._fixed = {name: value for name, value in made.params.items() if value is not None}
        self._made_fit = {name: processor for name, processor in processors.items() if processor}

    def run(self, connection: sa.Connection, *rows: Mapping[str, Any]) -> Any:
        """Runs it with each row of values; of a single one, returns the cursor."""
        given = [self._fixed | {name: self._fit(name, value) for name, value in row.items()} for row in rows]
        cursor = connection.connection.cursor()
        try:
            return cursor.execute(self._sql, given[0]) if len(given) == 1 else cursor.executemany(self._sql, given)
        except self._errors as error:
            raise sa.exc.DBAPIError(self._sql, None, error) from error

    def _fit(self, name: str, value: Any) -> Any:
        return self._made_fit[name](value) if name in self._made_fit else value


prepared = lru_cache(maxsize=8)(Prepared)  # statements, of the few databases that a process has open


def columns_of(record: Any) -> dict[str, Any]:
    """The columns of a frozen type's fields."""
    return {field.name: getattr(record, field.name) for field in fields(record)}


def record_of(kind: type, row: Any, **more: Any) -> Any:
    """A frozen type of the columns that its fields are named like, and of `more`."""
    given = zip(row._fields, row, strict=True)
    names = _names(kind)
    return kind(**{name: value for name, value in given if name in names} | more)


@cache
def _names(kind: type) -> frozenset[str]:
    return frozenset(field.name for field in fields(kind))


@contextmanager
def damaged(what: str) -> Iterator[None]:
    """Turns what goes wrong in decoding a stored body into StoreError."""
    try:
        yield
    except (ValueError, zlib.error) as error:
        raise StoreError(
            f"{what} is damaged", why="it is not what was stored", hint="restore a copy of the database"
        ) from error
