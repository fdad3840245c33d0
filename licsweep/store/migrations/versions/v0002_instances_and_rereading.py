"""Product instances that CSSM lists, results of reading captures again, the level of a capture, sources of imports."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "product_instance",
        sa.Column("import_id", sa.Integer, sa.ForeignKey("entitlement_import.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.add_column("host_result", sa.Column("captured_in", sa.Integer))
    op.add_column("capture", sa.Column("level", sa.Text))
    op.execute("UPDATE entitlement_import SET source = 'cssm-licenses' WHERE source = 'cssm-csv'")
