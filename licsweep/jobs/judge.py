"""Judging what the store holds: the newest state of every host against the entitlements in force."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from licsweep.estate import inventory as inv
from licsweep.imports import entitlements
from licsweep.imports.scope import supersede
from licsweep.judged import Reconciled
from licsweep.model import HostState
from licsweep.settings import Project
from licsweep.store.store import Store
from reconcile.attribution import HostFacts
from reconcile.judge import Options, judge
from reconcile.tables import Tables

if TYPE_CHECKING:
    from licsweep.imports.entitlements import ImportedEntitlements


def import_entitlements(
    project: Project,
    file: Path,
    *,
    kind: str | None,
    smart_account: str | None,
    virtual_account: str | None,
    exported_at: datetime | None,
    column_map: Mapping[str, str],
) -> "ImportedEntitlements":
    """Reads one file of entitlements and adds it to the store. Raises InputError naming file, line and field."""
    read = entitlements.read(
        file,
        kind=kind,
        smart_account=smart_account,
        virtual_account=virtual_account,
        exported_at=exported_at,
        column_map=column_map,
    )
    store = Store(project.database, create=True)
    try:
        store.add_import(read.kind, str(file), file.read_bytes(), read.entitlements, datetime.now(UTC))
    finally:
        store.close()
    return read


def reconcile(
    project: Project, *, as_of: datetime | None = None, snapshot_id: int | None = None
) -> tuple[Reconciled, Sequence[HostState]]:
    """The judgement as of a date (default now), and the host states that it rests on. Raises StoreError, InputError."""
    moment = as_of or datetime.now(UTC).replace(microsecond=0)
    store = Store(project.database)
    try:
        states = store.host_states(as_of=moment, snapshot_id=snapshot_id)
        stored = store.entitlements()
    finally:
        store.close()
    settings = project.settings
    options = Options(
        due_horizon_days=settings.report_due_days,
        stale_hours=settings.stale_hours,
        buffer_percent=settings.buffer_percent,
    )
    owned = supersede([(source, row, at) for source, row, at in stored], moment)
    tables = Tables.load(project.folder)
    return judge(states, owned, as_of=moment, facts=_facts(project), tables=tables, options=options), states


def _facts(project: Project) -> dict[str, HostFacts]:
    """What the inventory says of each host, where there is an inventory."""
    if not (project.inventory / "hosts.yaml").is_file():
        return {}
    known = {field.name for field in dataclasses.fields(HostFacts)}
    facts = {}
    for name, host in inv.load(project.inventory).hosts.items():
        said = {key: str(value) for key, value in host.items() if key in known and value is not None}
        facts[name] = HostFacts(**said)
    return facts
