"""State as fields, platforms, names of snapshots that stay when they travel, retirements, bases, scopes of imports."""

import json
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("host_result", sa.Column("skip", sa.Text))
    op.add_column("host_result", sa.Column("gathered", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute("UPDATE host_result SET skip = 'fresh-enough' WHERE status = 'skipped' AND reason LIKE 'fresh%'")
    op.add_column("host_result", sa.Column("platform", sa.Text))
    op.add_column("host_result", sa.Column("observation_packed", sa.LargeBinary))
    op.add_column("host_result", sa.Column("base_snapshot_id", sa.Integer))
    op.drop_index("host_result_by_host", "host_result")
    for name, columns in (
        ("host_result_by_time", ["hostname", "tried_at", "snapshot_id", "rank", "captured_in"]),
        ("host_result_by_rank", ["hostname", "rank", "tried_at", "snapshot_id", "captured_in", "status"]),
        ("host_result_read_again", ["hostname", "captured_in", "snapshot_id"]),
        ("host_result_by_status", ["snapshot_id", "status"]),
    ):
        op.create_index(name, "host_result", columns)
    op.add_column("capture", sa.Column("base_id", sa.Integer))
    op.create_index("capture_by_command", "capture", ["hostname", "command"])
    op.create_table(
        "retirement",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("hostname", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("reservation_returned", sa.Boolean, nullable=False),
        sa.Column("recorded_at", sa.Text, nullable=False),
        sa.Column("undone_at", sa.Text),
        sa.Column("undone_why", sa.Text),
    )
    op.create_index("ix_retirement_hostname", "retirement", ["hostname"])
    op.add_column("snapshot", sa.Column("uid", sa.Text))
    op.add_column("snapshot", sa.Column("origin", sa.Text))
    snapshot = sa.table("snapshot", sa.column("id", sa.Integer), sa.column("uid", sa.Text))
    connection = op.get_bind()
    for (number,) in connection.execute(sa.select(snapshot.c.id)).all():
        connection.execute(snapshot.update().where(snapshot.c.id == number).values(uid=str(uuid4())))
    op.add_column("entitlement_import", sa.Column("whole", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("entitlement_import", sa.Column("removed_at", sa.Text))
    results = sa.table("host_result", *map(sa.column, ("snapshot_id", "hostname", "observation", "platform")))
    r = results.c
    rows = connection.execute(sa.select(r.snapshot_id, r.hostname, r.observation).where(r.observation.is_not(None)))
    for number, hostname, body in rows.all():
        one = results.update().where(r.snapshot_id == number, r.hostname == hostname)
        connection.execute(one.values(platform=json.loads(body).get("platform")))
