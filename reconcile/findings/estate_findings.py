"""Findings over the whole estate: new lines by agent, On-Prem servers, managers and boxes that disagree."""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta

from licsweep.model import ManagedDevice, Observation
from licsweep.position_types import FindingEvidence, Severity, Subject
from reconcile.findings.raised import RaisedFinding, of_instance
from reconcile.instances.releases import onprem_floor, version
from reconcile.instances.reporting_path import speaks_to
from reconcile.judgement_context import JudgementContext
from reconcile.tables.contract_rows import Plane
from reconcile.tables.tables import norm

_IN_TOUCH = ("completed", "registered", "connected", "ok", "managed", "success", "succeeded")


def new_lines(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`parser-drift`: lines that no template knows, one finding for each shape, agent and command."""
    for row in judged.drift:
        subject = Subject(kind="estate", id=f"{row.agent}: {row.command}: {row.shape}")
        number = "1 instance" if row.instances == 1 else f"{row.instances} instances"
        evidence = [FindingEvidence(capture=row.capture, line=row.line, path=row.path, text=row.text)]
        message = f"{row.agent} prints a new line on {number}: {row.shape}"
        yield RaisedFinding("parser-drift", subject, message, evidence)


def onprem_servers(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """Servers that have not synchronized for long, and those too old to take SLUP reports."""
    tables, as_of = judged.tables, judged.as_of
    stale, critical = tables.limits.get("onprem_stale_days", 30), tables.limits.get("onprem_critical_days", 90)
    for place, server in enumerate(tables.onprem.servers, 1):
        subject = Subject(kind="onprem", id=server.name)
        evidence = [FindingEvidence(entitlement="onprem.yaml", row=place)]
        late = as_of - server.last_sync if server.last_sync else timedelta()
        if server.last_sync and late > timedelta(days=stale):
            days = late.days
            said = f"{server.name} synchronized {days} days ago, on {server.last_sync:%Y-%m-%d}"
            severity: Severity | None = "critical" if late > timedelta(days=critical) else None
            yield RaisedFinding("onprem-stale", subject, said, evidence, severity)
        if floor := onprem_floor(server.version, tables):
            said = f"{server.name} runs {server.version}: reports of Smart Licensing Using Policy need {floor}"
            yield RaisedFinding("onprem-too-old", subject, said, evidence)


def tokens(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`token-expired` (used up too), `token-expiring`, and `token-wrong-plane`: a token of CSSM used for On-Prem, or
    the reverse."""
    soon = judged.as_of + timedelta(days=judged.tables.limits.get("token_expiring_days", 30))
    for place, row in enumerate(judged.tables.tokens, 1):
        subject, evidence = Subject(kind="token", id=row.id), [FindingEvidence(entitlement="tokens.yaml", row=place)]
        if row.ends and row.ends <= judged.as_of:
            yield RaisedFinding("token-expired", subject, f"expired on {row.expires:%Y-%m-%d}", evidence)
        elif row.ends and row.ends <= soon:
            yield RaisedFinding("token-expiring", subject, f"expires on {row.expires:%Y-%m-%d}", evidence)
        if row.max_uses and (row.uses or 0) >= row.max_uses:
            said = f"used up: {row.uses} of {row.max_uses} uses"
            yield RaisedFinding("token-expired", subject, said, evidence)
        for name in (*row.wanted_for, *([row.server] if row.server and row.plane == "cloud" else [])):
            if (plane := _plane_of(name, judged)) and row.plane and plane != row.plane:
                said = f"a token of {_PLANES[row.plane]}, used for {name}, which belongs to {_PLANES[plane]}"
                yield RaisedFinding("token-wrong-plane", subject, said, evidence)


_PLANES: dict[Plane, str] = {"cloud": "CSSM", "onprem": "On-Prem"}


def _plane_of(name: str, judged: JudgementContext) -> Plane | None:
    """Where a server, a host or a plane of this name registers; None where nothing says so."""
    said = norm(name)
    if said in ("cloud", "cssm") or re.fullmatch(r"(ssm )?on-?prem", said):
        return "cloud" if said in ("cloud", "cssm") else "onprem"
    if said in (norm(server.name) for server in judged.tables.onprem.servers):
        return "onprem"
    seen = next((unit.observation for unit in judged.units if norm(unit.hostname) == said), None)
    path = speaks_to(seen, judged.tables) if seen else None
    return "onprem" if path == "onprem" else "cloud" if path == "cssm" else None


def managers_out_of_sync(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`manager-out-of-sync`: a manager and a box that do not say the same of each other."""
    observed = {
        norm(unit.hostname).split(".")[0]: unit
        for unit in judged.units
        if unit.observation and unit.observation.managed_devices
    }
    for unit in judged.units:
        seen = unit.observation
        if seen is None or seen.managed_devices:
            continue
        said = []
        listed = judged.managers.manager_of(unit)
        if seen.manager and seen.manager.registration and not _in_touch(seen.manager.registration):
            said.append(f"its registration with {seen.manager.host or 'its manager'} is {seen.manager.registration!r}")
        named = observed.get(norm(seen.manager.host or "").split(".")[0]) if seen.manager else None
        devices = named.observation.managed_devices if named and named.observation else ()
        by_name = norm(unit.hostname) in {norm(device.hostname) for device in devices if device.hostname}
        if named and listed is None and not by_name:
            said.append(f"it names {named.hostname} as its manager, which does not list it")
        if listed:
            said += _differences(seen, listed[0], listed[1])
        if said:
            yield of_instance("manager-out-of-sync", unit, "; ".join(said), "manager", "release")


def _differences(seen: Observation, manager: str, device: ManagedDevice) -> Iterable[str]:
    if seen.manager and seen.manager.kind in ("fdm", "sd-wan-manager", "catalyst-center"):
        yield f"{manager} lists it, but it says that {seen.manager.kind} manages it"
    mine, theirs = version(seen.release), version(device.software)
    # Releases are alike as far as both are told (7.2.5 and 7.2.5-208).
    if mine and theirs and any(one != other for one, other in zip(mine[0], theirs[0], strict=False)):
        yield f"it runs {seen.release}, {manager} says {device.software}"


def _in_touch(registration: str) -> bool:
    return any(word in norm(registration) for word in _IN_TOUCH) and not norm(registration).startswith(("not ", "un"))
