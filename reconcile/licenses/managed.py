"""What the devices of a manager consume: a manager names license types per device, the catalogue says which licenses.

Each unit of a pair and each node of a cluster is a device of its own and needs its own licenses; container instances
share those of their chassis or security module (`chassis_serial`). A device that two managers list, as after a
switchover between two captures, is counted once, with the newest list.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from licsweep.model import ManagedDevice
from reconcile.instances.identity import ProductInstance, captured
from reconcile.tables.rows import CatalogueRow, CountingRow
from reconcile.tables.tables import Tables, norm, slug


@dataclass(frozen=True, slots=True)
class Managed:
    """One license type on one device (or on one chassis); `place` is where the observation lists it."""

    place: str
    license_type: str
    device: ManagedDevice


class Managers:
    """All managed devices of the estate, each at the manager whose newest capture lists it."""

    def __init__(self, units: Sequence[ProductInstance]) -> None:
        self._home: dict[str, ProductInstance] = {}
        for unit in sorted(units, key=lambda u: captured(u.state)):
            for device in unit.observation.managed_devices if unit.observation else ():
                if device.serial:
                    self._home[norm(device.serial)] = unit

    def manager_of(self, unit: ProductInstance) -> tuple[ProductInstance, ManagedDevice] | None:
        """The manager that lists a box, and as what; None where none does or the box is the manager itself."""
        for _, serial in sorted(unit.serials()) if self._home else ():
            manager = self._home.get(serial)
            if manager and manager.observation and manager.hostname != unit.hostname:
                devices = manager.observation.managed_devices
                return manager, next(d for d in devices if norm(d.serial or "") == serial)
        return None

    def consumers(self, unit: ProductInstance, rule: CountingRow) -> Iterator[Managed]:
        """Every license type that the devices of a manager consume, once for each peer that needs it."""
        seen = unit.observation
        peers = 2 if rule.ha == "both" and seen and seen.ha_role else 1
        shared: set[tuple[str, str]] = set()
        for index, device in enumerate(seen.managed_devices if seen else ()):
            if device.serial and self._home[norm(device.serial)].hostname != unit.hostname:
                continue
            for kind in dict.fromkeys(device.license_types):
                if device.container and device.chassis_serial and rule.container == "chassis":
                    key = (norm(device.chassis_serial), norm(kind))
                    if key in shared:
                        continue
                    shared.add(key)
                for _ in range(peers):
                    yield Managed(f"managed_devices[{index}]", kind, device)


def licenses_for(managed: Managed, tables: Tables) -> set[str]:
    """Ids of the licenses that a type on a device stands for: the project's catalogue first; models must fit exactly
    or up to a word's end, so that FTDv5 is not FTDv50."""
    for rows in (tables.project, tables.shipped):
        if found := {slug(row.license) for row in rows if _fits(row, managed)}:
            return found
    return set()


def _fits(row: CatalogueRow, managed: Managed) -> bool:
    if norm(managed.license_type) not in map(norm, row.types):
        return False
    said = [norm(text) for text in (managed.device.performance_tier, managed.device.model) if text]
    whole = [re.compile(re.escape(norm(model)) + r"(?!\w)") for model in row.models]
    return not whole or any(model.match(text) for text in said for model in whole)
