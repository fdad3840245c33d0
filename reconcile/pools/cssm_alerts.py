"""Alerts of CSSM and SSM On-Prem beside our figures: whose they are, and which of our figures says the same."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict

from licsweep.alert_types import CssmAlerts, JudgedAlert
from licsweep.position_types import Pool
from reconcile.grouping import lists_by
from reconcile.instances.account_names import Names
from reconcile.tables.rows import AlertRow
from reconcile.tables.tables import finds, norm


def judged_alerts(
    lists: Iterable[CssmAlerts], pools: Iterable[Pool], names: Names, table: Iterable[AlertRow]
) -> Iterator[JudgedAlert]:
    """The alerts, in the order of their files; a source that is a known virtual account is the alert's account."""
    by_account = lists_by(((pool.smart_account, norm(pool.virtual_account)), pool) for pool in pools)
    accounts = names.cloud | {virtual for _, virtual in by_account}
    for listed in lists:
        for one in listed.alerts:
            virtual = one.source if norm(one.source or "") in accounts else listed.virtual_account
            smart = names.owner(listed.smart_account, virtual or "")
            mine = by_account.get((smart, norm(virtual or "")), ())
            named = [pool for pool in mine if norm(pool.license) in norm(one.message)]
            rows = (row for row in table if finds([row.says], one.message))
            same = (row.figure for row in rows if any(getattr(pool, row.figure) for pool in named))
            yield JudgedAlert(
                **asdict(one),
                smart_account=smart,
                virtual_account=names.virtual(virtual),
                as_of=listed.exported_at,
                confirmed_by=next(same, None),
            )
