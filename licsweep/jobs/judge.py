"""Judging what the store holds: the newest state of every host against the entitlements in force."""

import dataclasses
import gc
from datetime import UTC, datetime

from licsweep.jobs.entitlements import counted_imports
from licsweep.jobs.host_lookup import inventory_of
from licsweep.reports.view import Position
from licsweep.settings import Project
from licsweep.store.store import Store
from reconcile.attribution import HostFacts
from reconcile.judge import Options, judge
from reconcile.tables import Tables


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
        known = counted_imports(store, tables, moment)
    owned, listed = known.entitlements, known.instances
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


def _facts(project: Project) -> dict[str, HostFacts]:
    """What the inventory says of each host, where there is an inventory."""
    known = {field.name for field in dataclasses.fields(HostFacts)}
    facts = {}
    inventory = inventory_of(project)
    for name, host in inventory.hosts.items() if inventory else ():
        said = {key: str(value) for key, value in host.items() if key in known and value is not None}
        facts[name] = HostFacts(**said)
    return facts
