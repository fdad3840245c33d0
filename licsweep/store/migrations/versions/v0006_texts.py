"""The texts of a host are one body beside its result, instead of a row each."""

import json
import zlib
from typing import Any

import sqlalchemy as sa
from alembic import op

from licsweep.store.packing import pack, pack_against, unpack

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("host_result", sa.Column("texts", sa.LargeBinary))
    op.add_column("host_result", sa.Column("texts_base", sa.Integer))
    names = ("hostname", "command", "started_at", "seconds", "sha256", "level")
    capture = sa.table("capture", *map(sa.column, ("id", "snapshot_id", "text", "base_id", *names)))
    result = sa.table("host_result", *map(sa.column, ("snapshot_id", "hostname", "captured_in", "texts", "texts_base")))
    base, c, connection = capture.alias("base"), capture.c, op.get_bind()
    joined = sa.outerjoin(capture, base, base.c.id == c.base_id)
    wanted = sa.select(capture, base.c.text.label("base")).select_from(joined).order_by(c.snapshot_id, c.id)
    for (hostname,) in connection.execute(sa.select(c.hostname).distinct()).all():
        texts: dict[int, list[dict[str, Any]]] = {}
        for row in connection.execute(wanted.where(c.hostname == hostname)):
            one = {name: getattr(row, name) for name in names} | {"text": _text(row)}
            texts.setdefault(row.snapshot_id, []).append(one)
        base_id, whole = None, b""
        for number, told in texts.items():
            body = json.dumps(told).encode()
            if (packed := pack_against(body, whole)) is None:
                base_id, whole = number, body
            new = {"texts": packed or pack(body), "texts_base": base_id if packed else None, "captured_in": number}
            mine = result.c.hostname == hostname, result.c.snapshot_id == number
            connection.execute(result.update().where(*mine).values(new))
    op.drop_table("capture")


def _text(row: Any) -> str:
    """A damaged text is empty, which does not match its sha256: so it is told, once somebody reads it."""
    try:
        return unpack(row.text, unpack(row.base) if row.base is not None else None).decode()
    except (ValueError, zlib.error):
        return ""
