"""Which host states are one product instance: a product instance is a set of UDIs.

Two inventory entries whose UDI sets overlap are one instance, and the newest capture counts; where they were taken
within hours of each other and count differently, one of them is wrong and nobody knows which (`rivals`). A switchover
changes which member is active, not the instance. A host without any UDI is an instance of its own. Standby peers and
subscribers are members of an instance (`instances.ha_peers` finds them where their UDIs do not overlap).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from licsweep.model import HostState, Observation, Retirement, Udi
from reconcile.grouping import sets_by
from reconcile.tables.tables import norm

RIVAL_HOURS = 6
_NEVER = datetime.min.replace(tzinfo=UTC)
Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductInstance:
    """One product instance: the host state that counts, the other inventory entries of the same box, its peers.

    `passive` is a standby peer or subscriber whose active peer was seen but could not be told from others.
    """

    state: HostState
    observation: Observation | None
    others: tuple[HostState, ...] = ()
    members: tuple[HostState, ...] = ()
    passive: bool = False

    @property
    def hostname(self) -> str:
        return self.state.hostname

    @property
    def stale(self) -> bool:
        """True where the newest try brought nothing, or nobody tries any more: the last good observation stands in."""
        state, seen = self.state, self.observation
        if seen is None:
            return False
        answered = seen.outcome == state.outcome and not state.earlier
        return self.left_inventory or not (answered or state.outcome == "ok" or fresh_enough(state))

    @property
    def left_inventory(self) -> bool:
        """True where no entry of it is in the inventory any more."""
        return all(entry.left_inventory for entry in (self.state, *self.others))

    @property
    def retired(self) -> Retirement | None:
        """The retirement in force; None where the box has answered since."""
        return retirement(self.state)

    @property
    def rivals(self) -> list[HostState]:
        """Other entries in the inventory that answered within hours of the one that counts."""
        if not self.others:
            return []
        limit, at = timedelta(hours=RIVAL_HOURS), captured(self.state)
        near = (o for o in self.others if not o.left_inventory and captured(o) > _NEVER and not _silent(answer(o)))
        return [other for other in near if abs(at - captured(other)) <= limit]

    @property
    def udis(self) -> tuple[Udi, ...]:
        """The whole UDI set, that of peers included."""
        answers = filter(None, (self.observation, *map(answer, self.members)))
        return tuple(dict.fromkeys(udi for seen in answers for udi in seen.udis))

    def serials(self) -> set[Key]:
        """PID (empty where unknown) and serial of everything that this instance is known by."""
        entries = (self.state, *self.others, *self.members)
        return {(norm(u.pid or ""), norm(u.sn or "")) for state in entries for u in _udis(state)}


def capture_of(state: HostState, command: str) -> str:
    """The reference of the capture of one command on one host."""
    return _reference(state.snapshot_id, state.hostname, command)


@lru_cache(maxsize=100)
def _reference(snapshot_id: int | None, hostname: str, command: str) -> str:
    """One text for the lines of a capture, which stand together."""
    return f"{snapshot_id}/{hostname}/{command}"


def fresh_enough(state: HostState) -> bool:
    """True for a host that a sweep left out because its last observation was young enough."""
    return state.skip == "fresh-enough"


def retirement(state: HostState) -> Retirement | None:
    """The retirement of a host; a box that answers again after it is current again.

    What was captured between its date and its recording was known to whoever retired the host all the same.
    """
    known = max(state.retired.at, state.retired.recorded_at) if state.retired else None
    return state.retired if known and captured(state) <= known else None


def answer(state: HostState) -> Observation | None:
    """The observation of a state; one whose outcome is not ok and that carries no licenses is no answer."""
    seen = state.observation
    return seen if seen and (seen.outcome == "ok" or seen.licenses) else None


def product_instances(states: Sequence[HostState]) -> list[ProductInstance]:
    """One ProductInstance per product instance, by hostname, whatever the order of the states."""
    ordered = sorted(states, key=lambda s: (s.hostname, s.snapshot_id or 0))
    printed = (udi for state in ordered for udi in _udis(state) if udi.pid)
    pids = sets_by((norm(udi.sn or ""), norm(udi.pid or "")) for udi in printed)
    keys_of = {id(state): _keys(state, pids) for state in ordered}
    groups: dict[int, list[HostState]] = {}
    home: dict[Key, list[HostState]] = {}
    for state in ordered:
        merged = [state]
        for group in {id(home[key]): home[key] for key in keys_of[id(state)] if key in home}.values():
            merged += groups.pop(id(group))
        groups[id(merged)] = merged
        for member in merged:
            home.update(dict.fromkeys(keys_of[id(member)], merged))
    return sorted(map(_unit, groups.values()), key=lambda u: u.hostname)


def _udis(state: HostState) -> list[Udi]:
    seen = answer(state)
    return [udi for udi in seen.udis if udi.sn and udi.sn.strip()] if seen else []


def _keys(state: HostState, pids: Mapping[str, set[str]]) -> set[Key]:
    """PID and serial of each UDI; a serial printed without its PID takes the only one of the `pids` known for it."""
    keys = set()
    for udi in _udis(state):
        serial = norm(udi.sn or "")
        known = pids.get(serial, set())
        pid = norm(udi.pid) if udi.pid else next(iter(known)) if len(known) == 1 else ""
        keys.add((pid, serial))
    return keys


def is_secondary(seen: Observation | None) -> bool:
    """True for a standby peer and a subscriber: members of an instance, not instances."""
    return seen is not None and (seen.ha_role == "standby" or seen.node_role == "subscriber")


def captured(state: HostState) -> datetime:
    """When the answer of a state was taken; the dawn of time where that is not known."""
    seen = answer(state)
    return (seen.captured_at if seen else None) or _NEVER


def _unit(group: list[HostState]) -> ProductInstance:
    if len(group) == 1:
        return ProductInstance(state=group[0], observation=answer(group[0]))
    current = [state for state in group if not retirement(state)] or group
    by_name = sorted(current, key=lambda s: (s.hostname, s.snapshot_id or 0))
    newest, *rest = sorted(by_name, key=_precedence, reverse=True)
    peers = [state for state in rest if _is_peer(answer(newest), answer(state))]
    others = tuple(state for state in rest if state not in peers)
    return ProductInstance(state=newest, observation=answer(newest), others=others, members=tuple(peers))


def _precedence(state: HostState) -> tuple[bool, bool, datetime]:
    seen = answer(state)
    return not is_secondary(seen), not _silent(seen), captured(state)


def _silent(seen: Observation | None) -> bool:
    """True for a firewall that manages itself, read over SSH: only its web interface tells its licenses."""
    return seen is not None and not seen.licenses and seen.manager is not None and seen.manager.kind == "fdm"


def _is_peer(one: Observation | None, other: Observation | None) -> bool:
    """Two entries of a high-availability pair, as their roles say, are not one box listed twice."""
    if one is None or other is None:
        return False
    configured = {one.configured_ha_role, other.configured_ha_role}
    return is_secondary(one) != is_secondary(other) or configured == {"primary", "secondary"}
