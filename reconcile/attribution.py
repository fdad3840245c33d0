"""Which smart account and virtual account a product instance and an entitlement belong to.

Virtual account, by precedence: what the device prints, the inventory, else `unassigned` (a box that never had an ACK
prints none). Smart account: what the device prints, the inventory, else the only smart account known for that virtual
account (the entitlements are asked first, then what boxes print and the inventory says), else none. An entitlement
whose file names no smart account takes it by the same last rule. Names are compared without regard to case and
surplus blanks; the spelling of the entitlements is shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from licsweep.judged import Entitlement
from reconcile.identity import Unit
from reconcile.tables import norm

UNASSIGNED = "unassigned"
Source = Literal["device", "inventory", "unassigned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """What the inventory says of a host."""

    virtual_account: str | None = None
    smart_account: str | None = None
    timezone: str | None = None
    site: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an instance belongs; `conflicts` names the sources that disagree."""

    smart_account: str | None
    virtual_account: str
    source: Source
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """The names of one unit, by source."""

    printed: tuple[str | None, str | None]
    inventory: tuple[str | None, str | None]
    conflicts: tuple[str, ...]


class Accounts:
    """All account names of one judgement, and where each instance and entitlement belongs."""

    def __init__(
        self, units: Sequence[Unit], facts: Mapping[str, HostFacts], entitlements: Sequence[Entitlement]
    ) -> None:
        self._facts = facts
        self._spelling: dict[str, str] = {}
        bought = [(clean(e.smart_account), clean(e.virtual_account)) for e in entitlements]
        seen = [pair for said in map(self._said, units) for pair in (said.printed, said.inventory)]
        self._spell(bought)
        self._spell(seen)
        self._owners = (_owners(bought), _owners(seen))

    def of_unit(self, unit: Unit) -> Place:
        said = self._said(unit)
        printed, listed = said.printed, said.inventory
        source: Source = "device" if printed[1] else "inventory" if listed[1] else "unassigned"
        virtual = self.spelled(printed[1] or listed[1]) or UNASSIGNED
        smart = self.spelled(printed[0] or listed[0]) or self._only_owner(virtual)
        return Place(smart_account=smart, virtual_account=virtual, source=source, conflicts=said.conflicts)

    def of_entitlement(self, entitlement: Entitlement) -> tuple[str | None, str]:
        """Smart account and virtual account of an entitlement."""
        virtual = self.spelled(clean(entitlement.virtual_account)) or UNASSIGNED
        return self.spelled(clean(entitlement.smart_account)) or self._only_owner(virtual), virtual

    def spelled(self, name: str | None) -> str | None:
        return self._spelling.get(norm(name), name) if name else None

    def _spell(self, pairs: Iterable[tuple[str | None, str | None]]) -> None:
        for name in sorted({name for pair in pairs for name in pair if name}):
            self._spelling.setdefault(norm(name), name)

    def _only_owner(self, virtual: str) -> str | None:
        for owners in self._owners:
            if found := owners.get(norm(virtual)):
                return self._spelling[next(iter(found))] if len(found) == 1 else None
        return None

    def _said(self, unit: Unit) -> _Said:
        seen = unit.observation
        facts = [self._facts[s.hostname] for s in (unit.state, *unit.others) if s.hostname in self._facts]
        printed = (clean(seen.smart_account), clean(seen.virtual_account)) if seen else (None, None)
        smart = _distinct(f.smart_account for f in facts)
        virtual = _distinct(f.virtual_account for f in facts)
        conflicts = (
            *_conflict("smart account", printed[0], smart),
            *_conflict("virtual account", printed[1], virtual),
        )
        return _Said(
            printed=printed, inventory=(next(iter(smart), None), next(iter(virtual), None)), conflicts=conflicts
        )


def clean(name: str | None) -> str | None:
    """A name without surplus blanks; None where nothing is left."""
    return " ".join(name.split()) or None if name else None


def _distinct(names: Iterable[str | None]) -> list[str]:
    return list({norm(name): name for name in reversed([clean(n) for n in names]) if name}.values())[::-1]


def _conflict(what: str, printed: str | None, listed: list[str]) -> list[str]:
    said = [*([f"the device prints {printed!r}"] if printed else []), *(f"the inventory says {n!r}" for n in listed)]
    differ = {norm(name) for name in (*listed, *([printed] if printed else []))}
    return [f"{what}: {', '.join(said)}"] if len(differ) > 1 else []


def _owners(pairs: Iterable[tuple[str | None, str | None]]) -> dict[str, set[str]]:
    owners: dict[str, set[str]] = {}
    for smart, virtual in pairs:
        if smart and virtual:
            owners.setdefault(norm(virtual), set()).add(norm(smart))
    return owners
