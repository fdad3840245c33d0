"""Standby peers and subscribers: members of the instance whose active peer or publisher speaks to CSSM.

The configured role does not matter, only who is active now. A peer is joined to that active one of its platform with
which it shares most: a cluster's name, managed devices, the other's name among its members. Where nothing tells and
there is one active peer that it may be of, it is that one: of the same product and account, and not the primary as
well. Where no active peer is known at all, the standby stands for the pair, and one subscriber for its cluster.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from licsweep.model import HostState, Observation
from reconcile.instances.identity import ProductInstance, captured, is_secondary
from reconcile.tables.tables import norm

Link = tuple[str | None, str, str]


def with_peers(units: Sequence[ProductInstance]) -> list[ProductInstance]:
    """The instances, each with its peers as members; in the order given."""
    actives = _Actives(units)
    homes = {unit.hostname: actives.homes(unit) for unit in units if not unit.retired and actives.yields(unit)}
    homes |= _stand_ins([unit for unit in units if homes.get(unit.hostname) == []])

    def active(unit: ProductInstance) -> ProductInstance:
        """The one that speaks to CSSM now: a manager that took over may have been taken over from in its turn."""
        met = {unit.hostname}
        while len(found := homes.get(unit.hostname, [])) == 1 and found[0].hostname not in met:
            unit = found[0]
            met.add(unit.hostname)
        return unit

    joined: dict[str, list[HostState]] = {}
    kept = []
    for unit in units:
        home = active(unit)
        if home is not unit:
            joined.setdefault(home.hostname, []).extend((unit.state, *unit.others, *unit.members))
        else:
            kept.append(replace(unit, passive=True) if homes.get(unit.hostname) else unit)
    return [replace(u, members=(*u.members, *joined[u.hostname])) if u.hostname in joined else u for u in kept]


class _Actives:
    """The peers that are active, by platform and by everything that ties a standby to them."""

    def __init__(self, units: Sequence[ProductInstance]) -> None:
        self._by_platform: dict[str | None, list[ProductInstance]] = {}
        self._by_link: dict[Link, ProductInstance] = {}
        self._subscribers: set[tuple[str | None, str]] = set()
        for unit in sorted(units, key=lambda u: captured(u.state)):  # the newest active one stays
            seen = unit.observation
            if seen is None or unit.retired or is_secondary(seen):
                continue
            if not (seen.ha_role == "active" or seen.node_role == "publisher" or seen.members):
                continue
            self._by_platform.setdefault(seen.platform, []).append(unit)
            self._by_link.update(dict.fromkeys(_links(seen), unit))
            self._by_link[seen.platform, "name", _short(unit.hostname)] = unit
            subscribers = (m.hostname for m in seen.members if m.hostname and m.node_role == "subscriber")
            self._subscribers.update((seen.platform, _short(name)) for name in subscribers)

    def yields(self, unit: ProductInstance) -> bool:
        """True for a secondary, for a node without a role that a publisher lists as subscriber, and for a manager
        that was active when read, before its peer took over."""
        seen = unit.observation
        if is_secondary(seen):
            return True
        if seen is None:
            return False
        if not (seen.node_role or seen.members) and (seen.platform, _short(unit.hostname)) in self._subscribers:
            return True
        if not seen.ha_role or not seen.managed_devices:
            return False
        devices = [link for link in _links(seen) if link[1] == "device"]
        elsewhere = [link for link in devices if self._by_link[link].hostname != unit.hostname]
        return len(elsewhere) > len(devices) / 2  # fewer were moved to another manager

    def homes(self, unit: ProductInstance) -> list[ProductInstance]:
        """The active peer that shares something with this one, else all of its platform."""
        seen = unit.observation
        if seen is None:
            return []
        shared = [link for link in _links(seen) if link[1] != "member"]
        own: Link = (seen.platform, "member", _short(unit.hostname))
        named = [(seen.platform, "name", name) for _, kind, name in _links(seen) if kind == "member"]
        tied_to = [self._by_link[link] for link in (*shared, own, *named) if link in self._by_link]
        if found := [active for active in tied_to if active.hostname != unit.hostname]:
            ties = Counter(active.hostname for active in found)
            return [max(found, key=lambda active: ties[active.hostname])]
        tied = seen.cluster or seen.members or seen.managed_devices
        return [] if tied else [one for one in self._by_platform.get(seen.platform, []) if _may_pair(unit, one)]


def _stand_ins(alone: Sequence[ProductInstance]) -> dict[str, list[ProductInstance]]:
    """Of secondaries that share a cluster whose active peer is not known, who stands for it: one with licenses, else
    the newest."""
    found: dict[str, list[ProductInstance]] = {}
    by_link: dict[Link, ProductInstance] = {}
    for unit in sorted(alone, key=lambda u: (_has_licenses(u), captured(u.state)), reverse=True):
        links = [link for link in _links(unit.observation or Observation()) if link[1] != "member"]
        if home := next((by_link[link] for link in links if link in by_link), None):
            found[unit.hostname] = [home]
        else:
            by_link.update(dict.fromkeys(links, unit))
    return found


def _has_licenses(unit: ProductInstance) -> bool:
    return bool(unit.observation and unit.observation.licenses)


def _links(seen: Observation) -> Iterator[Link]:
    if seen.cluster:
        yield seen.platform, "cluster", norm(seen.cluster)
    yield from ((seen.platform, "device", norm(d.serial)) for d in seen.managed_devices if d.serial)
    named = [member for member in seen.members if member.hostname]
    yield from ((seen.platform, "member", _short(m.hostname or "")) for m in named)
    yield from ((seen.platform, "node", f"{_short(m.hostname or '')} {m.address}") for m in named if m.address)


def _may_pair(standby: ProductInstance, active: ProductInstance) -> bool:
    """Whether nothing that both state tells them apart: another product, another account, the same configured role."""
    one, other = standby.observation or Observation(), active.observation or Observation()
    products = [{norm(udi.pid) for udi in seen.udis if udi.pid} for seen in (one, other)]
    accounts = {norm(name) for name in (one.virtual_account, other.virtual_account) if name}
    same_role = one.configured_ha_role and one.configured_ha_role == other.configured_ha_role
    return not (same_role or len(accounts) > 1 or (all(products) and products[0].isdisjoint(products[1])))


def _short(name: str) -> str:
    return norm(name).split(".")[0]
