"""Importing what was bought, and which imports count."""

from datetime import UTC, datetime
from pathlib import Path

from licsweep.imports.entitlements import ImportedFile
from licsweep.imports.scope import Counted, counting
from licsweep.position_types import Entitlement, StoredImport
from licsweep.settings import Project
from licsweep.store.store import Store
from reconcile.instances.account_names import Names
from reconcile.tables.tables import Tables


def import_entitlements(project: Project, file: Path, read: ImportedFile) -> list[str]:
    """Adds to the store what was read from a file; returns notes on virtual accounts that two sources tell of.

    Raises StoreError.
    """
    content, now = file.read_bytes(), datetime.now(UTC)
    with Store(project.database, create=True) as store:
        notes = _counted_beside(store, read)
        if read.entitlements:
            store.add_import(read.source, str(file), content, read.entitlements, now)
        if read.instances:
            store.add_import(read.instance_source, str(file), content, read.instances, now)
    return notes


def _counted_beside(store: Store, read: ImportedFile) -> list[str]:
    """Notes on virtual accounts of which another source says what is owned: both count."""
    mine = {_account(row) for row in read.entitlements}
    stored = [one for one in store.imports() if one.source != read.source]
    others = {(one.source, _account(row)) for one in stored for row in one.entitlements}
    return [
        f"{smart or 'no smart account'}, {virtual}: entitlements from {source} are stored too; both count as owned"
        for source, (smart, virtual) in sorted(others, key=str)
        if (smart, virtual) in mine
    ]


def _account(row: Entitlement) -> tuple[str, str]:
    smart, virtual = (" ".join((name or "").split()).casefold() for name in (row.smart_account, row.virtual_account))
    return smart, virtual


def counted_imports(store: Store, tables: Tables, moment: datetime) -> Counted:
    """The imports that count at a moment: their rows, and of which accounts they tell (`licsweep.imports.scope`)."""
    return _counted(store.imports(), tables, moment)


def _counted(imports: list[StoredImport], tables: Tables, moment: datetime) -> Counted:
    kept = [one for one in imports if one.removed_at is None]
    names = Names(
        tables.accounts, [[(row.smart_account, row.virtual_account) for one in kept for row in one.entitlements]]
    )
    return counting(
        kept, moment, smart_account=lambda smart, virtual: names.smart(smart) or names.only_owner(virtual or "")
    )


def bought(project: Project, as_of: datetime | None = None) -> list[Entitlement]:
    """The entitlements that count on a date (default now). Raises StoreError, InputError."""
    with Store(project.database) as store:
        return counted_imports(store, Tables.load(project.folder), as_of or datetime.now(UTC)).entitlements
