"""What came from sites without a line: their snapshots and their courier's ledger."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from licsweep.host_result import HostResult
from licsweep.ledger_types import Ledger
from licsweep.model import Snapshot
from licsweep.site_types import SiteState
from licsweep.store import tables as t
from licsweep.store.courier_ledger import CourierLedger
from licsweep.store.snapshots import row_of


class Sites(CourierLedger):
    """Snapshots of other places, under the uids that they have everywhere."""

    def import_site(
        self,
        snapshots: Iterable[Snapshot],
        results: Iterable[tuple[str, HostResult]],
        uids: Mapping[int, str],
        new: Ledger,
    ) -> None:
        """Adds snapshots of a site, their results with the uid of each, and rows of its ledger: all or nothing.

        `uids` are those of the snapshots of the site, as `captured_in` counts them there.
        """
        s = t.snapshot.c
        with self._writing() as connection:
            ids: dict[str | None, int] = {uid: number for uid, number in connection.execute(sa.select(s.uid, s.id))}
            for snapshot in snapshots:
                row = asdict(snapshot) | {"imported_at": datetime.now(UTC)}
                del row["id"], row["outcomes"]
                added: Any = connection.execute(t.snapshot.insert().values(row)).inserted_primary_key
                ids[snapshot.uid] = added[0]
            for uid, result in results:
                here = replace(result, captured_in=ids.get(uids.get(result.captured_in or 0)))
                connection.execute(t.host_result.insert(), row_of(connection, ids[uid], here))
            self._add_courier(connection, new.files.values(), new.parcels.values(), new.entries)

    def hostnames_beside(self, site: str) -> set[str]:
        """The hosts of which something is stored that did not come from this site."""
        s, h = t.snapshot.c, t.host_result.c
        others = sa.select(s.id).where(sa.or_(s.origin.is_(None), s.origin != site))
        wanted = sa.select(h.hostname).where(h.snapshot_id.in_(others)).distinct()
        return {hostname for (hostname,) in self._rows(wanted)}

    def sites(self, as_of: datetime) -> list[SiteState]:
        """What is known of each site at a moment, by name."""
        s, h = t.snapshot.c, t.host_result.c
        wanted = sa.select(
            s.origin.label("site"),
            sa.func.count(h.hostname.distinct()).label("hosts"),
            sa.func.max(h.tried_at, type_=t.UtcText).label("last_at"),
            sa.func.max(s.imported_at, type_=t.UtcText).label("imported_at"),
        )
        wanted = wanted.where(h.snapshot_id == s.id, s.origin.is_not(None), h.tried_at <= as_of)
        return self._records(SiteState, wanted.group_by(s.origin).order_by(s.origin))
