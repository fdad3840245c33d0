"""Reports of a judgement."""

from datetime import UTC, datetime

from licsweep.jobs import judge
from licsweep.reports import KINDS, Report
from licsweep.settings import Project


def build(project: Project, kind: str, *, as_of: datetime | None = None, snapshot_id: int | None = None) -> Report:
    """The report of one kind (a key of KINDS), judged as of a date. Raises StoreError, InputError."""
    position = judge.reconcile(project, as_of=as_of, snapshot_id=snapshot_id)
    return KINDS[kind](position, generated_at=datetime.now(UTC).replace(microsecond=0))
