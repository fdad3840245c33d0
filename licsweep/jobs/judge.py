"""Judging what the store holds: the newest state of every host against the entitlements in force."""

import dataclasses
import gc
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from licsweep.imports.scope import supersede
from licsweep.jobs.host_lookup import inventory_of
from licsweep.position_types import CssmInstance, Entitlement
from licsweep.reports.view import Position
from licsweep.settings import Project
from licsweep.store.store import Store
from reconcile.attribution import HostFacts
from reconcile.judge import Options, judge
from reconcile.names import Names
from reconcile.tables import Tables

if TYPE_CHECKING:
    from licsweep.imports.entitlements import ImportedFile


def import_entitlements(project: Project, file: Path, read: "ImportedFile") -> list[str]:
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


def _counted_beside(store: Store, read: "ImportedFile") -> list[str]:
    """Notes on virtual accounts of which another source says what is owned: both count."""
    mine = {_account(row) for row in read.entitlements}
    others = {(source, _account(row)) for source, row, _ in store.entitlements() if source != read.source}
    return [
        f"{smart or 'no smart account'}, {virtual}: entitlements from {source} are stored too; both count as owned"
        for source, (smart, virtual) in sorted(others, key=str)
        if (smart, virtual) in mine
    ]


def _account(row: Entitlement) -> tuple[str, str]:
    smart, virtual = (" ".join((name or "").split()).casefold() for name in (row.smart_account, row.virtual_account))
    return smart, virtual


def reconcile(
    project: Project, *, as_of: datetime | None = None, snapshot_id: int | None = None, known_by: int | None = None
) -> Position:
    """The judgement as of a date (default now), with what it rests on. Raises StoreError, InputError.

    `snapshot_id` judges one snapshot alone, `known_by` what was known of its hosts when it was made.
    """
    moment = as_of or datetime.now(UTC)
    tables = Tables.load(project.folder)
    with Store(project.database) as store:
        states = store.host_states(as_of=moment, snapshot_id=snapshot_id, known_by=known_by)
        owned, listed = imports_at(store, tables, moment)
    settings = project.settings
    options = Options(
        due_horizon_days=settings.report_due_days,
        stale_hours=settings.stale_hours,
        buffer_percent=settings.buffer_percent,
    )
    gc.freeze()  # what was read stays: the collector need not look at half a million rows again and again
    reconciled = judge(
        states,
        owned,
        as_of=moment,
        cssm_instances=listed,
        facts=_facts(project),
        tables=tables,
        options=options,
    )
    return Position(reconciled, states, owned, listed, tables)


def imports_at(store: Store, tables: Tables, moment: datetime) -> tuple[list[Entitlement], list[CssmInstance]]:
    """The entitlements and CSSM's product instances that count at a moment."""
    bought, instances = store.entitlements(), store.cssm_instances()
    names = Names(tables.accounts, [[(row.smart_account, row.virtual_account) for _, row, _ in bought]])

    def account(row: Entitlement | CssmInstance) -> str | None:
        return names.smart(row.smart_account) or names.only_owner(row.virtual_account or "")

    return supersede(bought, moment, account), supersede(instances, moment, account)


def bought(project: Project, as_of: datetime | None = None) -> list[Entitlement]:
    """The entitlements that count on a date (default now). Raises StoreError, InputError."""
    with Store(project.database) as store:
        return imports_at(store, Tables.load(project.folder), as_of or datetime.now(UTC))[0]


def _facts(project: Project) -> dict[str, HostFacts]:
    """What the inventory says of each host, where there is an inventory."""
    known = {field.name for field in dataclasses.fields(HostFacts)}
    facts = {}
    inventory = inventory_of(project)
    for name, host in inventory.hosts.items() if inventory else ():
        said = {key: str(value) for key, value in host.items() if key in known and value is not None}
        facts[name] = HostFacts(**said)
    return facts
