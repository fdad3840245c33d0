"""Alerts that CSSM and SSM On-Prem list."""

import sqlalchemy as sa
from alembic import op

from licsweep.store.tables import Words

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "cssm_alerts",
        sa.Column("import_id", sa.Integer, sa.ForeignKey("entitlement_import.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("body", Words, nullable=False),
    )
