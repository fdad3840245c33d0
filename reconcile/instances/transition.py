"""From classic licensing to Smart Licensing Using Policy: where each instance stands, and the order of work.

On-Prem servers that are too old come first (they hold up every box behind them), then boxes that can change as they
are, then those that need a newer release. Which release a product needs is releases.yaml.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from licsweep.model import LicenseUse, Observation
from licsweep.position_types import TransitionRow
from reconcile.instances.releases import older, onprem_floor, policy_release
from reconcile.instances.reporting_path import leads_to, speaks_to
from reconcile.instances.states import is_slup
from reconcile.instances.status_sets import IDLE
from reconcile.judgement_context import JudgedInstance, JudgementContext
from reconcile.tables.rows import OnpremServer, PolicyRelease
from reconcile.tables.tables import Tables, finds

_WORK = ("onprem-too-old", "eligible", "upgrade-needed")


def transition(judged: JudgementContext) -> tuple[TransitionRow, ...]:
    """One row for each product instance, those with work first and in its order."""
    rows = [_row(case, judged.tables, judged.as_of) for case in judged.instances]
    work = sorted((row for row in rows if row.step in _WORK), key=_urgency)
    rest = [row for row in rows if row.step not in _WORK]
    return (*(replace(row, order=place) for place, row in enumerate(work, 1)), *rest)


def _urgency(row: TransitionRow) -> tuple[int, bool, int, str]:
    return _WORK.index(row.step), row.first_report_days is None, row.first_report_days or 0, row.hostname


def _row(case: JudgedInstance, tables: Tables, as_of: datetime) -> TransitionRow:
    seen, place = case.unit.observation, case.place
    rule = policy_release(seen, tables) if seen else None
    step = _step(seen, rule, tables)
    days = _first_report(seen, tables) if seen and step["step"] in _WORK else None
    return TransitionRow(
        hostname=case.unit.hostname,
        product=next((udi.pid for udi in seen.udis if udi.pid), None) if seen else None,
        family=rule.product if rule else None,
        release=seen.release if seen else None,
        licensing_model=seen.licensing_model if seen else None,
        smart_account=place.smart_account,
        virtual_account=place.virtual_account,
        first_report_days=days,
        first_report_due=as_of + timedelta(days=days) if days else None,
        source=rule.source if rule else None,
        **step,
    )


def _step(seen: Observation | None, rule: PolicyRelease | None, tables: Tables) -> dict[str, Any]:
    """The step of a box, why, and what it needs first."""
    if seen is None:
        return {"step": "unknown", "reason": "it never answered"}
    if is_slup(seen):
        return {"step": "already", "reason": "it runs Smart Licensing Using Policy"}
    if rule is None:
        return {"step": "unknown", "reason": "no row of releases.yaml knows this product"}
    if rule.never:
        return {"step": "not-eligible", "reason": f"{rule.product}: no release runs it"}
    if not seen.release:
        return {"step": "unknown", "reason": "its release is not known"}
    reasons = [f"{rule.product} runs it from {rule.slup_from}"]
    server, floor = _old_server(seen, tables)
    if server:
        reasons.append(f"{server.name} runs {server.version}, {floor} is needed")
    held = {"onprem_server": server.name if server else None}
    if rule.slup_from and older(seen.release, rule.slup_from):
        return {"step": "upgrade-needed", "needs_release": rule.slup_from, "reason": "; ".join(reasons), **held}
    if server:
        return {"step": "onprem-too-old", "needs_release": floor, "reason": reasons[-1], **held}
    return {"step": "eligible", "reason": reasons[0]}


def _old_server(seen: Observation, tables: Tables) -> tuple[OnpremServer | None, str | None]:
    """The On-Prem server that a box speaks to, where it is too old for SLUP reports."""
    if speaks_to(seen, tables) != "onprem":
        return None, None
    servers = tables.onprem.servers
    here = [server for server in servers if leads_to(seen, server)] or servers
    old = [(server, floor) for server in here if (floor := onprem_floor(server.version, tables))]
    return old[0] if old and len(old) == len(here) else (None, None)


def _first_report(seen: Observation, tables: Tables) -> int | None:
    """Days until the first report under the default policy, by the licenses in use; None where they do not say."""
    days = [_days_of(use, tables) for use in seen.licenses if use.count and use.status not in IDLE]
    return min((d for d in days if d is not None), default=None)


def _days_of(use: LicenseUse, tables: Tables) -> int | None:
    said = (use.name, use.entitlement_tag, use.description)
    for row in tables.releases.first_report:
        if use.license_type in row.license_types if use.license_type else finds(row.licenses, *said):
            return row.days
    return None
