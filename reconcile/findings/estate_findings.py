"""Findings over the whole estate: new lines by agent, sites without a line, On-Prem servers, tokens."""

import re
from collections.abc import Iterator
from datetime import timedelta

from licsweep.position_types import FindingEvidence, Severity, Subject
from reconcile.findings.raised import RaisedFinding
from reconcile.instances.releases import onprem_floor
from reconcile.instances.reporting_path import speaks_to
from reconcile.judgement_context import JudgementContext
from reconcile.tables.contract_rows import Plane
from reconcile.tables.tables import norm


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


def old_sites(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`site-old`: the newest that came from a site without a line is older than `site_days`."""
    for site in judged.given.sites:
        days = (judged.as_of - site.last_at).days
        if days > judged.given.options.site_days:
            said = f"{site.site}: its {site.hosts} hosts were last swept {days} days ago, on {site.last_at:%Y-%m-%d}"
            yield RaisedFinding("site-old", Subject(kind="site", id=site.site), said)


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


_PLANES: dict[Plane, str] = {"cloud": "Cloud CSSM", "onprem": "SSM On-Prem"}


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
