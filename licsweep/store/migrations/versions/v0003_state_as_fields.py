"""State as fields (why skipped, gathered), names of snapshots wherever they go, retirements, bases of texts, scopes of
imports."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("host_result", sa.Column("skip", sa.Text))
    op.add_column("host_result", sa.Column("gathered", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute("UPDATE host_result SET skip = 'fresh-enough' WHERE status = 'skipped' AND reason LIKE 'fresh%'")
    op.add_column("snapshot", sa.Column("uid", sa.Text))
    op.add_column("snapshot", sa.Column("origin", sa.Text))
    snapshot = sa.table("snapshot", sa.column("id", sa.Integer), sa.column("uid", sa.Text))
    connection = op.get_bind()
    for (number,) in connection.execute(sa.select(snapshot.c.id)).all():
        connection.execute(snapshot.update().where(snapshot.c.id == number).values(uid=str(uuid4())))
    op.add_column("entitlement_import", sa.Column("whole", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("entitlement_import", sa.Column("removed_at", sa.Text))
