"""Which smart account and virtual account a product instance and an entitlement belong to.

Virtual account, by precedence: what the device prints (an On-Prem local account stands for the cloud account of
onprem.yaml), CSSM's product instances (by UDI set), the inventory, else `unassigned` (a box that never had an ACK
prints none). Smart account: by the same precedence, else the only smart account known for that virtual account, else
the only smart account known at all (that of contract.yaml where nothing else names one). An entitlement whose file
names no smart account takes it by the same last rules.

What an account owns, and which product instances it has, is known where an import says so of it or of its whole smart
account.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from licsweep.model import Observation
from licsweep.position_types import CssmInstance, Entitlement, ImportedAccounts
from reconcile.instances.account_names import Names, Pair, clean
from reconcile.instances.cssm_index import CssmIndex
from reconcile.instances.identity import ProductInstance
from reconcile.instances.reporting_path import leads_to, speaks_to
from reconcile.judgement_input import JudgementInput
from reconcile.tables.rows import LocalAccount
from reconcile.tables.tables import norm

UNASSIGNED = "unassigned"
Source = Literal["device", "cssm-export", "inventory", "unassigned"]
Said = tuple[Source, Pair]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAssignment:
    """Where an instance belongs; `conflicts` names the sources that disagree, `rows` are CSSM's."""

    smart_account: str | None
    virtual_account: str
    source: Source
    conflicts: tuple[str, ...] = ()
    rows: tuple[CssmInstance, ...] = ()


class Accounts:
    """All account names of one judgement, where each instance and entitlement belongs, and what was imported."""

    def __init__(self, units: Sequence[ProductInstance], cssm: CssmIndex, given: JudgementInput) -> None:
        self._facts, self._cssm, self._tables = given.facts, cssm, given.tables
        bought = [(e.smart_account, e.virtual_account) for e in given.entitlements]
        listed = [(row.smart_account, row.virtual_account) for row in cssm.rows]
        local = [account for server in self._tables.onprem.servers for account in server.accounts]
        cloud = [(account.smart_account, account.virtual_account) for account in local]
        on_servers = {norm(account.local) for account in local}
        printed = ((u.observation.smart_account, u.observation.virtual_account) for u in units if u.observation)
        seen = [(None if norm(smart or "") in on_servers else smart, virtual) for smart, virtual in printed]
        said = [(f.smart_account, f.virtual_account) for f in given.facts.values()]
        sources = [bought, listed, cloud, said, seen]
        if not any(smart for pairs in sources for smart, _ in pairs):
            sources.append([(agreement.smart_account, None) for agreement in self._tables.contract.agreements])
        self.names = Names(self._tables.accounts, sources)
        self._assigned = cache(self._assign)  # instances are many, accounts few
        self._licenses = self._imported(given.licenses, bought)
        self.instances_known = self._imported(given.listed, listed).knows
        """Whether CSSM's product instances of a virtual account were imported."""

    def _imported(self, imported: ImportedAccounts | None, rows: Iterable[Pair]) -> ImportedAccounts:
        """These accounts under the names of this judgement; where nothing is said, those that the rows name."""
        pairs = {(s or "", v) for s, v in rows if v} if imported is None else imported.accounts
        named = ((norm(self.names.owner(smart, virtual) or ""), norm(virtual)) for smart, virtual in pairs)
        return ImportedAccounts(accounts=frozenset(named))

    def owned_known(self, smart: str | None, virtual: str) -> bool:
        """Whether an import says what a virtual account owns; of `unassigned` none can."""
        return virtual != UNASSIGNED and self._licenses.knows(smart, virtual)

    def anything_bought(self, smart: str | None) -> bool:
        """Whether any licenses of a smart account were imported."""
        return any(known == norm(smart or "") for known, _ in self._licenses.accounts)

    def of_unit(self, unit: ProductInstance) -> AccountAssignment:
        rows = self._cssm.of(unit)
        facts = [self._facts[s.hostname] for s in (unit.state, *unit.others) if s.hostname in self._facts]
        printed = self._printed(unit.observation)
        said: list[Said] = [("device", printed)]
        said += [("cssm-export", self._names_of((row.smart_account, row.virtual_account))) for row in rows]
        said += [("inventory", self._names_of((fact.smart_account, fact.virtual_account))) for fact in facts]
        place = self._assigned(tuple(said))
        return replace(place, rows=tuple(rows)) if rows else place

    def _assign(self, said: tuple[Said, ...]) -> AccountAssignment:
        source, virtual = next(((s, pair[1]) for s, pair in said if pair[1]), ("unassigned", UNASSIGNED))
        smart = self.names.owner(next((pair[0] for _, pair in said if pair[0]), None), virtual or UNASSIGNED)
        return AccountAssignment(
            smart_account=smart,
            virtual_account=virtual or UNASSIGNED,
            source=source,
            conflicts=(*_conflict("smart account", said, 0), *_conflict("virtual account", said, 1)),
        )

    def of_entitlement(self, entitlement: Entitlement) -> tuple[str | None, str]:
        """Smart account and virtual account of an entitlement."""
        virtual = self.names.virtual(entitlement.virtual_account) or UNASSIGNED
        return self.names.owner(entitlement.smart_account, virtual), virtual

    def _names_of(self, pair: Pair) -> Pair:
        return self.names.smart(pair[0]), self.names.virtual(pair[1])

    def _printed(self, seen: Observation | None) -> Pair:
        """What the device prints; the local account of an On-Prem server as its cloud account."""
        if seen is None:
            return None, None
        for said in (seen.virtual_account, seen.smart_account) if self._tables.onprem.servers else ():
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


def _conflict(what: str, said: Iterable[Said], part: int) -> list[str]:
    words = {"device": "the device prints", "cssm-export": "CSSM's export says", "inventory": "the inventory says"}
    named = [(source, pair[part]) for source, pair in said if pair[part]]
    if len({norm(name or "") for _, name in named}) < 2:  # noqa: PLR2004
        return []
    told = dict.fromkeys(f"{words[source]} {name!r}" for source, name in named)
    return [f"{what}: {', '.join(told)}"]
