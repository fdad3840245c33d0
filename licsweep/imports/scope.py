"""Which imported entitlements count: a newer export supersedes the older one of the same scope, others stay."""

from collections.abc import Sequence
from datetime import datetime

from licsweep.judged import Entitlement

Row = tuple[str, Entitlement, datetime]
Scope = tuple[str, str, str]


def supersede(rows: Sequence[Row], as_of: datetime) -> list[Entitlement]:
    """The entitlements that count at `as_of`, in the order of `rows`.

    A row is (source kind, entitlement, when it was imported); the scope of an export is its source kind, smart account
    and virtual account, not its path. Of several exports of one scope the newest at or before `as_of` counts, and the
    newest of all where none is that old. The same export imported again replaces itself.
    """
    exports: dict[Scope, set[tuple[datetime, datetime]]] = {}
    for row in rows:
        exports.setdefault(_scope(row), set()).add(_export(row))
    chosen = {scope: _newest(found, as_of) for scope, found in exports.items()}
    return [row[1] for row in rows if chosen[_scope(row)] == _export(row)]


def _newest(exports: set[tuple[datetime, datetime]], as_of: datetime) -> tuple[datetime, datetime]:
    return max([export for export in exports if export[0] <= as_of] or exports)


def _export(row: Row) -> tuple[datetime, datetime]:
    """When it was exported, then when it was imported."""
    return row[1].exported_at or row[2], row[2]


def _scope(row: Row) -> Scope:
    kind, entitlement, _ = row
    names = (entitlement.smart_account, entitlement.virtual_account)
    smart, virtual = (" ".join((name or "").split()).casefold() for name in names)
    return kind, smart, virtual
