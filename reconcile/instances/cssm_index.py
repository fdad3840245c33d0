"""CSSM's list of product instances beside the estate: which rows are which box, and which are to be removed.

CSSM may list each stack member and each peer as a product instance of its own, so a row is matched by its UDI against
the whole UDI set of an instance: by PID and serial, by the serial alone where that leaves no doubt.
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from licsweep.position_types import CleanUp, CssmInstance, FindingEvidence
from reconcile.instances.account_names import Names
from reconcile.instances.identity import ProductInstance, answer, captured
from reconcile.tables.tables import Tables, norm

LIVE_DAYS = 90
"""A box that spoke to CSSM within so many days of the export is in service (docs/judgement.md, Amended)."""


class CssmIndex:
    """The rows of CSSM's exports by product instance."""

    def __init__(self, units: Sequence[ProductInstance], rows: Iterable[CssmInstance]) -> None:
        self.rows = sorted(rows, key=_order)
        homes: dict[str, dict[str, str]] = {}  # host name by serial and PID
        for unit in units if self.rows else ():
            for pid, serial in unit.serials():
                homes.setdefault(serial, {}).setdefault(pid, unit.hostname)
        self._of: dict[str, list[CssmInstance]] = {}
        self.unmatched: list[CssmInstance] = []
        unknown = []
        for row in self.rows:
            by_pid = homes.get(norm(row.sn), {}) if row.sn else {}
            home = by_pid.get(norm(row.pid or ""))
            if home is None:
                unknown.append((row, set(by_pid.values())))
            else:
                self._of.setdefault(home, []).append(row)
        listed = set(self._of)
        for row, boxes in unknown:  # CSSM may name another PID for a box that it lists only so
            if len(boxes) != 1 or (row.pid and boxes <= listed):
                self.unmatched.append(row)
            else:
                self._of.setdefault(boxes.pop(), []).append(row)

    def of(self, unit: ProductInstance) -> list[CssmInstance]:
        """The rows of one product instance, its newest contact first."""
        return self._of.get(unit.hostname, [])


class Stranger(NamedTuple):
    """A row of CSSM that no box in service answers as: why, and the box that took its place or was retired."""

    row: CssmInstance
    home: ProductInstance | None
    reason: Literal["not-in-inventory", "ghost-in-cssm", "replaced-serial", "retired-in-cssm"]


def strangers(units: Sequence[ProductInstance], index: CssmIndex, tables: Tables, as_of: datetime) -> list[Stranger]:
    """These rows; none of a box of which the dates leave it open, none of an On-Prem server."""
    found = [Stranger(row, unit, "retired-in-cssm") for unit in units if unit.retired for row in index.of(unit)]
    if not index.unmatched:
        return found
    homes, known = _Hosts(units), _known_serials(units)
    servers = {norm(server.name) for server in tables.onprem.servers}
    for row in index.unmatched:
        home = homes.find(row.name) if row.name else None
        same = home is not None and not row.sn
        if same or norm(row.sn or "") in known or norm(row.name or "") in servers:
            continue
        if home is None:
            limit = (row.exported_at or as_of) - timedelta(days=LIVE_DAYS)
            live = row.last_contact is not None and row.last_contact >= limit
            found.append(Stranger(row, None, "not-in-inventory" if live else "ghost-in-cssm"))
        elif home.observation and (row.last_contact is None or row.last_contact <= captured(home.state)):
            found.append(Stranger(row, home, "replaced-serial"))
    return found


def clean_up(found: Iterable[Stranger], names: Names) -> tuple[CleanUp, ...]:
    """The rows to remove from CSSM; not those of boxes that are alive and only missing in the inventory."""
    made = []
    for row, home, reason in found:
        if reason != "not-in-inventory":
            stated = {field.name: getattr(row, field.name) for field in fields(row)}
            stated["smart_account"] = names.smart(row.smart_account)
            stated["virtual_account"] = names.virtual(row.virtual_account)
            made.append(CleanUp(reason=reason, hostname=home.hostname if home else None, **stated))
    return tuple(made)


def evidence(rows: Iterable[CssmInstance]) -> list[FindingEvidence]:
    """The rows of the export."""
    return [FindingEvidence(entitlement=row.source_file, row=row.source_row) for row in rows if row.source_file]


def told(row: CssmInstance) -> str:
    """A row in words."""
    name = f" ({row.name})" if row.name else ""
    contact = f", last contact {row.last_contact:%Y-%m-%d}" if row.last_contact else ""
    return (
        f"{row.pid or 'no PID'} {row.sn or 'no serial'}{name} in {row.virtual_account or 'no virtual account'}{contact}"
    )


def _order(row: CssmInstance) -> tuple[float, str]:
    return -(row.last_contact.timestamp() if row.last_contact else 0), repr(row)


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
