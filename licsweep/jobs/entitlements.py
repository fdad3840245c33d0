"""Importing what was bought: which imports count, what a new one replaces by what, taking one back."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any, Literal

from licsweep.errors import StoreError, UsageError
from licsweep.imports.files import ImportedFile, read_raw, some
from licsweep.imports.scope import Counted, Scope, counting
from licsweep.model import Observation
from licsweep.position_types import CssmInstance, Entitlement, folded
from licsweep.settings import Project
from licsweep.store import exists, reading, writing
from licsweep.stored_import import StoredImport
from reconcile.grouping import lists_by
from reconcile.instances.account_names import Names
from reconcile.licenses.matching import Matcher
from reconcile.tables.tables import Tables, norm, slug

Imports = list[StoredImport]
Replacing = Literal["whole", "partial"]
_WORDS = {"entitlements": "entitlements", "instances": "product instances", "alerts": "alerts"}


def counted_imports(stored: Iterable[StoredImport], tables: Tables, moment: datetime) -> Counted:
    """What counts of imports at a moment: the rows, and of which accounts they tell (`licsweep.imports.scope`)."""
    kept = [one for one in stored if one.removed_at is None]
    names = _account_names(kept, tables)
    return counting(kept, moment, smart_account=lambda smart, virtual: names.owner(smart, virtual or ""))


def bought(project: Project, as_of: datetime | None = None) -> list[Entitlement]:
    """The entitlements that count on a date (default now). Raises StoreError, InputError."""
    with reading(_imported_into(project)) as store:
        return counted_imports(store.imports(), Tables.load(project.folder), as_of or datetime.now(UTC)).entitlements


def imports(project: Project) -> list[tuple[StoredImport, bool]]:
    """Every import, oldest first, and whether any of it counts today. Raises StoreError, InputError."""
    with reading(_imported_into(project)) as store:
        stored = store.imports()
    speaking = set(counted_imports(stored, Tables.load(project.folder), datetime.now(UTC)).speakers.values())
    return [(one, one.id in speaking) for one in stored]


def remove(project: Project, import_id: int) -> list[str]:
    """Takes an import back, so that it counts no more, and says what counts in its place. Its rows stay in the store.

    Raises UsageError where there is no such import or it was taken back before; StoreError.
    """
    now = datetime.now(UTC)
    with writing(_imported_into(project), "import", create=False, alone=False) as store:
        stored, tables = store.imports(), Tables.load(project.folder)
        by_id = {one.id: one for one in stored}
        if import_id not in by_id or by_id[import_id].removed_at:
            what = "was removed before" if import_id in by_id else "no such import"
            raise UsageError(f"import {import_id}: {what}", hint="licsweep entitlements list --imports")
        before = counted_imports(stored, tables, now)
        store.remove_import(import_id, now)
        after = counted_imports([one for one in stored if one.id != import_id], tables, now)
    told = [f"{_named(by_id[import_id])} is removed"]
    changed = {scope for scope, _ in before.speakers.items() ^ after.speakers.items()}
    for number, scopes in sorted(_by_speaker(after, changed).items(), key=str):
        instead = f"{_named(by_id[number])} counts again" if number else "nothing is known of it now"
        told.append(f"{_names_of(scopes, after if number else before)}: {instead}")
    return told


def import_files(
    project: Project, read: Sequence[ImportedFile], *, replacing: Replacing | None = None, dry_run: bool = False
) -> list[str]:
    """Adds what was read from files to the store, all or nothing, and says what it replaces and what matches nothing.

    A file of several smart accounts is several imports. `replacing` says whether each file is its whole smart account
    or speaks only for the accounts that it names; None: by what it names. Raises UsageError where an account would be
    dropped and licenses with it, StoreError, InputError.
    """
    now, tables = datetime.now(UTC), Tables.load(project.folder)
    stored: Imports = []
    seen: list[Observation] = []
    if exists(project):
        with reading(project) as store:
            stored = store.imports()
            seen = [state.observation for state in store.host_states(as_of=now) if state.observation]
    numbers = count(max((one.id for one in stored), default=0) + 1)
    new = [one for file in read for one in _split(file, replacing, now, numbers)]
    _refuse_rivals(new, tables, now)
    effect = _Effect(tables, stored, new, seen, now)
    if replacing is None:
        effect.refuse_losses()
    told = [line for one in new for line in effect.told_of(one)] + list(effect.told_of_all())
    if not dry_run:
        with writing(project, "import", alone=False) as store:
            store.add_imports(new)
    return told


def _refuse_rivals(new: Imports, tables: Tables, now: datetime) -> None:
    """Raises UsageError where two files of one call tell of one account at one time: only one of them would count."""
    met: dict[tuple[Scope, datetime], StoredImport] = {}
    for one in new:
        for scope in counted_imports([one], tables, now).speakers:
            other = met.setdefault((scope, one.exported_at), one)
            if other.sha256 != one.sha256:
                what = f"{other.file} and {one.file}: both tell of {scope.virtual or 'the account'}, at one time"
                hint = (
                    "join their rows in one file, or name when each was exported: one call and --exported-at for each"
                )
                raise UsageError(what, why="the second would take the place of the first", hint=hint)


class _Effect:
    """What new imports change in what counts."""

    def __init__(self, tables: Tables, stored: Imports, new: Imports, seen: list[Observation], now: datetime) -> None:
        self._tables, self._new, self._seen = tables, new, seen
        both = [*stored, *new]
        self._by_id = {one.id: one for one in both}
        self._names = _account_names(both, tables)
        self._before, self._after = counted_imports(stored, tables, now), counted_imports(both, tables, now)
        self._stated = counted_imports([replace(one, whole=False) for one in new], tables, now)
        self._units = [_units(counted, now) for counted in (self._before, self._after)]
        self._mine = _by_speaker(self._after, self._after.speakers)
        gone = self._before.speakers.keys() - self._after.speakers.keys()
        self._dropped = lists_by((scope.account, scope) for scope in gone)

    def refuse_losses(self) -> None:
        """Raises UsageError where a whole export drops an account, and units of any license fall in all or the account
        stands in another file of the same call."""
        lost = self._stated.speakers.keys() - self._after.speakers.keys()
        for one in self._new:
            for account in {scope.account for scope in self._mine.get(one.id, ()) if one.whole}:
                fallen = [line for line, was, now in self._changes(account) if now < was]
                dropped = self._dropped.get(account, []) if fallen else []
                names = _names_of([scope for scope in lost if scope.account == account], self._stated)
                if not (names or dropped):
                    continue
                what = f"{one.file}: does not name {names or _names_of(dropped, self._before)}, of {_smart(one)}"
                why = f"by that licenses would fall: {some(fallen)}" if dropped else "another file of this call does"
                hint = "type --whole-account if these accounts are empty now, --partial to keep their figures"
                raise UsageError(what, why=why, hint=hint)

    def told_of(self, one: StoredImport) -> Iterator[str]:
        """What a new import is, and what it replaces by what."""
        mine = self._mine.get(one.id, [])
        of = f"{_smart(one)}: {some(one.virtual_accounts)}" if one.virtual_accounts else _smart(one)
        yield f"{_named(one)}: {one.number} {_WORDS[one.kind]} of {of}"
        if not mine:
            yield "  does not count today: newer imports tell of its accounts (licsweep entitlements list --imports)"
        for number, scopes in _by_speaker(self._before, mine).items():
            if number:
                yield f"  replaces {_named(self._by_id[number])}: {_names_of(scopes, self._after)}"
        for account in {scope.account: scope for scope in mine}:
            if one.whole and account in self._dropped:
                yield f"  whole smart account; no longer in it: {_names_of(self._dropped[account], self._before)}"
            if account in self._units[0]:
                yield f"  units of {_smart(one)}: {some(line for line, _, _ in self._changes(account)) or 'as before'}"

    def told_of_all(self) -> Iterator[str]:
        """Accounts that two sources tell of, accounts that are not mentioned, names that match nothing."""
        licenses = {scope for scope in self._after.speakers if scope.licenses}
        mine = {scope for one in self._new for scope in self._mine.get(one.id, ()) if scope.licenses}
        sources = {scope.source for scope in mine}
        twice = (scope for scope in licenses - mine if any(scope._replace(source=name) in mine for name in sources))
        for source, scopes in sorted(lists_by((scope.source, scope) for scope in twice).items()):
            names = _names_of(scopes, self._after, smart=True)
            yield f"{names}: entitlements from {source} are stored too; both count as owned"
        told = {(scope.smart, scope.virtual) for scope in mine}
        known = {(scope.smart, scope.virtual): _display(self._after, scope) for scope in licenses} | self._accounts()
        whole = {scope.smart for one in self._new if one.whole for scope in self._mine.get(one.id, ())}
        for smart in sorted({smart for smart, _ in told}):
            if others := sorted({name for pair, name in known.items() if pair[0] == smart and pair not in told}):
                then = "they own nothing of it" if smart in whole else "what was imported of them stays as it was"
                yield f"does not mention {some(others)}: {then}"
        if unmatched := self._unmatched():
            yield f"names that match no license of the catalogue and no box: {some(unmatched)}"

    def _changes(self, account: Scope) -> list[tuple[str, int, int]]:
        """Licenses whose units differ, in words and as figures before and after."""
        was, now = (units.get(account, Counter()) for units in self._units)
        return [
            (f"{name} {was[name]} before, {now[name]} now", was[name], now[name])
            for name in sorted({*was, *now})
            if was[name] != now[name]
        ]

    def _accounts(self) -> dict[tuple[str, str], str]:
        """The accounts that accounts.yaml and the boxes know."""
        pairs = [(a.name, v.name) for a in self._tables.accounts.smart_accounts for v in a.virtual_accounts]
        pairs += [(o.smart_account or "", o.virtual_account or "") for o in self._seen if o.virtual_account]
        return {(folded(self._names.owner(smart, virtual)), folded(virtual)): virtual for smart, virtual in pairs}

    def _unmatched(self) -> list[str]:
        matcher = Matcher(self._tables, (), self._seen)
        catalogue = {slug(row.license) for row in (*self._tables.project, *self._tables.shipped)}
        uses = {use for seen in self._seen for use in seen.licenses}
        printed = {norm(text) for use in uses for text in (use.name, use.description, use.entitlement_tag) if text}
        rows = {(row.license, row.entitlement_tag): row for one in self._new for row in one.entitlements}.values()
        return sorted(
            {
                row.license
                for row in rows
                if matcher.bought(row) not in catalogue
                and printed.isdisjoint((norm(row.license), norm(row.entitlement_tag or row.license)))
            }
        )


def _account_names(stored: Iterable[StoredImport], tables: Tables) -> Names:
    return Names(tables.accounts, [[(r.smart_account, r.virtual_account) for one in stored for r in one.entitlements]])


def _imported_into(project: Project) -> Project:
    if not exists(project):
        what = "nothing was imported yet"
        raise StoreError(what, why="the project has no database", hint="licsweep entitlements import FILE")
    return project


def _split(
    file: ImportedFile, replacing: Replacing | None, now: datetime, numbers: Iterator[int]
) -> Iterator[StoredImport]:
    """The imports of a file: one for each smart account and kind of rows."""
    name, sha256 = some(file.paths), hashlib.sha256(b"".join(map(read_raw, file.paths))).hexdigest()
    kinds = (
        ("entitlements", file.source, file.entitlements),
        ("instances", file.instance_source, file.instances),
        ("alerts", file.alert_source, file.alerts),
    )
    rows = (((kind, source, folded(row.smart_account)), row) for kind, source, rows in kinds for row in rows)
    for (kind, source, _), found in lists_by(rows).items():
        stated: dict[str, Any] = {kind: tuple(found)}
        one = StoredImport(id=next(numbers), source=source, file=name, sha256=sha256, imported_at=now, **stated)
        several = not file.one_account and len(set(map(folded, one.virtual_accounts))) > 1
        yield replace(one, whole=replacing == "whole" or (replacing is None and several))


def _units(counted: Counted, now: datetime) -> dict[Scope, Counter[str]]:
    """Units by smart account and license: those of terms that have not ended, those that CSSM charges to instances."""
    found: dict[Scope, Counter[str]] = {}
    for scope, rows in counted.rows.items():
        units = found.setdefault(scope.account, Counter())
        for row in rows:
            if isinstance(row, Entitlement):
                lasting = [term for term in row.terms if term.end is None or term.end >= now.date()]
                units[row.license] += sum(term.quantity for term in lasting if term.type != "usage")
            elif isinstance(row, CssmInstance):
                units.update({use.license: use.quantity for use in row.licenses})
    return found


def _by_speaker(counted: Counted, scopes: Iterable[Scope]) -> dict[int | None, list[Scope]]:
    return lists_by((counted.speakers.get(scope), scope) for scope in scopes)


def _display(counted: Counted, scope: Scope) -> str:
    return next((row.virtual_account for row in counted.rows[scope] if row.virtual_account), "no virtual account")


def _names_of(scopes: Iterable[Scope], counted: Counted, *, smart: bool = False) -> str:
    """The accounts as their rows write them."""
    of = {scope: counted.rows[scope][0].smart_account or "no smart account" for scope in scopes}
    return some(sorted((f"{of[scope]}, " if smart else "") + _display(counted, scope) for scope in of))


def _named(one: StoredImport) -> str:
    return f"import {one.id} ({one.file}, exported {one.exported_at:%Y-%m-%d})"


def _smart(one: StoredImport) -> str:
    return one.smart_account or "no smart account"
