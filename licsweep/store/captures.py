"""Raw texts: the evidence, each with its sha256."""

import hashlib
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from licsweep.errors import StoreError
from licsweep.model import Capture
from licsweep.store import tables as t
from licsweep.store.base import Part, damaged
from licsweep.store.packing import pack, pack_against, unpack

BASE = t.capture.alias("base")


class Captures(Part):
    """The texts of a host, and where some are stored."""

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
        wanted = (
            sa.select(t.capture, BASE.c.text.label("base"))
            .select_from(sa.outerjoin(t.capture, BASE, BASE.c.id == c.base_id))
            .where(c.snapshot_id == snapshot_id, c.hostname == hostname)
            .order_by(c.id)
        )
        return [_capture(row) for row in self._rows(wanted)]


def capture_row(connection: sa.Connection, capture: Capture) -> dict[str, Any]:
    """The columns of a capture; its text is stored whole, or as its difference to one that is (`packing`)."""
    text = capture.text.encode()
    newest, c = t.capture.alias("newest"), t.capture.c
    last = sa.select(sa.func.max(c.id)).where(c.hostname == capture.hostname, c.command == capture.command)
    wanted = sa.select(BASE.c.id, BASE.c.text).where(
        BASE.c.id == sa.func.coalesce(newest.c.base_id, newest.c.id), newest.c.id == last.scalar_subquery()
    )
    for base in connection.execute(wanted):
        if (packed := pack_against(text, unpack(base.text))) is not None:
            return asdict(capture) | {"text": packed, "base_id": base.id}
    return asdict(capture) | {"text": pack(text)}


def _capture(row: Any) -> Capture:
    values = {name: getattr(row, name) for name in ("hostname", "command", "started_at", "seconds", "sha256", "level")}
    with damaged(f"capture {row.id}"):
        text = unpack(row.text, unpack(row.base) if row.base is not None else None)
    if hashlib.sha256(text).hexdigest() != row.sha256:
        raise StoreError(f"capture {row.id} is damaged", why="its text does not match its sha256")
    return Capture(**values, text=text.decode())
