"""CSSM's product instances that do not fit the estate: stale ones, replaced serials, boxes that CSSM does not have.

Only what the dates can't explain is a finding: a box whose last report is newer than the export, or that reached
On-Prem after that server's last synchronization, may be missing; a serial that CSSM met after our last capture of a
box of that name may be that box's new one.
"""

from collections.abc import Iterator
from datetime import datetime

from licsweep.model import Observation
from reconcile.findings.raised import RaisedFinding, cited, instance_subject
from reconcile.instances import cssm_index as cssm
from reconcile.instances.reporting_path import speaks_to
from reconcile.instances.states import State, is_slup
from reconcile.judgement_context import JudgementContext
from reconcile.tables.tables import Tables, norm


def strangers(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`ghost-in-cssm` and `replaced-serial`."""
    for row, home in judged.strangers:
        if home is None or home.observation is None:
            subject = instance_subject(row.name or f"{row.pid or '-'}:{row.sn or '-'}")
            yield RaisedFinding("ghost-in-cssm", subject, f"CSSM lists {cssm.told(row)}", cssm.evidence([row]))
        else:
            now = ", ".join(sorted({u.sn for u in home.observation.udis if u.sn})) or "no serial"
            message = f"CSSM still lists {cssm.told(row)}; the box answers as {now}"
            evidence = [*cssm.evidence([row]), *cited(home, "udis")]
            yield RaisedFinding("replaced-serial", instance_subject(home.hostname), message, evidence)


def missing(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`not-in-cssm`: a box that has reported to an account whose product instances were exported, and is not listed."""
    exported = _exports(judged)
    accounts: dict[str, set[str]] = {}
    for smart, virtual in exported:
        accounts.setdefault(smart, set()).add(virtual)
    for case in judged.instances if exported else ():
        unit, place = case.unit, case.place
        smart, virtual = norm(place.smart_account or ""), norm(place.virtual_account)
        known = accounts.get(smart) or accounts.get("", set())
        if not known or place.rows or unit.observation is None or not unit.serials():
            continue
        if virtual not in known and len(known) == 1:
            continue  # the export may be of that one virtual account alone
        at = exported.get((smart, virtual)) or max(when for (s, _), when in exported.items() if s in (smart, ""))
        met = _met_cssm(unit.observation, case.state, judged.given.tables)
        if met and met <= at:
            message = f"it reported on {met:%Y-%m-%d}, CSSM's export of {at:%Y-%m-%d} does not list it"
            evidence = cited(unit, "last_ack_received", "udis")
            yield RaisedFinding("not-in-cssm", instance_subject(unit.hostname), message, evidence)


def _exports(judged: JudgementContext) -> dict[tuple[str, str], datetime]:
    """When each account's product instances were exported, the newest export of each; `as_of` where none says."""
    found: dict[tuple[str, str], datetime] = {}
    names = judged.accounts.names
    for row in judged.cssm.rows:
        virtual, at = names.virtual(row.virtual_account), row.exported_at or judged.given.as_of
        smart = names.smart(row.smart_account) or (names.only_owner(virtual) if virtual else None)
        key = (norm(smart or ""), norm(virtual or ""))
        found[key] = max(found.get(key, at), at)
    return found


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
