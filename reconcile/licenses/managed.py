"""What the devices of a manager consume: a manager names license types per device, the catalogue says which licenses.

Each unit of a pair and each node of a cluster is a device of its own and needs its own licenses; container instances
share those of their chassis or security module (`chassis_serial`). A virtual manager needs a license of its own for
each managed device, on each of its peers; the licenses of the devices never double for that. A device that two lists
name, as after a switchover between two captures, is counted once, with the newest list that names its license types;
what only the older one lists is counted there.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from licsweep.model import ManagedDevice, Observation
from reconcile.instances.identity import ProductInstance, answer, captured, is_secondary
from reconcile.tables.rows import CatalogueRow, CountingRow
from reconcile.tables.tables import Tables, norm, slug

_SEVERAL_MODULES = "9300"
"""A chassis of up to three security modules. No list says which one an instance is on, so there each one counts."""


class Managed(NamedTuple):
    """One license type on one device (or chassis); `place` is where the observation lists it. `license` is that of the
    manager itself, where the counting rule names one."""

    place: str
    license_type: str
    device: ManagedDevice
    license: str | None = None


class Managers:
    """All managed devices of the estate, each at the manager whose newest capture lists it with its license types; a
    standby's list stands behind those of the others, whenever it was taken."""

    def __init__(self, units: Sequence[ProductInstance], tables: Tables) -> None:
        self._tables = tables
        self._home: dict[str, tuple[str, Observation, ManagedDevice]] = {}
        managers = [state for unit in units if not unit.retired for state in (unit.state, *unit.members)]
        for state in sorted(managers, key=lambda state: (not is_secondary(answer(state)), captured(state))):
            seen = answer(state)
            for device in seen.managed_devices if seen else ():
                if seen and device.serial and (device.license_types or norm(device.serial) not in self._home):
                    self._home[norm(device.serial)] = (state.hostname, seen, device)
        answers = [answer(state) for state in managers]
        self._chassis = {norm(udi.sn): seen.chassis_serial for seen in answers if seen for udi in seen.udis if udi.sn}

    def manager_of(self, unit: ProductInstance) -> tuple[str, ManagedDevice] | None:
        """The host name of the manager that lists a box, and as what; None for a manager itself."""
        for _, serial in sorted(unit.serials()) if self._home else ():
            if (found := self._home.get(serial)) and found[0] != unit.hostname:
                return found[0], found[2]
        return None

    def counts_at(self, hostname: str, device: ManagedDevice) -> bool:
        """False for a device that another list stands for."""
        return self._home.get(norm(device.serial or ""), (hostname,))[0] == hostname

    def consumers(self, hostname: str, seen: Observation, rule: CountingRow, *, peer: bool) -> Iterable[Managed]:
        """Every license type that the devices of a manager consume, each once; and what the manager needs for them.

        Of a `peer`, whose devices the active one lists as well, only those that are listed nowhere newer.
        """
        found: dict[tuple[str, str], Managed] = {}
        for index, device in enumerate(seen.managed_devices):
            if not self.counts_at(hostname, device) if device.serial else peer:
                continue
            place = f"managed_devices[{index}]"
            box = norm(device.serial or place)
            shares = device.container and rule.container == "chassis" and _SEVERAL_MODULES not in (device.model or "")
            chassis = norm(device.chassis_serial or self._chassis.get(box) or box) if shares else box
            for kind in device.license_types:
                found.setdefault((chassis, self._tables.type_of(kind)), Managed(place, kind, device))
            if rule.device_license:
                for number in range(2 if seen.ha_role or seen.configured_ha_role or len(seen.members) > 1 else 1):
                    own = Managed(place, "managed device", device, rule.device_license)
                    found.setdefault((box, f"its manager {number}"), own)
        return found.values()


def licenses_for(managed: Managed, tables: Tables) -> set[str]:
    """Ids of the licenses that a type on a device stands for: the project's catalogue first; models must fit exactly
    or up to a word's end, so that FTDv5 is not FTDv50."""
    if managed.license:
        return {slug(managed.license)}
    for rows in (tables.project, tables.shipped):
        if found := {slug(row.license) for row in rows if _fits(row, managed, tables)}:
            return found
    return set()


def _fits(row: CatalogueRow, managed: Managed, tables: Tables) -> bool:
    if tables.type_of(managed.license_type) not in map(tables.type_of, row.types):
        return False
    said = [norm(text) for text in (managed.device.performance_tier, managed.device.model) if text]
    whole = [re.compile(re.escape(norm(model)) + r"(?!\w)") for model in row.models]
    return not whole or any(model.match(text) for text in said for model in whole)
