"""What monitoring looks at: the judgement of now, and the newest successful run of each kind here, not at a site."""

from licsweep.jobs import judge
from licsweep.reports.metrics import LastRun, Monitored
from licsweep.settings import Project
from licsweep.store import reading

_READ = ("ok", "partial", "unsupported")


def monitored(project: Project) -> Monitored:
    """What metrics and checks are made of; reads the store only. Raises StoreError, InputError."""
    with reading(project) as store:
        snapshots = store.snapshots()
    here = (one for one in snapshots if one.origin is None and one.state == "complete")
    read = (one for one in here if any(one.outcomes.get(word) for word in _READ))
    runs = {
        one.kind: LastRun(kind=one.kind, ended_at=one.ended_at, seconds=(one.ended_at - one.started_at).total_seconds())
        for one in read
        if one.ended_at
    }
    return Monitored(result=judge.reconcile(project), runs=tuple(runs.values()))
