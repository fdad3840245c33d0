"""The courier's ledger: files between devices and CSSM, parcels, what became of each usage report."""

import sqlalchemy as sa
from alembic import op

from licsweep.store.tables import Words

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    def words(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
        return [sa.Column(name, Words, nullable=nullable) for name in names]

    op.create_table(
        "courier_file",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("size", sa.Integer, nullable=False),
        *words("sha256", "kind", "name", "kept_at", "origin", "reports"),
        *words("hostname", "parcel", nullable=True),
    )
    op.create_table(
        "courier_parcel",
        sa.Column("id", Words, primary_key=True),
        *words("virtual_account", "form", "packed_at", "packed_by", "files"),
        *words("smart_account", nullable=True),
    )
    op.create_table(
        "courier_entry",
        sa.Column("id", sa.Integer, primary_key=True),
        *words("step", "pid", "sn", "report_id", "at"),
        *words("sha256", "parcel", "by", "note", nullable=True),
    )
    op.create_index("courier_entry_by_report", "courier_entry", ["sn", "report_id"])
