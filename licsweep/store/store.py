"""The store: one SQLite file per project, in WAL mode, append-only.

One transaction per finished host: what is finished survives a SIGKILL. Safe to write from many threads.
"""

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Literal
from uuid import uuid4

import sqlalchemy as sa

from licsweep import serialization
from licsweep.errors import StoreError
from licsweep.model import Capture, HostState, Observation, Outcome, Snapshot, SnapshotKind
from licsweep.position_types import CssmInstance, Entitlement, StoredImport
from licsweep.store import tables as t
from licsweep.version import VERSION

HEAD = "0003"
BUSY_SECONDS = 30
WHOLE, CUT, NOTHING = 2, 1, 0  # rank of a result


class Store:
    """Opens (and, when `create`, makes) the database and brings it to this version's tables.

    Raises StoreError where there is none, where it is damaged or where it was written by a newer licsweep. A `with`
    block closes it.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        if not create and not path.is_file():
            raise StoreError(f"{path}: no database yet", why="nothing was collected here", hint="licsweep sweep")
        self._path = path
        self._lock = Lock()
        self._engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS})
        sa.event.listen(self._engine, "connect", _pragmas)
        with self._guard():
            if not path.exists():
                path.touch(mode=0o600)
            self._migrate()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Gives the file back."""
        self._engine.dispose()

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.DBAPIError, OSError) as error:
            cause = getattr(error, "orig", None) or error
            raise StoreError(
                f"{self._path}: {cause}", why="the database can't be used", hint="licsweep config"
            ) from error

    @contextmanager
    def _write(self) -> Iterator[sa.Connection]:
        with self._guard(), self._lock, self._engine.begin() as connection:
            yield connection

    def _execute(self, statement: sa.UpdateBase, rows: Sequence[Mapping[str, Any]] | None = None) -> None:
        with self._write() as connection:
            connection.execute(statement, rows)

    def _rows(self, wanted: sa.Select[Any]) -> Iterator[Any]:
        with self._guard(), self._engine.connect() as connection:
            yield from connection.execute(wanted)

    def _migrate(self) -> None:
        with self._engine.connect() as connection:
            if sa.inspect(connection).has_table("alembic_version"):
                version = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
                if version == HEAD:
                    return
                if version is not None and version > HEAD:
                    raise StoreError(
                        f"{self._path}: written by a newer licsweep",
                        why=f"its tables are version {version}, this licsweep knows {HEAD}",
                        hint="pip install --upgrade licsweep",
                    )
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", "licsweep.store:migrations")
        with self._engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    # Snapshots

    def begin(self, kind: SnapshotKind, selection: str, selected: int, at: datetime) -> int:
        """Adds a running snapshot and returns its id."""
        row = {
            "uid": str(uuid4()),
            "kind": kind,
            "state": "running",
            "started_at": at,
            "tool_version": VERSION,
            "selection": selection,
            "selected": selected,
        }
        with self._write() as connection:
            return connection.execute(t.snapshot.insert().values(row)).lastrowid

    def save_captures(self, snapshot_id: int, captures: Iterable[Capture]) -> None:
        """Adds the raw texts of one host: evidence first, before anything is read from it."""
        rows = [
            asdict(capture) | {"snapshot_id": snapshot_id, "text": zlib.compress(capture.text.encode())}
            for capture in captures
        ]
        if rows:
            self._execute(t.capture.insert(), rows)

    def save_result(
        self,
        snapshot_id: int,
        outcome: Outcome,
        tried_at: datetime,
        observation: Observation | None,
        captured_in: int | None = None,
    ) -> None:
        """Adds how one host ended and what was read from it; `captured_in` is the snapshot of captures read again."""
        row = asdict(outcome) | {
            "snapshot_id": snapshot_id,
            "tried_at": tried_at,
            "rank": _rank(outcome, observation),
            "observation": serialization.to_json(observation, light=True) if observation else None,
            "captured_in": captured_in,
        }
        self._execute(t.host_result.insert().values(row))

    def save_skipped(self, snapshot_id: int, hostnames: Iterable[str], reason: str, at: datetime) -> None:
        """Adds hosts that were not tried, all in one transaction."""
        row = {
            "snapshot_id": snapshot_id,
            "status": "skipped",
            "skip": "sweep-over",
            "reason": reason,
            "tried_at": at,
            "rank": NOTHING,
        }
        rows = [row | {"hostname": name} for name in hostnames]
        if rows:
            self._execute(t.host_result.insert(), rows)

    def end(self, snapshot_id: int, state: Literal["complete", "interrupted"], at: datetime | None) -> None:
        """Closes a snapshot."""
        self._execute(t.snapshot.update().where(t.snapshot.c.id == snapshot_id).values(state=state, ended_at=at))

    def close_interrupted(self) -> None:
        """Marks running snapshots as interrupted; only for the holder of the project's lock."""
        self._execute(t.snapshot.update().where(t.snapshot.c.state == "running").values(state="interrupted"))

    def snapshots(self) -> list[Snapshot]:
        """All snapshots, oldest first, with their outcome counts."""
        counts: dict[int, dict[str, int]] = {}
        h = t.host_result.c
        grouped = sa.select(h.snapshot_id, h.status, sa.func.count()).group_by(h.snapshot_id, h.status)
        for snapshot_id, status, number in self._rows(grouped):
            counts.setdefault(snapshot_id, {})[status] = number
        rows = self._rows(sa.select(t.snapshot).order_by(t.snapshot.c.id))
        return [Snapshot(**row._mapping, outcomes=counts.get(row.id, {})) for row in rows]

    # Hosts

    def host_states(
        self,
        *,
        as_of: datetime,
        snapshot_id: int | None = None,
        known_by: int | None = None,
        hostname: str | None = None,
    ) -> list[HostState]:
        """Each host's newest try and its best newest observation at or before `as_of`, by name.

        `snapshot_id`: of this snapshot alone. `known_by`: of all snapshots up to this one, for the hosts in it.

        A whole observation is never displaced by a newer one that was cut off; captures that were read again count as
        they were read last.
        """
        h = t.host_result.c
        chosen = [h.tried_at <= as_of]
        if snapshot_id is not None:
            chosen.append(h.snapshot_id == snapshot_id)
        else:
            chosen.append(~_read_again_later(known_by))
        if known_by is not None:
            chosen += [h.snapshot_id <= known_by, h.hostname.in_(_hosts_of(known_by))]
        if hostname is not None:
            chosen.append(h.hostname == hostname)
        newest = _first_per_host(
            [h.hostname, h.status, h.reason, h.skip, h.gathered], chosen, [h.tried_at.desc(), h.snapshot_id.desc()]
        )
        where = sa.func.coalesce(h.captured_in, h.snapshot_id).label("captured_in")
        best = _first_per_host(
            [h.hostname, where, h.observation],
            [*chosen, h.rank > NOTHING],
            [h.rank.desc(), h.tried_at.desc(), h.snapshot_id.desc()],
        )
        tries = list(self._rows(newest))
        seen = {row.hostname: row for row in self._rows(best)}
        states = []
        for row in tries:
            good = seen.get(row.hostname)
            states.append(
                HostState(
                    hostname=row.hostname,
                    outcome=row.status,
                    reason=row.reason,
                    skip=row.skip,
                    gathered=row.gathered,
                    observation=serialization.from_json(good.observation, Observation) if good else None,
                    snapshot_id=good.captured_in if good else None,
                )
            )
        return states

    def last_read(self) -> dict[str, datetime]:
        """For each host, when it last gave a whole answer that could be read."""
        h = t.host_result.c
        wanted = sa.select(h.hostname, sa.func.max(h.tried_at, type_=t.UtcText)).where(
            h.rank == WHOLE, h.status == "ok"
        )
        return {hostname: at for hostname, at in self._rows(wanted.group_by(h.hostname))}

    def newest_try(self, snapshot_id: int) -> datetime | None:
        """When the last host of a snapshot was tried; None for a snapshot without hosts."""
        h = t.host_result.c
        wanted = sa.select(sa.func.max(h.tried_at, type_=t.UtcText)).where(h.snapshot_id == snapshot_id)
        tried: datetime | None
        [(tried,)] = self._rows(wanted)
        return tried

    def results(self, snapshot_id: int) -> list[tuple[Outcome, datetime, Observation | None]]:
        """How each host of one snapshot ended, when it was tried, and what was read from it, by name."""
        h = t.host_result.c
        columns = (h.hostname, h.status, h.reason, h.seconds, h.tried_at, h.observation)
        wanted = sa.select(*columns).where(h.snapshot_id == snapshot_id).order_by(h.hostname)
        return [
            (
                Outcome(hostname=row.hostname, status=row.status, reason=row.reason, seconds=row.seconds),
                row.tried_at,
                serialization.from_json(row.observation, Observation) if row.observation else None,
            )
            for row in self._rows(wanted)
        ]

    def captured_in(self, snapshot_id: int | None = None) -> dict[str, int]:
        """For each host of which texts are stored, the newest snapshot that holds some (or this one)."""
        c = t.capture.c
        wanted = sa.select(c.hostname, sa.func.max(c.snapshot_id)).group_by(c.hostname)
        if snapshot_id is not None:
            wanted = wanted.where(c.snapshot_id == snapshot_id)
        return {hostname: holder for hostname, holder in self._rows(wanted)}

    def captures(self, snapshot_id: int, hostname: str) -> list[Capture]:
        """The raw texts of one host in one snapshot, checked against their sha256 (StoreError when damaged)."""
        c = t.capture.c
        wanted = sa.select(t.capture).where(c.snapshot_id == snapshot_id, c.hostname == hostname).order_by(c.id)
        return [_capture(row) for row in self._rows(wanted)]

    # Imports

    def add_import(
        self,
        source: str,
        file: str,
        content: bytes,
        rows: Sequence[Entitlement] | Sequence[CssmInstance],
        at: datetime,
        *,
        whole: bool = False,
    ) -> int:
        """Adds the entitlements or the product instances of one import, at least one row, and returns its id.

        `whole`: it speaks of the whole smart account (licsweep/imports/scope.py).
        """
        head = {
            "source": source,
            "file": file,
            "sha256": hashlib.sha256(content).hexdigest(),
            "imported_at": at,
            "whole": whole,
        }
        table = t.entitlement if isinstance(rows[0], Entitlement) else t.product_instance
        bodies = [
            {"position": position, "body": serialization.to_json(row, light=True)} for position, row in enumerate(rows)
        ]
        with self._write() as connection:
            made = int(connection.execute(t.entitlement_import.insert().values(head)).lastrowid)
            connection.execute(table.insert(), [body | {"import_id": made} for body in bodies])
        return made

    def imports(self) -> list[StoredImport]:
        """Every import with its rows, oldest first, those taken back too; which ones count is decided by scope."""
        entitlements = self._imported(t.entitlement, Entitlement)
        instances = self._imported(t.product_instance, CssmInstance)
        return [
            StoredImport(
                **row._mapping,
                entitlements=tuple(entitlements.get(row.id, ())),
                instances=tuple(instances.get(row.id, ())),
            )
            for row in self._rows(sa.select(t.entitlement_import).order_by(t.entitlement_import.c.id))
        ]

    def remove_import(self, import_id: int, at: datetime) -> None:
        """Marks an import as taken back; its rows stay."""
        self._execute(t.entitlement_import.update().where(t.entitlement_import.c.id == import_id).values(removed_at=at))

    def _imported(self, table: sa.Table, kind: Any) -> dict[int, list[Any]]:
        found: dict[int, list[Any]] = {}
        row = table.c
        for import_id, body in self._rows(sa.select(row.import_id, row.body).order_by(row.import_id, row.position)):
            found.setdefault(import_id, []).append(serialization.from_json(body, kind))
        return found


def _hosts_of(snapshot_id: int) -> sa.Select[Any]:
    h = t.host_result.alias("there").c
    return sa.select(h.hostname).where(h.snapshot_id == snapshot_id)


def _read_again_later(known_by: int | None) -> sa.ColumnElement[bool]:
    """Whether the captures behind a result were read again since."""
    first, later = t.host_result.c, t.host_result.alias("later").c
    again = [
        later.hostname == first.hostname,
        later.captured_in == sa.func.coalesce(first.captured_in, first.snapshot_id),
        later.snapshot_id > first.snapshot_id,
    ]
    if known_by is not None:
        again.append(later.snapshot_id <= known_by)
    return sa.exists().where(*again).correlate(t.host_result)


def _pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _rank(outcome: Outcome, observation: Observation | None) -> int:
    if observation is None or (outcome.status != "ok" and not observation.licenses):
        return NOTHING
    return WHOLE if observation.complete else CUT


def _first_per_host(columns: list[Any], where: list[Any], order: list[Any]) -> sa.Select[Any]:
    place = sa.func.row_number().over(partition_by=t.host_result.c.hostname, order_by=order).label("place")
    inner = sa.select(*columns, place).where(*where).subquery()
    names = [column.name for column in columns]
    return sa.select(*(inner.c[name] for name in names)).where(inner.c.place == 1).order_by(inner.c.hostname)


def _capture(row: Any) -> Capture:
    values = {name: getattr(row, name) for name in ("hostname", "command", "started_at", "seconds", "sha256", "level")}
    try:
        text = zlib.decompress(row.text)
    except zlib.error as error:
        raise StoreError(f"capture {row.id} is damaged", why=str(error)) from error
    if hashlib.sha256(text).hexdigest() != row.sha256:
        raise StoreError(f"capture {row.id} is damaged", why="its text does not match its sha256")
    return Capture(**values, text=text.decode())
