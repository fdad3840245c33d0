"""Imports: entitlements and CSSM's product instances. They are only added; which ones count is decided on reading."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from licsweep import serialization
from licsweep.position_types import CssmInstance, Entitlement
from licsweep.store import tables as t
from licsweep.store.base import Part, damaged, record_of
from licsweep.stored_import import StoredImport


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
                connection.execute((t.entitlement if one.entitlements else t.product_instance).insert(), bodies)
                ids.append(int(made[0]))
        return ids

    def imports(self) -> list[StoredImport]:
        """Every import with its rows, oldest first, those taken back too; which ones count is decided by scope."""
        entitlements = self._imported(t.entitlement, Entitlement)
        instances = self._imported(t.product_instance, CssmInstance)
        wanted = sa.select(t.entitlement_import).order_by(t.entitlement_import.c.id)
        return [
            record_of(
                StoredImport,
                row,
                entitlements=tuple(entitlements.get(row.id, ())),
                instances=tuple(instances.get(row.id, ())),
            )
            for row in self._rows(wanted)
        ]

    def remove_import(self, import_id: int, at: datetime) -> None:
        """Marks an import as taken back; its rows stay."""
        i = t.entitlement_import
        self._change(i.update().where(i.c.id == import_id).values(removed_at=at))

    def _imported(self, table: sa.Table, kind: Any) -> dict[int, list[Any]]:
        found: dict[int, list[Any]] = {}
        row = table.c
        for import_id, body in self._rows(sa.select(row.import_id, row.body).order_by(row.import_id, row.position)):
            with damaged(f"a row of import {import_id}"):
                found.setdefault(import_id, []).append(serialization.from_json(body, kind))
        return found
