"""Which smart account and virtual account a product instance and an entitlement belong to.

Virtual account, by precedence: what the device prints (an On-Prem local account stands for the cloud account of
onprem.yaml), CSSM's product instances (by UDI set), the inventory, else `unassigned` (a box that never had an ACK
prints none). Smart account: by the same precedence, else the only smart account known for that virtual account, else
none. An entitlement whose file names no smart account takes it by the same last rule.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from licsweep.model import Observation
from licsweep.position_types import CssmInstance, Entitlement
from reconcile.instances.account_names import Names, Pair, clean
from reconcile.instances.cssm_index import CssmIndex
from reconcile.instances.identity import ProductInstance
from reconcile.instances.reporting_path import leads_to, speaks_to
from reconcile.judgement_input import HostFacts
from reconcile.tables.rows import LocalAccount
from reconcile.tables.tables import Tables, norm

UNASSIGNED = "unassigned"
Source = Literal["device", "cssm-export", "inventory", "unassigned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAssignment:
    """Where an instance belongs; `conflicts` names the sources that disagree, `rows` are CSSM's."""

    smart_account: str | None
    virtual_account: str
    source: Source
    conflicts: tuple[str, ...] = ()
    rows: tuple[CssmInstance, ...] = ()


class Accounts:
    """All account names of one judgement, and where each instance and entitlement belongs."""

    def __init__(
        self,
        units: Sequence[ProductInstance],
        facts: Mapping[str, HostFacts],
        entitlements: Sequence[Entitlement],
        cssm: CssmIndex,
        tables: Tables,
    ) -> None:
        self._facts, self._cssm, self._tables = facts, cssm, tables
        bought = [(e.smart_account, e.virtual_account) for e in entitlements]
        listed = [(row.smart_account, row.virtual_account) for row in cssm.rows]
        cloud = [(local.smart_account, local.virtual_account) for s in tables.onprem.servers for local in s.accounts]
        seen = [(u.observation.smart_account, u.observation.virtual_account) for u in units if u.observation]
        said = [(f.smart_account, f.virtual_account) for f in facts.values()]
        self.names = Names(tables.accounts, (bought, listed, cloud, said, seen))

    def of_unit(self, unit: ProductInstance) -> AccountAssignment:
        rows = self._cssm.of(unit)
        facts = [self._facts[s.hostname] for s in (unit.state, *unit.others) if s.hostname in self._facts]
        printed = self._printed(unit.observation)
        exported = [self._names_of((row.smart_account, row.virtual_account)) for row in rows]
        listed = [self._names_of((fact.smart_account, fact.virtual_account)) for fact in facts]
        said: list[tuple[Source, Pair]] = [
            ("device", printed),
            *(("cssm-export", pair) for pair in exported),
            *(("inventory", pair) for pair in listed),
        ]
        source, virtual = next(((s, pair[1]) for s, pair in said if pair[1]), ("unassigned", UNASSIGNED))
        smart = next((pair[0] for _, pair in said if pair[0]), None) or self.names.only_owner(virtual or UNASSIGNED)
        return AccountAssignment(
            smart_account=smart,
            virtual_account=virtual or UNASSIGNED,
            source=source,
            conflicts=(*_conflict("smart account", said, 0), *_conflict("virtual account", said, 1)),
            rows=tuple(rows),
        )

    def of_entitlement(self, entitlement: Entitlement) -> tuple[str | None, str]:
        """Smart account and virtual account of an entitlement."""
        smart, virtual = self._names_of((entitlement.smart_account, entitlement.virtual_account))
        return smart or self.names.only_owner(virtual or UNASSIGNED), virtual or UNASSIGNED

    def _names_of(self, pair: Pair) -> Pair:
        return self.names.smart(pair[0]), self.names.virtual(pair[1])

    def _printed(self, seen: Observation | None) -> Pair:
        """What the device prints; the local account of an On-Prem server as its cloud account."""
        if seen is None:
            return None, None
        for said in (seen.virtual_account, seen.smart_account):
            if local := self._local(seen, clean(said)):
                return self._names_of((local.smart_account, local.virtual_account))
        return self._names_of((seen.smart_account, seen.virtual_account))

    def _local(self, seen: Observation, said: str | None) -> LocalAccount | None:
        """The local account of that name: of the server that the box speaks to, else the only one. A box that speaks
        to CSSM itself has none, and a name that the cloud knows too is local only where the box speaks to On-Prem."""
        found = [
            (server, local)
            for server in self._tables.onprem.servers
            for local in server.accounts
            if said and norm(local.local) == norm(said)
        ]
        if not found:
            return None
        speaks = speaks_to(seen, self._tables)
        if speaks not in (None, "onprem") or (speaks is None and norm(said or "") in self.names.cloud):
            return None
        here = [pair for pair in found if leads_to(seen, pair[0])] or found
        clouds = {(local.smart_account, local.virtual_account) for _, local in here}
        return here[0][1] if len(clouds) == 1 else None


def _conflict(what: str, said: Iterable[tuple[str, Pair]], part: int) -> list[str]:
    words = {"device": "the device prints", "cssm-export": "CSSM's export says", "inventory": "the inventory says"}
    named = [(source, pair[part]) for source, pair in said if pair[part]]
    if len({norm(name or "") for _, name in named}) < 2:  # noqa: PLR2004
        return []
    told = dict.fromkeys(f"{words[source]} {name!r}" for source, name in named)
    return [f"{what}: {', '.join(told)}"]
