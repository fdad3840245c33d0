"""Managers and the boxes that they hold licenses for: what the two say of each other, and managers that nobody read."""

from collections.abc import Iterable, Iterator

from licsweep.model import ManagedDevice, Observation
from reconcile.findings.instance_findings import consequence
from reconcile.findings.raised import RaisedFinding, of_instance
from reconcile.instances.identity import answer
from reconcile.instances.releases import version
from reconcile.judgement_context import JudgementContext
from reconcile.tables.tables import norm

_MANAGERS = ("cisco_fmc", "cisco_fdm")
_IN_TOUCH = ("completed", "registered", "connected", "ok", "managed", "success", "succeeded")


def out_of_sync(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`manager-out-of-sync`: a manager and a box that do not say the same of each other; a manager whose last exchange
    with CSSM is long past."""
    observed = {
        _short(unit.hostname): unit for unit in judged.units if unit.observation and unit.observation.managed_devices
    }
    for unit in judged.units:
        seen = unit.observation
        if seen and (told := _lost_cssm(seen, judged)):
            yield of_instance("manager-out-of-sync", unit, told, "last_communication_attempt")
        if seen is None or seen.managed_devices:
            continue
        said = []
        listed = judged.managers.manager_of(unit)
        if seen.manager and seen.manager.registration and not _in_touch(seen.manager.registration):
            said.append(f"its registration with {seen.manager.host or 'its manager'} is {seen.manager.registration!r}")
        named = observed.get(_short(seen.manager.host or "")) if seen.manager else None
        devices = named.observation.managed_devices if named and named.observation else ()
        by_name = _short(unit.hostname) in {_short(device.hostname) for device in devices if device.hostname}
        if named and listed is None and not by_name:
            said.append(f"it names {named.hostname} as its manager, which does not list it")
        if listed:
            said += _differences(seen, listed[0], listed[1])
        if said:
            yield of_instance("manager-out-of-sync", unit, "; ".join(said), "manager", "release")


def unread(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`license-state-unknown`: a firewall whose licenses its manager holds, where nobody read that manager; a device
    for which its manager names no license type."""
    hosts = {name: state for state in judged.given.states for name in _names_of(state.hostname, judged)}
    managers = [unit.observation for unit in judged.units if unit.observation]
    for unit in judged.units:
        devices = unit.observation.managed_devices if unit.observation else ()
        mine = (device for device in devices if judged.managers.counts_at(unit.hostname, device))
        if bare := [device.hostname or device.uid or "?" for device in mine if not device.license_types]:
            told = f"it names no license type of {', '.join(bare)}"
            yield of_instance("license-state-unknown", unit, told, "managed_devices")
    listed = {_short(device.hostname) for seen in managers for device in seen.managed_devices if device.hostname}
    for case in judged.instances:
        unit, seen = case.unit, case.unit.observation
        manager = seen.manager if seen and not seen.licenses else None
        if not manager or manager.kind not in ("fmc", "cdfmc"):
            continue
        if judged.managers.manager_of(unit) or _short(unit.hostname) in listed:
            continue
        host = manager.host or "of an unknown name"
        named = hosts.get(norm(host)) or hosts.get(_short(host))
        if named is None or answer(named) is None:
            why = "not in inventory" if named is None else f"({named.hostname}) was never read"
            yield of_instance("license-state-unknown", unit, f"manager {host} {why}", "manager")


def _lost_cssm(seen: Observation, judged: JudgementContext) -> str:
    """Of a manager that is registered, when it last exchanged with CSSM, where that is long before its capture."""
    last, tables = seen.last_communication_attempt, judged.tables
    at = last.at if last else None
    if seen.platform not in _MANAGERS or seen.registration_status != "registered" or at is None:
        return ""
    days = ((seen.captured_at or judged.as_of) - at).days
    if days <= tables.limits.get("manager_stale_days", 30):
        return ""
    row = consequence(seen, tables)
    late = f" ({row.product}: {row.late})" if row.late else ""
    return f"it last synchronized with CSSM on {at:%Y-%m-%d}, {days} days before it was read{late}"


def _differences(seen: Observation, manager: str, device: ManagedDevice) -> Iterable[str]:
    if seen.manager and seen.manager.kind in ("fdm", "sd-wan-manager", "catalyst-center"):
        yield f"{manager} lists it, but it says that {seen.manager.kind} manages it"
    mine, theirs = version(seen.release), version(device.software)
    # Releases are alike as far as both are told (7.2.5 and 7.2.5-208).
    if mine and theirs and any(one != other for one, other in zip(mine[0], theirs[0], strict=False)):
        yield f"it runs {seen.release}, {manager} says {device.software}"


def _in_touch(registration: str) -> bool:
    return any(word in norm(registration) for word in _IN_TOUCH) and not norm(registration).startswith(("not ", "un"))


def _names_of(hostname: str, judged: JudgementContext) -> Iterator[str]:
    facts = judged.given.facts.get(hostname)
    yield from (norm(hostname), _short(hostname))
    if facts and facts.address:
        yield norm(facts.address)


def _short(name: str) -> str:
    """A host name without its domain; an address stays whole."""
    whole = norm(name)
    return whole if whole.replace(".", "").isdigit() else whole.split(".")[0]
