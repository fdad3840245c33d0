"""The tables of the store. Rows are only added; updated are a snapshot's state and end, and that a
retirement was undone or an import taken back.

Times are text in UTC with microseconds, so that their order is the order of time. Bodies are JSON of the frozen
types; raw captures are zlib-compressed text with the sha256 of the text. A text or an observation may be stored as
its difference to a base, an earlier one of the same host (and command) that is stored whole (`packing`).
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from licsweep.model import as_utc

FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


class UtcText(sa.TypeDecorator[datetime]):
    """A UTC datetime as sortable text."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> str | None:  # noqa: ARG002
        return None if value is None else as_utc(value).strftime(FORMAT)

    def process_result_value(self, value: str | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        return None if value is None else as_utc(datetime.fromisoformat(value))


metadata = sa.MetaData()

snapshot = sa.Table(
    "snapshot",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("started_at", UtcText, nullable=False),
    sa.Column("ended_at", UtcText),
    sa.Column("tool_version", sa.Text, nullable=False),
    sa.Column("selection", sa.Text, nullable=False),
    sa.Column("selected", sa.Integer, nullable=False),
    sa.Column("uid", sa.Text),
    sa.Column("origin", sa.Text),
)

host_result = sa.Table(
    "host_result",
    metadata,
    sa.Column("snapshot_id", sa.ForeignKey("snapshot.id"), primary_key=True),
    sa.Column("hostname", sa.Text, primary_key=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("skip", sa.Text),
    sa.Column("gathered", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("seconds", sa.Float),
    sa.Column("tried_at", UtcText, nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),  # 2 whole observation, 1 what could be read, 0 none
    sa.Column("observation", sa.Text),  # JSON, where it is stored whole
    sa.Column("observation_packed", sa.LargeBinary),  # its difference to that of the same host in base_snapshot_id
    sa.Column("base_snapshot_id", sa.ForeignKey("snapshot.id")),
    sa.Column("captured_in", sa.ForeignKey("snapshot.id")),  # where its captures lie, when not in snapshot_id
    # Rows are long, so that what counts is found in indexes alone.
    sa.Index("host_result_by_time", "hostname", "tried_at", "snapshot_id", "rank", "captured_in"),
    sa.Index("host_result_by_rank", "hostname", "rank", "tried_at", "snapshot_id", "captured_in", "status"),
    sa.Index("host_result_read_again", "hostname", "captured_in", "snapshot_id"),
    sa.Index("host_result_by_status", "snapshot_id", "status"),
)

capture = sa.Table(
    "capture",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("snapshot_id", sa.ForeignKey("snapshot.id"), nullable=False),
    sa.Column("hostname", sa.Text, nullable=False),
    sa.Column("command", sa.Text, nullable=False),
    sa.Column("started_at", UtcText, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("level", sa.Text),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("text", sa.LargeBinary, nullable=False),
    sa.Column("base_id", sa.ForeignKey("capture.id")),  # the text is packed against that of this capture
    sa.Index("capture_by_host", "snapshot_id", "hostname"),
    sa.Index("capture_by_command", "hostname", "command"),
)

retirement = sa.Table(
    "retirement",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("hostname", sa.Text, nullable=False, index=True),
    sa.Column("at", UtcText, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("reservation_returned", sa.Boolean, nullable=False),
    sa.Column("recorded_at", UtcText, nullable=False),
    sa.Column("undone_at", UtcText),  # from then on it no longer holds
    sa.Column("undone_why", sa.Text),
)

entitlement_import = sa.Table(
    "entitlement_import",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("imported_at", UtcText, nullable=False),
    sa.Column("whole", sa.Boolean, nullable=False, server_default=sa.false()),  # speaks of the whole smart account
    sa.Column("removed_at", UtcText),
)

entitlement, product_instance = (
    sa.Table(
        name,
        metadata,
        sa.Column("import_id", sa.ForeignKey("entitlement_import.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    for name in ("entitlement", "product_instance")
)
