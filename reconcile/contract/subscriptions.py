"""Standalone subscriptions, and what today's use lacks when one has ended."""

import math
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from licsweep.contract_types import SubscriptionPosition
from reconcile.contract.arithmetic import in_force
from reconcile.contract.contract_input import ContractInput, beyond, by_license
from reconcile.pools.pools import PoolAccount
from reconcile.pools.terms import holdings
from reconcile.tables.contract_rows import Subscription
from reconcile.tables.tables import norm


def subscriptions(given: ContractInput, accounts: Mapping[str, PoolAccount]) -> Iterator[SubscriptionPosition]:
    """Every standalone subscription; `accounts` are what is bought and used in each pool."""
    for one in given.file.subscriptions:
        license_id = given.matcher.named(one.license)
        yield SubscriptionPosition(
            id=one.id,
            smart_account=given.owner(one),
            license=given.matcher.name(license_id),
            quantity=one.quantity,
            start=one.start,
            end=one.end,
            days_left=(one.end - given.today).days if one.end else None,
            renewal=one.renewal,
            short_after=_short(given, one, license_id, accounts) if one.end else None,
        )


def _short(given: ContractInput, one: Subscription, license_id: str, accounts: Mapping[str, PoolAccount]) -> int | None:
    """What the suites that the license is in lack on the day after the end, or the smart account by its imports."""
    lacks: list[int] = []
    after, smart = (one.end or date.max) + timedelta(days=1), norm(given.owner(one) or "")
    for agreement in given.file.agreements:
        for suite in agreement.suites if norm(given.smart(agreement.smart_account) or "") == smart else ():
            if weight := given.weights(suite).get(license_id):
                pools = given.suite_pools(agreement, suite)
                used = by_license((pool.license_id, each * pool.charged) for pool, each in pools)
                left = beyond(used, given.covered(agreement, suite, after))
                entitled = sum(bought.quantity for bought in in_force(suite, agreement, after))
                lacks.append(max(0, math.ceil((left - entitled) / weight)))
    if lacks:
        return sum(lacks)
    mine = (account for account in accounts.values() if norm(account.smart_account or "") == smart)
    held = [account for account in mine if account.license_id == license_id]
    owned = [holdings(account.terms, after, 0) for account in held]
    if not held or not all(account.known for account in held):
        return None
    short = sum(account.charged for account in held) - sum(has.owned for has in owned)
    return 0 if any(has.unlimited for has in owned) else max(0, short)
