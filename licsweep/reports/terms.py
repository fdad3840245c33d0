"""The rows of entitlement files behind what pools own: one row a term, with file, row and date of export."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from licsweep.position_types import Entitlement, Pool, Term
from licsweep.reports.view import Table, make_table, values
from reconcile.tables import norm, slug
from reconcile.terms import in_force


def owned_table(entitlements: Sequence[Entitlement], pools: Mapping[str, Pool], day: date) -> Table:
    """The terms that count on a day beside those that do not; `pools` are by their number in the report.

    A row leads to a pool where account and license have the pool's own names; others say that they don't.
    """
    records = _records(entitlements, pools, day)
    return make_table("owned", sorted(records, key=lambda r: (r["pool"] is None, int((r["pool"] or "P0")[1:]))))


def _records(entitlements: Sequence[Entitlement], pools: Mapping[str, Pool], day: date) -> Iterator[dict[str, object]]:
    named: dict[tuple[str, str], list[str]] = {}
    for number, pool in pools.items():
        named.setdefault((norm(pool.virtual_account), slug(pool.license)), []).append(number)
    for entitlement in entitlements:
        alike = named.get((norm(entitlement.virtual_account or ""), slug(entitlement.license)), [])
        if len(alike) > 1:  # virtual accounts of one name: the smart account decides
            smart = norm(entitlement.smart_account or "")
            alike = [number for number in alike if norm(pools[number].smart_account or "") == smart]
        pool_number = alike[0] if len(alike) == 1 else None
        for term in entitlement.terms:
            yield {**values(entitlement), **values(term), "pool": pool_number, "counted_as": _counted_as(term, day)}


def _counted_as(term: Term, day: date) -> str:
    if in_force(term, day):
        return {"usage": "no limit", "demo": "demo"}.get(term.type, "owned")
    return "future" if term.start and term.start > day else "ended"
