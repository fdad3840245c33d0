"""From classic licensing to Smart Licensing Using Policy: where each instance stands, and the order of work.

On-Prem servers that are too old come first (they hold up every box behind them), then boxes that can change as they
are, then those that need a newer release. Which release a product needs is releases.yaml.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from licsweep.model import HostState, LicenseUse, Observation
from licsweep.position_types import Instance, TransitionRow
from reconcile.estate_findings import onprem_floor
from reconcile.ha_peers import with_peers
from reconcile.identity import ProductInstance, product_instances
from reconcile.releases import older, policy_release
from reconcile.reporting_path import leads_to, speaks_to
from reconcile.rows import OnpremServer
from reconcile.states import is_slup
from reconcile.status_sets import IDLE
from reconcile.tables import Tables, finds

_WORK = ("onprem-too-old", "eligible", "upgrade-needed")


def transition(
    states: Sequence[HostState], tables: Tables, as_of: datetime, instances: Sequence[Instance] = ()
) -> tuple[TransitionRow, ...]:
    """One row for each product instance, those with work first and in its order; accounts as judged in `instances`."""
    judged = {each.hostname: each for each in instances}
    rows = [_row(unit, tables, as_of) for unit in with_peers(product_instances(states))]
    placed = [_placed(row, judged.get(row.hostname)) for row in rows]
    work = sorted((r for r in placed if r.step in _WORK), key=lambda r: (_WORK.index(r.step), _soonest(r), r.hostname))
    rest = [row for row in placed if row.step not in _WORK]
    return (*(replace(row, order=place) for place, row in enumerate(work, 1)), *rest)


def _placed(row: TransitionRow, judged: Instance | None) -> TransitionRow:
    if judged is None:
        return row
    return replace(row, smart_account=judged.smart_account, virtual_account=judged.virtual_account)


def _soonest(row: TransitionRow) -> int:
    return row.first_report_days if row.first_report_days is not None else 10_000


def _row(unit: ProductInstance, tables: Tables, as_of: datetime) -> TransitionRow:
    seen = unit.observation
    if seen is None:
        return TransitionRow(hostname=unit.hostname, step="unknown", reason="it never answered")
    rule = policy_release(seen, tables)
    row = TransitionRow(
        hostname=unit.hostname,
        product=next((udi.pid for udi in seen.udis if udi.pid), None),
        release=seen.release,
        licensing_model=seen.licensing_model,
        smart_account=seen.smart_account,
        virtual_account=seen.virtual_account or "unassigned",
        step="unknown",
        source=rule.source if rule else None,
    )
    if is_slup(seen):
        return replace(row, step="already", reason="it runs Smart Licensing Using Policy")
    if rule is None:
        return replace(row, reason="no row of releases.yaml knows this product")
    if rule.never:
        return replace(row, step="not-eligible", reason=f"{rule.product}: no release runs it")
    if not seen.release:
        return replace(row, reason="its release is not known")
    days = _first_report(seen, tables)
    row = replace(row, first_report_days=days, first_report_due=as_of + timedelta(days=days) if days else None)
    server, floor = _old_server(seen, tables)
    behind = f"{server.name} runs {server.version}, {floor} is needed" if server else ""
    if rule.slup_from and older(seen.release, rule.slup_from):
        reason = "; ".join(filter(None, (f"{rule.product} runs it from {rule.slup_from}", behind)))
        name = server.name if server else None
        return replace(row, step="upgrade-needed", needs_release=rule.slup_from, onprem_server=name, reason=reason)
    if server:
        return replace(row, step="onprem-too-old", onprem_server=server.name, needs_release=floor, reason=behind)
    return replace(row, step="eligible", reason=f"{rule.product} runs it from {rule.slup_from}")


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
