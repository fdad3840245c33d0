"""What changed between two snapshots or dates."""

from datetime import UTC, datetime

from licsweep import serialization
from licsweep.errors import InputError, UsageError
from licsweep.jobs import judge
from licsweep.model import Record, Utc
from licsweep.position_types import JudgementResult
from licsweep.settings import Project
from licsweep.store import reading
from reconcile.comparison import Change, FindingChange, compare
from reconcile.tables.tables import Tables


class Side(Record):
    """One side of a comparison. A snapshot stands for what was known of its hosts when it had ended."""

    asked: str
    as_of: Utc
    snapshot: int | None
    instances: int


class Diff(Record):
    """The changes from one side to the other."""

    from_: Side
    to: Side
    changes: tuple[Change, ...]
    findings: tuple[FindingChange, ...]


def diff(project: Project, before: str, after: str) -> Diff:
    """Compares two snapshots (ids) or dates, each judged as of its own time.

    A host that did not answer counts with its last good observation, as in every judgement. Raises UsageError for a
    snapshot that is not there and for what is neither an id nor a date.
    """
    (left, left_side), (right, right_side) = _judged(project, before), _judged(project, after)
    changes, findings = compare(left, right, Tables.load(project.folder))
    return Diff(from_=left_side, to=right_side, changes=changes, findings=findings)


def since_last_run(project: Project, snapshot: int) -> Diff | None:
    """What changed since the run before this snapshot had ended; None where there is none."""
    with reading(project) as store:
        earlier = [one.ended_at for one in store.snapshots() if one.id < snapshot and one.ended_at]
    return diff(project, max(earlier).isoformat(), datetime.now(UTC).isoformat()) if earlier else None


def _judged(project: Project, asked: str) -> tuple[JudgementResult, Side]:
    snapshot = int(asked) if asked.isdecimal() else None
    try:
        moment = serialization.moment(asked) if snapshot is None else _ended(project, snapshot)
    except InputError as error:
        raise UsageError(f"{asked}: neither a snapshot nor a date", why=error.why, hint="licsweep snapshots") from error
    found = judge.reconcile(project, as_of=moment, known_by=snapshot)
    return found, Side(
        asked=asked, as_of=found.judgement.as_of, snapshot=snapshot, instances=len(found.judgement.instances)
    )


def _ended(project: Project, snapshot: int) -> datetime:
    """When the newest host of a snapshot was read; observations and texts that came in later keep their own time."""
    with reading(project) as store:
        tried = store.newest_try(snapshot)
    if tried is None:
        raise UsageError(f"snapshot {snapshot}: holds no hosts", hint="licsweep snapshots")
    return tried
