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
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from licsweep.position_types import CssmInstance, Entitlement, ImportedAccounts, StoredImport, folded

Smart = Callable[[str | None, str | None], str | None]
Row = Entitlement | CssmInstance


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The rows that count; the accounts whose licenses (`licenses`) and whose product instances (`listed`) are known;
    and the imports of which at least one row counts."""

    entitlements: list[Entitlement]
    instances: list[CssmInstance]
    licenses: ImportedAccounts
    listed: ImportedAccounts
    imports: frozenset[int]


@dataclass(slots=True)
class _Scope:
    """The imports of one source and kind of rows for one smart account, each with the virtual accounts it names."""

    imports: list[tuple[StoredImport, set[str]]] = field(default_factory=list)
    speaker: dict[str, int] = field(default_factory=dict)
    whole: bool = False

    def choose(self, as_of: datetime) -> None:
        """Finds the import that speaks for each account: those of the date first, a later one for the rest alone."""
        for one, named in sorted(self.imports, key=lambda pair: (pair[0].exported_at <= as_of, *age(pair[0])))[::-1]:
            for virtual in named:
                self.speaker.setdefault(virtual, one.id)
            if one.whole:
                self.whole = True
                return


def counting(
    imports: Iterable[StoredImport], as_of: datetime, smart_account: Smart = lambda smart, _virtual: smart
) -> Counted:
    """What counts at `as_of`. `smart_account` gives the one name of an account, from both names that a row states."""
    scopes: dict[tuple[str, bool, str], _Scope] = {}
    smart_of = cache(lambda *said: folded(smart_account(*said)))
    kept = [one for one in imports if one.removed_at is None and one.rows]
    for one in kept:
        named: dict[str, set[str]] = {}
        for smart, virtual in {(row.smart_account, row.virtual_account) for row in one.rows}:
            named.setdefault(smart_of(smart, virtual), set()).add(folded(virtual))
        for smart, virtuals in named.items():
            scopes.setdefault(_key(one, smart), _Scope()).imports.append((one, virtuals))
    for scope in scopes.values():
        scope.choose(as_of)

    def counts(one: StoredImport, row: Row) -> bool:
        scope = scopes[_key(one, smart_of(row.smart_account, row.virtual_account))]
        return scope.speaker.get(folded(row.virtual_account)) == one.id

    return Counted(
        entitlements=[row for one in kept for row in one.entitlements if counts(one, row)],
        instances=[row for one in kept for row in one.instances if counts(one, row)],
        licenses=_known(scopes, licenses=True),
        listed=_known(scopes, licenses=False),
        imports=frozenset(number for scope in scopes.values() for number in scope.speaker.values()),
    )


def age(one: StoredImport) -> tuple[datetime, datetime, int]:
    """Orders imports: by when they were exported, then by when they were imported."""
    return one.exported_at, one.imported_at, one.id


def _key(one: StoredImport, smart: str) -> tuple[str, bool, str]:
    return one.source, bool(one.entitlements), smart


def _known(scopes: Mapping[tuple[str, bool, str], _Scope], *, licenses: bool) -> ImportedAccounts:
    mine = [(smart, scope) for (_, kind, smart), scope in scopes.items() if kind == licenses]
    named = {(smart, virtual) for smart, scope in mine for virtual in scope.speaker if virtual}
    return ImportedAccounts(accounts=frozenset(named | {(smart, "") for smart, scope in mine if scope.whole}))
