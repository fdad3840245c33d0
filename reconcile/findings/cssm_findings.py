"""CSSM's product instances that do not fit the estate: stale ones, replaced serials, boxes that CSSM does not have; and
its alerts.

Only what the dates can't explain is a finding: a box whose last report is newer than the export, or that reached
On-Prem after that server's last synchronization, may be missing; a serial that CSSM met after our last capture of a
box of that name may be that box's new one.
"""

from collections.abc import Iterator
from datetime import datetime

from licsweep.model import Observation
from licsweep.position_types import FindingEvidence, Subject
from reconcile.findings.raised import RaisedFinding, cited, instance_subject, of_instance
from reconcile.instances import cssm_index as cssm
from reconcile.instances.reporting_path import speaks_to
from reconcile.instances.states import State, is_slup
from reconcile.judgement_context import JudgementContext
from reconcile.tables.tables import Tables, norm


def strangers(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`not-in-inventory`, `ghost-in-cssm` (a stale product instance), `replaced-serial`, `retired-in-cssm`."""
    for row, home, reason in judged.strangers:
        subject = instance_subject(home.hostname if home else row.name or f"{row.pid or '-'}:{row.sn or '-'}")
        message, evidence = f"CSSM lists {cssm.told(row)}", cssm.evidence([row])
        if reason == "replaced-serial" and home:
            now = ", ".join(sorted({udi.sn for udi in home.udis if udi.sn})) or "no serial"
            message = f"CSSM still lists {cssm.told(row)}; the box answers as {now}"
            evidence += cited(home, "udis")
        elif home and home.retired:
            held = ", ".join(f"{held.quantity} x {held.license}" for held in row.licenses) or "no license"
            message = f"retired on {home.retired.at:%Y-%m-%d}, but CSSM still lists {cssm.told(row)}: it holds {held}"
        elif reason == "ghost-in-cssm":
            message = f"stale product instance: {message}"
        yield RaisedFinding(reason, subject, message, evidence)


def missing(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`not-in-cssm`: a box that has reported, in an account whose product instances were imported without it."""
    names, exported = judged.accounts.names, dict[str, datetime]()
    for row in judged.cssm.rows:
        smart, at = norm(names.owner(row.smart_account, row.virtual_account or "") or ""), row.exported_at
        exported[smart] = max(exported.get(smart, at or judged.as_of), at or judged.as_of)
    for case in judged.instances if exported else ():
        unit, place = case.unit, case.place
        at = exported.get(norm(place.smart_account or ""))
        known = judged.accounts.instances_known(place.smart_account, place.virtual_account)
        if at is None or not known or place.rows or unit.observation is None or not unit.serials():
            continue
        met = _met_cssm(unit.observation, case.state, judged.tables)
        if met and met <= at:
            message = f"it reported on {met:%Y-%m-%d}, CSSM's export of {at:%Y-%m-%d} does not list it"
            yield of_instance("not-in-cssm", unit, message, "last_ack_received", "udis")


def alerts(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`cssm-alert`: an alert of CSSM or SSM On-Prem that no figure of ours confirms, in its own words."""
    for one in judged.alerts:
        if not one.confirmed_by:
            account = "/".join(filter(None, (one.smart_account or "-", one.virtual_account)))
            said = f"alert of {one.as_of or judged.as_of:%Y-%m-%d}, {one.severity or 'no severity'}: {one.message}"
            said += f" (source {one.source})" if one.source and one.source != one.virtual_account else ""
            evidence = [FindingEvidence(entitlement=one.source_file, row=one.source_row)]
            yield RaisedFinding("cssm-alert", Subject(kind="account", id=account), said, evidence)


def _met_cssm(seen: Observation, state: State, tables: Tables) -> datetime | None:
    """When CSSM must have learned of a box; None where it need not know it (never reported, a controller's box)."""
    if state.compliance in ("legacy", "reported-by-controller", "unknown"):
        return None
    if is_slup(seen):
        met = seen.last_ack_received
    elif seen.registration_status == "registered":
        attempts = (seen.initial_registration, seen.last_renewal_attempt)
        met = next((a.at for a in attempts if a and a.at and a.result != "failed"), seen.captured_at)
    else:
        return None
    if met and speaks_to(seen, tables) == "onprem":
        synced = [server.last_sync for server in tables.onprem.servers if server.last_sync]
        return met if synced and met <= min(synced) else None
    return met
