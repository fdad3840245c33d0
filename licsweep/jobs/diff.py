"""What changed between two snapshots or dates: product instances, their licenses, and findings."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from licsweep import serialization
from licsweep.errors import InputError, UsageError
from licsweep.jobs import judge
from licsweep.model import HostState, Record, Utc
from licsweep.position_types import Finding, Instance, Use
from licsweep.reports.view import Position
from licsweep.settings import Project
from licsweep.store.store import Store
from reconcile.matching import learned_labels
from reconcile.tables import Tables, norm

Kind = Literal["new", "gone", "changed"]
Names = Callable[[Use], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side(Record):
    """One side of a comparison. A snapshot stands for what was known of its hosts when it had ended."""

    asked: str
    as_of: Utc
    snapshot: int | None
    instances: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Record):
    """One change of a product instance; `what` is instance, a field, or license (then `license` names it)."""

    hostname: str
    what: str
    change: Kind
    license: str | None = None
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingChange(Record):
    """A finding that is on one side only."""

    change: Literal["new", "gone"]
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
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
    (left, left_side), (right, right_side) = _position(project, before), _position(project, after)
    naming = _naming(Tables.load(project.folder), left, right)
    return Diff(
        from_=left_side,
        to=right_side,
        changes=tuple(_changes(left, right, naming)),
        findings=tuple(_finding_changes(left.reconciled.judgement.findings, right.reconciled.judgement.findings)),
    )


def _position(project: Project, asked: str) -> tuple[Position, Side]:
    snapshot = int(asked) if asked.isdecimal() else None
    try:
        moment = serialization.moment(asked) if snapshot is None else _ended(project, snapshot)
    except InputError as error:
        raise UsageError(f"{asked}: neither a snapshot nor a date", why=error.why, hint="licsweep snapshots") from error
    found = judge.reconcile(project, as_of=moment, known_by=snapshot)
    instances = len(found.reconciled.judgement.instances)
    return found, Side(asked=asked, as_of=moment, snapshot=snapshot, instances=instances)


def _ended(project: Project, snapshot: int) -> datetime:
    """When the newest host of a snapshot was read; observations and texts that came in later keep their own time."""
    with Store(project.database) as store:
        tried = store.newest_try(snapshot)
    if tried is None:
        raise UsageError(f"{snapshot}: no such snapshot, or one without hosts", hint="licsweep snapshots")
    return tried


def _naming(tables: Tables, *sides: Position) -> Names:
    """What tells a license on both sides: its id, else its tag; a label is the tag that it stands for."""
    learned = learned_labels(state.observation for side in sides for state in side.states)
    labels: Mapping[str, str] = {**learned, **tables.labels}

    def name(use: Use) -> str:
        printed = norm(use.entitlement_tag or use.name or "no name")
        return use.license_id or norm(labels.get(printed, printed))

    return name


def _changes(left: Position, right: Position, naming: Names) -> Iterator[Change]:
    old, new = left.reconciled.judgement.instances, right.reconciled.judgement.instances
    uses = (_by_host(left.reconciled.uses), _by_host(right.reconciled.uses))
    states = ({s.hostname: s for s in left.states}, {s.hostname: s for s in right.states})
    for hostname, before, after in _pairs(old, new):
        if before is None or after is None:
            yield Change(hostname=hostname, what="instance", change="gone" if after is None else "new")
            continue
        yield from _fields(before, after, states[0].get(before.hostname), states[1].get(hostname))
        yield from _licenses(hostname, uses[0].get(before.hostname, []), uses[1].get(hostname, []), naming)


def _pairs(old: Sequence[Instance], new: Sequence[Instance]) -> list[tuple[str, Instance | None, Instance | None]]:
    """Instances of both sides by a serial that they share, else by host name; in the order of host names."""
    partners: dict[str, Instance] = {}
    taken: set[str] = set()
    for keys in (_serials, _names):
        known = {key: one for one in old for key in keys(one)}
        for one in new:
            found = next((known[key] for key in keys(one) if key in known), None)
            if one.hostname not in partners and found and found.hostname not in taken:
                partners[one.hostname] = found
                taken.add(found.hostname)
    pairs = [(one.hostname, partners.get(one.hostname), one) for one in new]
    gone = [(one.hostname, one, None) for one in old if one.hostname not in taken]
    return sorted([*pairs, *gone], key=lambda pair: pair[0])


def _names(one: Instance) -> list[str]:
    return [one.hostname]


def _serials(one: Instance) -> list[str]:
    return [f"{norm(udi.pid or '')} {norm(udi.sn)}".strip() for udi in one.udis if udi.sn]


def _fields(before: Instance, after: Instance, old: HostState | None, new: HostState | None) -> Iterator[Change]:
    values = _values(after, new)
    for what, was in _values(before, old).items():
        if was != (now := values[what]):
            yield Change(hostname=after.hostname, what=what, change="changed", before=was, after=now)


def _values(one: Instance, state: HostState | None) -> dict[str, str | None]:
    seen = state.observation if state else None
    return {
        "hostname": one.hostname,
        "outcome": one.outcome,
        "state": one.compliance_state,
        "release": seen.release if seen else None,
        "licensing model": seen.licensing_model if seen else None,
        "smart account": one.smart_account,
        "virtual account": one.virtual_account,
        "udis": ", ".join(sorted({" ".join(filter(None, (udi.pid, udi.sn))) for udi in one.udis})) or None,
    }


def _by_host(uses: Iterable[Use]) -> dict[str, list[Use]]:
    found: dict[str, list[Use]] = {}
    for use in uses:
        found.setdefault(use.hostname, []).append(use)
    return found


def _licenses(hostname: str, old: Iterable[Use], new: Iterable[Use], naming: Names) -> Iterator[Change]:
    """Changes of counts and states, license by license; reservations stand apart from use."""
    was, now = _grouped(old, naming), _grouped(new, naming)
    for key in sorted({*was, *now}):
        before, after = was.get(key), now.get(key)
        told = (_told(before) if before else None, _told(after) if after else None)
        if told[0] != told[1]:
            shown = (after or before or [])[0]
            change: Kind = "new" if before is None else "gone" if after is None else "changed"
            title = shown.license or shown.entitlement_tag or shown.name
            yield Change(hostname=hostname, what=key[1], change=change, license=title, before=told[0], after=told[1])


def _grouped(uses: Iterable[Use], naming: Names) -> dict[tuple[str, str], list[Use]]:
    found: dict[tuple[str, str], list[Use]] = {}
    for use in uses:
        what = "reservation" if use.counted_as == "reserved" else "license"
        found.setdefault((naming(use), what), []).append(use)
    return found


def _told(uses: Sequence[Use]) -> str:
    """The counts added up by printed status: `2 in-use`."""
    counts: dict[str, int | None] = {}
    for use in uses:
        status = use.status or "no known status"
        known = counts.get(status, 0)
        counts[status] = None if use.count is None or known is None else known + use.count
    return ", ".join(f"{'no count' if n is None else n} {status}" for status, n in sorted(counts.items()))


def _finding_changes(old: Sequence[Finding], new: Sequence[Finding]) -> Iterator[FindingChange]:
    was, now = ({(f.name, f.subject.kind, f.subject.id): f for f in found} for found in (old, new))
    for key in sorted({*was} ^ {*now}):
        yield FindingChange(change="gone" if key in was else "new", finding=was.get(key) or now[key])
