"""Imports: entitlements, CSSM's product instances and alerts. They are only added; reading decides which count."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from licsweep import serialization
from licsweep.alert_types import CssmAlerts
from licsweep.position_types import CssmInstance, Entitlement
from licsweep.store import tables as t
from licsweep.store.base import Part, damaged, record_of
from licsweep.stored_import import StoredImport

_KINDS = {
    "entitlements": (t.entitlement, Entitlement),
    "instances": (t.product_instance, CssmInstance),
    "alerts": (t.cssm_alerts, CssmAlerts),
}


class Imports(Part):
    """What was bought and what CSSM lists, by import."""

    def add_imports(self, new: Sequence[StoredImport]) -> list[int]:
        """Adds imports, each with at least one row, all or none of them; returns the ids that they were given."""
        ids = []
        with self._writing() as connection:
            for one in new:
                names = ("source", "file", "sha256", "imported_at", "whole")
                row = {name: getattr(one, name) for name in names}
                made: Any = connection.execute(t.entitlement_import.insert(), row).inserted_primary_key
                bodies = [
                    {"import_id": made[0], "position": position, "body": serialization.to_json(row, light=True)}
                    for position, row in enumerate(one.rows)
                ]
                connection.execute(_KINDS[one.kind][0].insert(), bodies)
                ids.append(int(made[0]))
        return ids

    def imports(self) -> list[StoredImport]:
        """Every import with its rows, oldest first, those taken back too; which ones count is decided by scope."""
        rows = {kind: self._imported(*stored) for kind, stored in _KINDS.items()}
        wanted = sa.select(t.entitlement_import).order_by(t.entitlement_import.c.id)
        return [
            record_of(StoredImport, row, **{kind: tuple(found.get(row.id, ())) for kind, found in rows.items()})
            for row in self._rows(wanted)
        ]

    def remove_import(self, import_id: int, at: datetime) -> None:
        """Marks an import as taken back; its rows stay."""
        i = t.entitlement_import
        self._change(i.update().where(i.c.id == import_id).values(removed_at=at))

    def _imported(self, table: sa.Table, kind: Any) -> dict[int, list[Any]]:
        def made(row: Any) -> tuple[int, Any]:
            with damaged(f"a row of import {row.import_id}"):
                return row.import_id, serialization.from_json(row.body, kind)

        found: dict[int, list[Any]] = {}
        for import_id, one in self._rows(sa.select(table).order_by(table.c.import_id, table.c.position), made):
            found.setdefault(import_id, []).append(one)
        return found
