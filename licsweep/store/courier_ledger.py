"""The courier's ledger: files, parcels, and what happened to each usage report. Rows are only added."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from licsweep import serialization
from licsweep.ledger_types import KeptFile, Ledger, LedgerEntry, Parcel, ParcelFile, UsageReport
from licsweep.store import tables as t
from licsweep.store.base import Part, columns_of, damaged, record_of

_REPORTS, _FILES = tuple[UsageReport, ...], tuple[ParcelFile, ...]


class CourierLedger(Part):
    """What the courier has kept, packed and brought."""

    def record_courier(
        self,
        *,
        files: Sequence[KeptFile] = (),
        parcels: Sequence[Parcel] = (),
        entries: Sequence[LedgerEntry] = (),
    ) -> None:
        """Adds rows, all or none of them."""
        with self._writing() as connection:
            self._add_courier(connection, files, parcels, entries)

    def _add_courier(
        self,
        connection: sa.Connection,
        files: Iterable[KeptFile],
        parcels: Iterable[Parcel],
        entries: Iterable[LedgerEntry],
    ) -> None:
        new = (
            (
                t.courier_file,
                [columns_of(one) | {"reports": serialization.to_json(one.reports, _REPORTS)} for one in files],
            ),
            (
                t.courier_parcel,
                [columns_of(one) | {"files": serialization.to_json(one.files, _FILES)} for one in parcels],
            ),
            (t.courier_entry, [columns_of(one) for one in entries]),
        )
        for table, rows in new:
            if rows:
                connection.execute(table.insert(), rows)

    def courier_ledger(self) -> Ledger:
        """All of it; of a file that was kept several times what was known of it last."""
        with damaged("a row of the courier's ledger"):
            files = {
                row.sha256: record_of(KeptFile, row, reports=serialization.from_json(row.reports, _REPORTS))
                for row in self._rows(sa.select(t.courier_file).order_by(t.courier_file.c.id))
            }
            parcels = {
                row.id: record_of(Parcel, row, files=serialization.from_json(row.files, _FILES))
                for row in self._rows(sa.select(t.courier_parcel).order_by(t.courier_parcel.c.packed_at))
            }
        entries = self._records(LedgerEntry, sa.select(t.courier_entry).order_by(t.courier_entry.c.id))
        return Ledger(files=files, parcels=parcels, entries=entries)

    def usage_reported(self, as_of: datetime) -> dict[str, dict[str, datetime]]:
        """By serial number, when usage was last `uploaded` and last `acknowledged` until a moment."""
        e = t.courier_entry.c
        wanted = sa.select(e.sn, e.step, sa.func.max(e.at, type_=t.UtcText))
        wanted = wanted.where(e.step.in_(("uploaded", "acknowledged")), e.at <= as_of).group_by(e.sn, e.step)
        found: dict[str, dict[str, datetime]] = {}
        for sn, step, at in self._rows(wanted):
            found.setdefault(sn, {})[step] = at
        return found

    def usage_acknowledged(self, as_of: datetime) -> list[tuple[UsageReport, datetime]]:
        """Of each license of a serial number the newest report that was acknowledged until a moment, and when."""
        ledger = self.courier_ledger()
        at = {one.key: one.at for one in ledger.entries if one.step == "acknowledged" and one.at <= as_of}
        kept = (report for file in ledger.files.values() if file.kind == "usage" for report in file.counted)
        known = sorted((one for one in kept if one.key in at), key=lambda one: one.end or at[one.key])
        return [(one, at[one.key]) for one in {(one.sn, one.entitlement_tag): one for one in known}.values()]
