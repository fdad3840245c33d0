"""Names of smart accounts and virtual accounts: one spelling each, and who owns which virtual account.

A smart account is known by its name, its domain and its aliases (accounts.yaml). Names are compared without regard to
case and surplus blanks. The spelling shown is that of accounts.yaml, else of the entitlements, else as first met.
"""

from collections.abc import Sequence
from functools import lru_cache

from reconcile.grouping import sets_by
from reconcile.tables.rows import AccountsFile, VirtualAccountRow
from reconcile.tables.tables import norm

Pair = tuple[str | None, str | None]


class Names:
    """The account names of one judgement; `sources` are pairs of smart and virtual account, the best source first."""

    def __init__(self, accounts: AccountsFile, sources: Sequence[Sequence[Pair]]) -> None:
        self._alias = accounts.by_name()
        self._spelling: dict[str, str] = {}
        self._rows: dict[tuple[str, str], VirtualAccountRow] = {}
        for account in accounts.smart_accounts:
            for row in account.virtual_accounts:
                self._rows[norm(account.name), norm(row.name)] = row
        listed = [(account.name, row.name) for account in accounts.smart_accounts for row in account.virtual_accounts]
        self._owners: list[dict[str, set[str]]] = []
        for pairs in (listed, *sources):
            known = {(self.smart(smart), clean(virtual)) for smart, virtual in set(pairs)}
            for name in sorted({name for pair in known for name in pair if name}):
                self._spelling.setdefault(norm(name), name)
            self._owners.append(sets_by((norm(name), norm(smart)) for smart, name in known if smart and name))
        smarts = {self.smart(name) for pairs in sources for name, _ in pairs if clean(name)}
        smarts |= {self.smart(account.name) for account in accounts.smart_accounts}
        self.only = next(iter(smarts)) if len(smarts) == 1 else None
        """The smart account, where exactly one is known at all."""
        self.cloud = {virtual for owners in self._owners[:2] for virtual in owners}
        """Virtual accounts that accounts.yaml or the entitlements name."""

    def smart(self, name: str | None) -> str | None:
        """The smart account that a name, a domain or an alias stands for."""
        said = clean(name)
        return (self._alias.get(norm(said)) or self._spelling.get(norm(said), said)) if said else None

    def virtual(self, name: str | None) -> str | None:
        said = clean(name)
        return self._spelling.get(norm(said), said) if said else None

    def owner(self, smart: str | None, virtual: str) -> str | None:
        """The smart account of a virtual account: the stated one, the only one that has one of this name as the best
        source that knows it says, the only one known at all."""
        found = next((owners[norm(virtual)] for owners in self._owners if norm(virtual) in owners), ())
        return self.smart(smart) or (self.smart(next(iter(found))) if len(found) == 1 else self.only)

    def row(self, smart: str | None, virtual: str) -> VirtualAccountRow | None:
        """The row of accounts.yaml of a virtual account."""
        return self._rows.get((norm(smart or ""), norm(virtual)))


@lru_cache(maxsize=100_000)
def clean(name: str | None) -> str | None:
    """A name without surplus blanks; None where nothing is left."""
    return " ".join(name.split()) or None if name else None
