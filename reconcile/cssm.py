"""CSSM's list of product instances beside the estate: which rows are which box.

CSSM may list each stack member and each peer as a product instance of its own, so a row is matched by its UDI against
the whole UDI set of an instance: by PID and serial, by the serial alone where that leaves no doubt.
"""

from collections.abc import Iterable, Sequence

from licsweep.position_types import CssmInstance, FindingEvidence
from reconcile.identity import ProductInstance
from reconcile.tables import norm


class CssmIndex:
    """The rows of CSSM's exports by product instance."""

    def __init__(self, units: Sequence[ProductInstance], rows: Iterable[CssmInstance]) -> None:
        self.rows = sorted(rows, key=_order)
        homes: dict[str, dict[str, str]] = {}  # host name by serial and PID
        for unit in units if self.rows else ():
            for pid, serial in unit.serials():
                homes.setdefault(serial, {}).setdefault(pid, unit.hostname)
        self._of: dict[str, list[CssmInstance]] = {}
        self.strangers: list[CssmInstance] = []
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
                self.strangers.append(row)
            else:
                self._of.setdefault(boxes.pop(), []).append(row)

    def of(self, unit: ProductInstance) -> list[CssmInstance]:
        """The rows of one product instance, its newest contact first."""
        return self._of.get(unit.hostname, [])


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
