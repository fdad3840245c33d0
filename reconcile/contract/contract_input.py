"""What agreements and subscriptions are judged from, and which accounts and licenses they are about."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from licsweep.contract_types import SuiteMeasure
from licsweep.model import Record
from licsweep.position_types import CleanUp, Pool
from reconcile.contract.arithmetic import exact
from reconcile.grouping import lists_by
from reconcile.instances.account_names import Names
from reconcile.licenses.matching import Matcher
from reconcile.tables.contract_rows import Agreement, ContractFile, Subscription, Suite, within
from reconcile.tables.tables import norm


class ContractInput(Record):
    """contract.yaml beside the pools of `today`, the rows to remove from CSSM, and what suites used earlier."""

    today: date
    file: ContractFile
    pools: Sequence[Pool]
    names: Names
    matcher: Matcher
    clean_up: Sequence[CleanUp] = ()
    history: Sequence[SuiteMeasure] = ()

    def smart(self, said: str | None) -> str | None:
        """The smart account that the file names, or the only one known."""
        return self.names.smart(said) or self.names.only

    def owner(self, subscription: Subscription) -> str | None:
        """The smart account of a subscription: the stated one, the only one known, that of all agreements."""
        agreed = {self.smart(agreement.smart_account) for agreement in self.file.agreements}
        return self.smart(subscription.smart_account) or (agreed.pop() if len(agreed) == 1 else None)

    def in_scope(self, agreement: Agreement, smart: str | None, virtual: str | None) -> bool:
        """Whether an agreement covers a virtual account."""
        listed = agreement.virtual_accounts
        mine = norm(self.smart(agreement.smart_account) or "") == norm(smart or "")
        return mine and (not listed or norm(virtual or "") in map(norm, listed))

    def weights(self, suite: Suite) -> dict[str, Decimal]:
        """The weight of each license of a suite, by its id."""
        return {self.matcher.named(row.license): exact(row.weight) for row in suite.licenses}

    def suite_pools(self, agreement: Agreement, suite: Suite) -> list[tuple[Pool, Decimal]]:
        """The pools of a suite's licenses in its scope, with their weights."""
        each = self.weights(suite)
        mine = (pool for pool in self.pools if pool.license_id in each)
        return [(pool, each[pool.license_id]) for pool in mine if self.in_scope(agreement, *pool.account)]

    def covered(self, agreement: Agreement, suite: Suite, day: date) -> dict[str, Decimal]:
        """The units of a suite that standalone subscriptions of its smart account hold on a day, by license."""
        return {held: weight * self._share(held, agreement, day) for held, weight in self.weights(suite).items()}

    def _share(self, license_id: str, agreement: Agreement, day: date) -> int:
        """The units for one of the agreements over a smart account, none counted twice: in the order of the file each
        takes what it uses, the last one what is left."""
        smart = norm(self.smart(agreement.smart_account) or "")
        held = (one for one in self.file.subscriptions if norm(self.owner(one) or "") == smart)
        mine = (one for one in held if self.matcher.named(one.license) == license_id)
        units = sum(one.quantity for one in mine if within(day, one.start, one.end))
        sharing = [
            one
            for one in self.file.agreements
            if norm(self.smart(one.smart_account) or "") == smart
            and (one is agreement or within(day, one.start, one.end))
            and any(license_id in self.weights(suite) for suite in one.suites)
        ]
        pools = [pool for pool in self.pools if pool.license_id == license_id]
        uses = [sum(pool.charged for pool in pools if self.in_scope(one, *pool.account)) for one in sharing]
        at = sharing.index(agreement)
        left = max(0, units - sum(uses[:at]))
        return left if agreement is sharing[-1] else min(left, uses[at])


def by_license(figures: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """The sums of figures by the id of their license."""
    return {license_id: total(each) for license_id, each in lists_by(figures).items()}


def beyond(consumed: Mapping[str, Decimal], covered: Mapping[str, Decimal]) -> Decimal:
    """What subscriptions leave of what is consumed by license: each covers its own license alone."""
    return total(max(Decimal(0), number - covered.get(held, Decimal(0))) for held, number in consumed.items())


def total(numbers: Iterable[Decimal]) -> Decimal:
    """The sum of exact numbers."""
    return sum(numbers, Decimal(0))
