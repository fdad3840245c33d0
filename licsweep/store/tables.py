"""The tables of the store; most columns are fields of our frozen types. Rows are only added; updated are a
snapshot's state and end, and that a retirement was undone or an import taken back. Removed are results of hosts
alone (`pruning`).

Times are text in UTC with microseconds, so that their order is the order of time. Bodies are JSON of the frozen
types; the raw texts of a host are packed JSON of its captures, each with the sha256 of its text. The observation and
the texts may be stored as their difference to a base, an earlier one of the same host that is stored whole (`packing`).
"""

from collections.abc import Collection
from dataclasses import fields
from datetime import datetime
from types import NoneType
from typing import Any, get_args, get_type_hints

import sqlalchemy as sa

from licsweep.ledger_types import KeptFile, LedgerEntry, Parcel
from licsweep.model import Outcome, Retirement, Snapshot, as_utc
from licsweep.stored_import import StoredImport

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # one order everywhere: that of the code points


def without_nul(text: str) -> str:
    """The text as every database can hold it: PostgreSQL has no NUL."""
    return text.replace("\0", "\ufffd")


class Words(sa.TypeDecorator[str]):
    """Text whose order does not depend on the database; migrations use it too."""

    impl = TEXT
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:  # noqa: ARG002
        return None if value is None else without_nul(value)


class UtcText(sa.TypeDecorator[datetime]):
    """A UTC datetime as sortable text."""

    impl = TEXT
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> str | None:  # noqa: ARG002
        return None if value is None else as_utc(value).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

    def process_result_value(self, value: str | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        return None if value is None else as_utc(datetime.fromisoformat(value))


_SQL_TYPES = {int: sa.Integer, float: sa.Float, bool: sa.Boolean, datetime: UtcText}  # all other fields are words


def _columns(record: Any, without: Collection[str] = ()) -> list[sa.Column[Any]]:
    """A column for each field of a frozen type; a field that may be None may be NULL."""
    hints, made = get_type_hints(record), list[sa.Column[Any]]()
    for name in (field.name for field in fields(record) if field.name not in without):
        options = get_args(hints[name])
        kind = options[0] if NoneType in options else hints[name]
        made.append(sa.Column(name, _SQL_TYPES.get(kind, Words), nullable=NoneType in options))
    return made


metadata = sa.MetaData()

snapshot = sa.Table(
    "snapshot",
    metadata,
    *_columns(Snapshot, {"outcomes"}),
    sa.PrimaryKeyConstraint("id"),
    sa.Index("snapshot_by_uid", "uid", unique=True),
)

host_result = sa.Table(
    "host_result",
    metadata,
    sa.Column("snapshot_id", sa.ForeignKey("snapshot.id")),
    *_columns(Outcome),
    sa.Column("tried_at", UtcText, nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),  # 2 whole observation, 1 what could be read, 0 none
    sa.Column("platform", Words),  # that of the observation
    sa.Column("observation", Words),  # JSON, where it is stored whole
    sa.Column("observation_packed", sa.LargeBinary),  # its difference to that of the same host in base_snapshot_id
    sa.Column("base_snapshot_id", sa.ForeignKey("snapshot.id")),
    sa.Column("captured_in", sa.ForeignKey("snapshot.id")),  # where its texts lie
    sa.Column("texts", sa.LargeBinary),  # JSON of its captures, packed
    sa.Column("texts_base", sa.ForeignKey("snapshot.id")),  # against those of the same host in that snapshot
    sa.PrimaryKeyConstraint("snapshot_id", "hostname"),
    # Rows are long, so that what counts is found in indexes alone.
    sa.Index("host_result_by_time", "hostname", "tried_at", "snapshot_id", "rank", "captured_in"),
    sa.Index("host_result_by_rank", "hostname", "rank", "tried_at", "snapshot_id", "captured_in", "status"),
    sa.Index("host_result_read_again", "hostname", "captured_in", "snapshot_id"),
    sa.Index("host_result_by_status", "snapshot_id", "status"),
)

retirement = sa.Table(
    "retirement",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    *_columns(Retirement),
    sa.Index("ix_retirement_hostname", "hostname"),
)

entitlement_import = sa.Table(
    "entitlement_import",
    metadata,
    *_columns(StoredImport, {"entitlements", "instances", "alerts"}),
    sa.PrimaryKeyConstraint("id"),
)

entitlement, product_instance, cssm_alerts = (
    sa.Table(
        name,
        metadata,
        sa.Column("import_id", sa.ForeignKey("entitlement_import.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("body", Words, nullable=False),
    )
    for name in ("entitlement", "product_instance", "cssm_alerts")
)

courier_file = sa.Table(
    "courier_file",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    *_columns(KeptFile, {"reports"}),
    sa.Column("reports", Words, nullable=False),
)

courier_parcel = sa.Table(
    "courier_parcel",
    metadata,
    *_columns(Parcel, {"files"}),
    sa.Column("files", Words, nullable=False),
    sa.PrimaryKeyConstraint("id"),
)

courier_entry = sa.Table(
    "courier_entry",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    *_columns(LedgerEntry),
    sa.Index("courier_entry_by_report", "sn", "report_id"),
)
