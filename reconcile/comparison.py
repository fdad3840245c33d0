"""What changed between two judgements: product instances, their licenses, and findings."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal

from licsweep.model import HostState, Record
from licsweep.position_types import Finding, Instance, JudgementResult, Use
from reconcile.grouping import lists_by
from reconcile.licenses.matching import learned_labels
from reconcile.tables.tables import Tables, norm

Kind = Literal["new", "gone", "changed"]
Names = Callable[[Use], str]


class Change(Record):
    """One change of a product instance; `what` is instance, a field, or license (then `license` names it)."""

    hostname: str
    what: str
    change: Kind
    license: str | None = None
    before: str | None = None
    after: str | None = None


class FindingChange(Record):
    """A finding that is on one side only."""

    change: Literal["new", "gone"]
    finding: Finding


def compare(
    before: JudgementResult, after: JudgementResult, tables: Tables
) -> tuple[tuple[Change, ...], tuple[FindingChange, ...]]:
    """The changes of instances by host name, and the findings that only one side has."""
    changes = _changes(before, after, _naming(tables, before, after))
    return tuple(changes), tuple(finding_changes(before.judgement.findings, after.judgement.findings))


def _naming(tables: Tables, *sides: JudgementResult) -> Names:
    """What tells a license on both sides: its id, else its tag; a label is the tag that it stands for."""
    learned = learned_labels(state.observation for side in sides for state in side.states)
    labels: Mapping[str, str] = {**learned, **tables.labels}

    def name(use: Use) -> str:
        printed = norm(use.entitlement_tag or use.name or "no name")
        return use.license_id or norm(labels.get(printed, printed))

    return name


def _changes(left: JudgementResult, right: JudgementResult, naming: Names) -> Iterator[Change]:
    uses = [lists_by((use.hostname, use) for use in side.uses) for side in (left, right)]
    states = ({s.hostname: s for s in left.states}, {s.hostname: s for s in right.states})
    for hostname, before, after in _pairs(left.judgement.instances, right.judgement.instances):
        if before is None or after is None:
            yield Change(hostname=hostname, what="instance", change="gone" if after is None else "new")
            continue
        was, now = _values(before, states[0].get(before.hostname)), _values(after, states[1].get(hostname))
        for what in was:
            if was[what] != now[what]:
                yield Change(hostname=hostname, what=what, change="changed", before=was[what], after=now[what])
        yield from _licenses(hostname, uses[0].get(before.hostname, []), uses[1].get(hostname, []), naming)


def _pairs(old: Sequence[Instance], new: Sequence[Instance]) -> list[tuple[str, Instance | None, Instance | None]]:
    """Instances of both sides by a serial that they share, else by host name; in the order of host names."""
    partners: dict[str, Instance] = {}
    taken: set[str] = set()
    for keys in (_serials, lambda one: [one.hostname]):
        known = {key: one for one in old for key in keys(one)}
        for one in new:
            found = next((known[key] for key in keys(one) if key in known), None)
            if one.hostname not in partners and found and found.hostname not in taken:
                partners[one.hostname] = found
                taken.add(found.hostname)
    pairs = [(one.hostname, partners.get(one.hostname), one) for one in new]
    gone = [(one.hostname, one, None) for one in old if one.hostname not in taken]
    return sorted([*pairs, *gone], key=lambda pair: pair[0])


def _serials(one: Instance) -> list[str]:
    return [f"{norm(udi.pid or '')} {norm(udi.sn)}".strip() for udi in one.udis if udi.sn]


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


def _licenses(hostname: str, old: Iterable[Use], new: Iterable[Use], naming: Names) -> Iterator[Change]:
    """Changes of counts and states, license by license; reservations stand apart from use."""
    was, now = (
        lists_by(((naming(use), "reservation" if use.counted_as == "reserved" else "license"), use) for use in uses)
        for uses in (old, new)
    )
    for key in sorted({*was, *now}):
        before, after = was.get(key), now.get(key)
        told = (_told(before) if before else None, _told(after) if after else None)
        if told[0] != told[1]:
            shown = (after or before or [])[0]
            change: Kind = "new" if before is None else "gone" if after is None else "changed"
            title = shown.license or shown.entitlement_tag or shown.name
            yield Change(hostname=hostname, what=key[1], change=change, license=title, before=told[0], after=told[1])


def _told(uses: Sequence[Use]) -> str:
    """The counts added up by printed status: `2 in-use`."""
    counts: dict[str, int | None] = {}
    for use in uses:
        status = use.status or "no known status"
        known = counts.get(status, 0)
        counts[status] = None if use.count is None or known is None else known + use.count
    return ", ".join(f"{'no count' if n is None else n} {status}" for status, n in sorted(counts.items()))


def finding_changes(old: Sequence[Finding], new: Sequence[Finding]) -> Iterator[FindingChange]:
    was, now = ({(f.name, f.subject.kind, f.subject.id): f for f in found} for found in (old, new))
    for key in sorted({*was} ^ {*now}):
        yield FindingChange(change="gone" if key in was else "new", finding=was.get(key) or now[key])
