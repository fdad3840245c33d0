"""Findings over the whole estate: new lines by agent, On-Prem servers, managers and boxes that disagree."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from licsweep.model import ManagedDevice, UnclaimedLine
from licsweep.position_types import FindingEvidence, Subject
from reconcile.findings import Raised
from reconcile.identity import ProductInstance
from reconcile.instance_findings import cited, instance, read_from
from reconcile.managed import Managers
from reconcile.releases import older, version
from reconcile.tables import Tables, norm

_IN_TOUCH = ("completed", "registered", "connected", "ok", "managed", "success", "succeeded")


def raise_drift(raised: Raised, units: Iterable[ProductInstance]) -> None:
    """Lines that no template knows, digits folded, by agent and command: one finding for each, with an example."""
    found: dict[tuple[str, str, str], list[tuple[ProductInstance, UnclaimedLine]]] = {}
    for unit in units:
        seen = unit.observation
        if seen is None or not seen.complete:
            continue  # of a cut-off output its own finding speaks
        agent = (
            f"agent {seen.agent_version}" if seen.agent_version else f"{seen.platform or 'a box'} {seen.release or ''}"
        )
        for row in seen.unclaimed_lines:
            key = (agent.strip(), row.command, fold(row.text))
            found.setdefault(key, []).append((unit, row))
    for (agent, command, text), lines in sorted(found.items(), key=lambda item: item[0]):
        boxes = {unit.hostname for unit, _ in lines}
        subject = Subject(kind="estate", id=f"{agent}: {command}: {text}")
        number = "1 instance" if len(boxes) == 1 else f"{len(boxes)} instances"
        said = f"{agent} prints a new line on {number}: {text}"
        raised.add("parser-drift", subject, said, read_from(lines[0][0], [lines[0][1]]))


def fold(text: str) -> str:
    """A line as lines are compared: digits folded, blanks collapsed."""
    return re.sub(r"\d+", "0", " ".join(text.split()))


def raise_onprem(raised: Raised, tables: Tables, as_of: datetime) -> None:
    """Servers that have not synchronized for long, and those too old to take SLUP reports."""
    limit = timedelta(days=tables.limits.get("onprem_stale_days", 30))
    for place, server in enumerate(tables.onprem.servers, 1):
        subject = Subject(kind="onprem", id=server.name)
        evidence = [FindingEvidence(entitlement="onprem.yaml", row=place)]
        if server.last_sync and as_of - server.last_sync > limit:
            days = (as_of - server.last_sync).days
            said = f"{server.name} synchronized {days} days ago, on {server.last_sync:%Y-%m-%d}"
            raised.add("onprem-stale", subject, said, evidence)
        if floor := onprem_floor(server.version, tables):
            said = f"{server.name} runs {server.version}: reports of Smart Licensing Using Policy need {floor}"
            raised.add("onprem-too-old", subject, said, evidence)


def onprem_floor(release: str | None, tables: Tables) -> str | None:
    """The On-Prem release that SLUP needs, where this one is older."""
    floors = tables.releases.onprem
    return floors[0].slup_from if floors and older(release, floors[0].slup_from) else None


def raise_managers(raised: Raised, units: Sequence[ProductInstance], managers: Managers) -> None:
    """`manager-out-of-sync`: a manager and a box that do not say the same of each other."""
    observed = {
        norm(unit.hostname).split(".")[0]: unit
        for unit in units
        if unit.observation and unit.observation.managed_devices
    }
    for unit in units:
        seen = unit.observation
        if seen is None or seen.managed_devices:
            continue
        said = []
        listed = managers.manager_of(unit)
        if seen.manager and seen.manager.registration and not _in_touch(seen.manager.registration):
            said.append(f"its registration with {seen.manager.host or 'its manager'} is {seen.manager.registration!r}")
        named = observed.get(norm(seen.manager.host or "").split(".")[0]) if seen.manager else None
        if named and listed is None and not _lists(named, unit):
            said.append(f"it names {named.hostname} as its manager, which does not list it")
        if listed:
            said += _differences(unit, listed[0], listed[1])
        if said:
            raised.add(
                "manager-out-of-sync", instance(unit.hostname), "; ".join(said), cited(unit, "manager", "release")
            )


def _lists(manager: ProductInstance, unit: ProductInstance) -> bool:
    """True where a manager lists a box by its name, for lists without serials."""
    devices = manager.observation.managed_devices if manager.observation else ()
    return norm(unit.hostname) in {norm(device.hostname) for device in devices if device.hostname}


def _differences(unit: ProductInstance, manager: ProductInstance, device: ManagedDevice) -> Iterable[str]:
    seen = unit.observation
    if seen is None:
        return
    if seen.manager and seen.manager.kind in ("fdm", "sd-wan-manager", "catalyst-center"):
        yield f"{manager.hostname} lists it, but it says that {seen.manager.kind} manages it"
    mine, theirs = version(seen.release), version(device.software)
    if mine and theirs and not _same(mine[0], theirs[0]):
        yield f"it runs {seen.release}, {manager.hostname} says {device.software}"


def _same(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Releases alike as far as both are told (7.2.5 and 7.2.5-208)."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _in_touch(registration: str) -> bool:
    return any(word in norm(registration) for word in _IN_TOUCH) and not norm(registration).startswith(("not ", "un"))
