"""Plans from what the store holds now; nothing is stored."""

from collections.abc import Sequence
from datetime import datetime

from licsweep.jobs.judge import gather
from licsweep.plan_types import DivestPlan, MergePlan, WhatIf
from licsweep.settings import Project
from reconcile.plans import corporate
from reconcile.plans.what_if import Added, what_if


def assume(
    project: Project, *, as_of: datetime | None, retire: tuple[str, ...], add: Sequence[str], end: Sequence[str]
) -> WhatIf:
    """What changes. `add` are NUMBER:MODEL or NUMBER:MODEL:VIRTUAL_ACCOUNT. Raises InputError, StoreError."""
    return what_if(gather(project, as_of=as_of), retire=retire, add=[Added.read(text) for text in add], end=end)


def merge(project: Project, a: str, b: str, *, as_of: datetime | None, lead_days: int | None) -> MergePlan:
    """Smart account `a` merged into `b`. Raises InputError, StoreError."""
    return corporate.merge(gather(project, as_of=as_of), a, b, lead_days=lead_days)


def divest(
    project: Project,
    patterns: tuple[str, ...],
    *,
    virtual_accounts: Sequence[str],
    as_of: datetime | None,
    lead_days: int | None,
) -> DivestPlan:
    """What leaves with these boxes. Raises InputError, StoreError."""
    given = gather(project, as_of=as_of)
    return corporate.divest(given, patterns, virtual_accounts=virtual_accounts, lead_days=lead_days)
