"""Which imports count: a newer export supersedes the older one of the same scope, others stay."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from licsweep.position_types import CssmInstance, Entitlement

Kept = TypeVar("Kept", Entitlement, CssmInstance)
Scope = tuple[str, str, str]


def supersede(
    rows: Sequence[tuple[str, Kept, datetime]],
    as_of: datetime,
    smart_account: Callable[[Kept], str | None] = lambda row: row.smart_account,
) -> list[Kept]:
    """The rows that count at `as_of`, in their order.

    A row is (source, what was read, when it was imported); the scope of an export is its source, smart account and
    virtual account, not its path. Of several exports of one scope the newest at or before `as_of` counts, and the
    newest of all where none is that old. The same export imported again replaces itself. `smart_account` knows an
    account by any of its names.
    """
    exports: dict[Scope, set[tuple[datetime, datetime]]] = {}
    scoped = [((source, _plain(smart_account(row)), _plain(row.virtual_account)), row, at) for source, row, at in rows]
    for scope, row, at in scoped:
        exports.setdefault(scope, set()).add(_export(row, at))
    chosen = {scope: _newest(found, as_of) for scope, found in exports.items()}
    return [row for scope, row, at in scoped if chosen[scope] == _export(row, at)]


def _newest(exports: set[tuple[datetime, datetime]], as_of: datetime) -> tuple[datetime, datetime]:
    return max([export for export in exports if export[0] <= as_of] or exports)


def _export(row: Entitlement | CssmInstance, imported_at: datetime) -> tuple[datetime, datetime]:
    """When it was exported, then when it was imported."""
    return row.exported_at or imported_at, imported_at


def _plain(name: str | None) -> str:
    return " ".join((name or "").split()).casefold()
