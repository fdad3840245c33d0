"""CSSM's product instances that do not fit the estate: ghosts, replaced serials, boxes that CSSM does not have.

Only what the dates can't explain is a finding: a box whose last report is newer than the export, or that reached
On-Prem after that server's last synchronization, may be missing; a serial that CSSM met after our last capture of a
box of that name may be that box's new one.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from licsweep.model import Observation
from licsweep.position_types import CleanUp, CssmInstance
from reconcile import cssm
from reconcile.cssm import CssmIndex
from reconcile.findings import Raised
from reconcile.identity import ProductInstance, answer, captured
from reconcile.instance_findings import cited, instance
from reconcile.judged_instance import JudgedInstance
from reconcile.names import Names
from reconcile.reporting_path import speaks_to
from reconcile.states import State, is_slup
from reconcile.tables import Tables, norm


def raise_ghosts(
    raised: Raised, units: Sequence[ProductInstance], index: CssmIndex, names: Names, tables: Tables
) -> list[CleanUp]:
    """`ghost-in-cssm` and `replaced-serial`; the list of what to remove from CSSM."""
    if not index.strangers:
        return []
    homes = _Hosts(units)
    known = _known_serials(units)
    servers = {norm(server.name) for server in tables.onprem.servers}
    clean = []
    for row in index.strangers:
        home = homes.find(row.name) if row.name else None
        same = home is not None and not row.sn
        if same or norm(row.sn or "") in known or norm(row.name or "") in servers:
            continue
        if home is None:
            subject = instance(row.name or f"{row.pid or '-'}:{row.sn or '-'}")
            raised.add("ghost-in-cssm", subject, f"CSSM lists {cssm.told(row)}", cssm.evidence([row]))
        elif home.observation and _older_than_capture(row, home):
            now = ", ".join(sorted({u.sn for u in home.observation.udis if u.sn})) or "no serial"
            message = f"CSSM still lists {cssm.told(row)}; the box answers as {now}"
            evidence = [*cssm.evidence([row]), *cited(home, "udis")]
            raised.add("replaced-serial", instance(home.hostname), message, evidence)
        else:
            continue
        clean.append(_clean_up(row, names, home))
    return clean


def raise_missing(
    raised: Raised, cases: Iterable[JudgedInstance], index: CssmIndex, names: Names, tables: Tables, as_of: datetime
) -> None:
    """`not-in-cssm`: a box that has reported to an account whose product instances were exported, and is not listed."""
    exported = _exports(index, names, as_of)
    accounts: dict[str, set[str]] = {}
    for smart, virtual in exported:
        accounts.setdefault(smart, set()).add(virtual)
    for case in cases:
        unit, place = case.unit, case.place
        smart, virtual = norm(place.smart_account or ""), norm(place.virtual_account)
        known = accounts.get(smart) or accounts.get("", set())
        if not known or place.rows or unit.observation is None or not unit.serials():
            continue
        if virtual not in known and len(known) == 1:
            continue  # the export may be of that one virtual account alone
        at = exported.get((smart, virtual)) or max(when for (s, _), when in exported.items() if s in (smart, ""))
        met = _met_cssm(unit.observation, case.state, tables)
        if met and met <= at:
            message = f"it reported on {met:%Y-%m-%d}, CSSM's export of {at:%Y-%m-%d} does not list it"
            raised.add("not-in-cssm", instance(unit.hostname), message, cited(unit, "last_ack_received", "udis"))


def _exports(index: CssmIndex, names: Names, as_of: datetime) -> dict[tuple[str, str], datetime]:
    """When each account's product instances were exported, the newest export of each; `as_of` where none says."""
    found: dict[tuple[str, str], datetime] = {}
    for row in index.rows:
        virtual, at = names.virtual(row.virtual_account), row.exported_at or as_of
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


def _known_serials(units: Iterable[ProductInstance]) -> set[str]:
    """Every serial that an output of the estate names: UDIs, codes, trust, managed devices, chassis."""
    known = {serial for unit in units for _, serial in unit.serials()}
    for seen in filter(None, (answer(s) for u in units for s in (u.state, *u.others, *u.members))):
        said = [seen.chassis_serial, *(row.sn for rows in (seen.trust_codes, seen.trust_data) for row in rows)]
        said += [code.sn for code in seen.authorizations]
        said += [serial for d in seen.managed_devices for serial in (d.serial, d.chassis_serial)]
        known.update(norm(serial) for serial in said if serial)
    return known


class _Hosts:
    """Boxes by the host names that CSSM may know them by: their own, those of other entries and of members.

    A name with a domain and one without are the same where the estate has no second box of that short name.
    """

    def __init__(self, units: Iterable[ProductInstance]) -> None:
        self._full: dict[str, ProductInstance] = {}
        self._short: dict[str, list[ProductInstance]] = {}
        for unit in units:
            members = unit.observation.members if unit.observation else ()
            said = [state.hostname for state in (unit.state, *unit.others, *unit.members)]
            for name in {norm(name) for name in (*said, *(m.hostname for m in members)) if name}:
                self._full.setdefault(name, unit)
                self._short.setdefault(name.split(".")[0], []).append(unit)

    def find(self, name: str) -> ProductInstance | None:
        full = norm(name)
        if full in self._full:
            return self._full[full]
        short, dot, _ = full.partition(".")
        if dot:
            return self._full.get(short)
        alike = self._short.get(short, [])
        return alike[0] if len({unit.hostname for unit in alike}) == 1 else None


def _older_than_capture(row: CssmInstance, unit: ProductInstance) -> bool:
    return row.last_contact is None or row.last_contact <= captured(unit.state)


def _clean_up(row: CssmInstance, names: Names, home: ProductInstance | None) -> CleanUp:
    return CleanUp(
        reason="replaced-serial" if home else "ghost-in-cssm",
        hostname=home.hostname if home else None,
        smart_account=names.smart(row.smart_account),
        virtual_account=names.virtual(row.virtual_account),
        pid=row.pid,
        sn=row.sn,
        name=row.name,
        last_contact=row.last_contact,
    )
