"""When a snapshot came from a site, and no snapshot twice."""

import sqlalchemy as sa
from alembic import op

from licsweep.store.tables import UtcText

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("snapshot", sa.Column("imported_at", UtcText))
    op.create_index("snapshot_by_uid", "snapshot", ["uid"], unique=True)
