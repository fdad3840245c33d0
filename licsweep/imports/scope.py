"""Which imports count on a date, and of which accounts they tell (docs/judgement.md, "What an import replaces").

The scope of an import is its source, its smart account, and the virtual accounts that it names, or all of them where it
is the export of the whole smart account. Of several imports of one scope the newest at or before the date counts, the
newest of all where none is that old. Judgement takes the rows that count and what is known at all
(licsweep/jobs/entitlements.py, `counted_imports`):

    counted = counting(store.imports(), as_of)
    counted.licenses.knows("Example Networks", "Campus")   # False: what Campus owns is unknown, not 0
    counted.listed.knows("Example Networks", "Campus")     # False: its product instances were never imported
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import NamedTuple

from licsweep.alert_types import CssmAlerts
from licsweep.model import Record
from licsweep.position_types import CssmInstance, Entitlement, ImportedAccounts, folded
from licsweep.stored_import import ImportKind, StoredImport

Smart = Callable[[str | None, str | None], str | None]
Row = Entitlement | CssmInstance | CssmAlerts


class Scope(NamedTuple):
    """What an import can speak for: one virtual account, by one source, of one kind of rows."""

    source: str
    kind: ImportKind
    smart: str
    virtual: str

    @property
    def licenses(self) -> bool:
        return self.kind == "entitlements"

    @property
    def account(self) -> "Scope":
        """The whole smart account."""
        return self._replace(virtual="")


class Counted(Record):
    """The rows that count and the id of the import that states them, by scope; and the accounts whose licenses
    (`licenses`) and whose product instances (`listed`) are known at all."""

    rows: Mapping[Scope, list[Row]]
    speakers: Mapping[Scope, int]
    licenses: ImportedAccounts
    listed: ImportedAccounts

    @property
    def entitlements(self) -> list[Entitlement]:
        return [row for rows in self.rows.values() for row in rows if isinstance(row, Entitlement)]

    @property
    def instances(self) -> list[CssmInstance]:
        return [row for rows in self.rows.values() for row in rows if isinstance(row, CssmInstance)]

    @property
    def alerts(self) -> list[CssmAlerts]:
        return [row for rows in self.rows.values() for row in rows if isinstance(row, CssmAlerts)]


def counting(
    imports: Iterable[StoredImport], as_of: datetime, smart_account: Smart = lambda smart, _virtual: smart
) -> Counted:
    """What counts at `as_of`. `smart_account` gives the one name of an account, from both names that a row states."""
    smart_of = cache(lambda smart, virtual: (folded(smart_account(smart, virtual)), folded(virtual)))
    stated: dict[Scope, list[tuple[StoredImport, dict[Scope, list[Row]]]]] = {}
    for one in imports:
        found: dict[Scope, dict[Scope, list[Row]]] = {}
        for row in one.rows if one.removed_at is None else ():
            scope = Scope(one.source, one.kind, *smart_of(row.smart_account, row.virtual_account))
            found.setdefault(scope.account, {}).setdefault(scope, []).append(row)
        for account, by_scope in found.items():
            stated.setdefault(account, []).append((one, by_scope))
    rows: dict[Scope, list[Row]] = {}
    speakers: dict[Scope, int] = {}
    known: set[Scope] = set()
    for account, exports in stated.items():
        # those of the date first, a later one only speaks for what none of them knows
        for one, by_scope in sorted(exports, key=lambda pair: (pair[0].exported_at <= as_of, *age(pair[0])))[::-1]:
            for scope, found_rows in by_scope.items():
                if speakers.setdefault(scope, one.id) == one.id:
                    rows[scope] = found_rows
            known |= by_scope.keys() - {account}
            if one.whole:
                known.add(account)
                break
    return Counted(
        rows=dict(sorted(rows.items(), key=lambda item: speakers[item[0]])),
        speakers=speakers,
        licenses=_accounts(known, "entitlements"),
        listed=_accounts(known, "instances"),
    )


def age(one: StoredImport) -> tuple[datetime, datetime, int]:
    """Orders imports: by when they were exported, then by when they were imported."""
    return one.exported_at, one.imported_at, one.id


def _accounts(known: Iterable[Scope], kind: ImportKind) -> ImportedAccounts:
    told = frozenset((scope.smart, scope.virtual) for scope in known if scope.kind == kind)
    return ImportedAccounts(accounts=told)
