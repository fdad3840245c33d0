"""What a smart account lacks after substitution and transfers, in units and money.

Buffers are counted after both lists of transfers: what one account can give to the buffer of another is not to be
bought.
"""

from collections import Counter
from collections.abc import Sequence

from licsweep.position_types import Exposure, LaterUnits, Pool
from reconcile.grouping import lists_by, sums_by
from reconcile.judgement_context import JudgementContext
from reconcile.pools.lending import Chain, loans
from reconcile.pools.pools import pool_id
from reconcile.pools.transfers import Plans


def exposure(judged: JudgementContext) -> list[Exposure]:
    """A row for each license of which units stay short, or which lacks to its buffers."""
    lacking, day = _to_buffers(judged.pools, judged.plans, judged.chains), judged.as_of.date()
    open_ = ((row.pool, (row.pool.shortage or 0) - row.closed) for row in judged.shortages)
    short = sums_by(((pool.smart_account, pool.license_id), units) for pool, units in open_)
    terms = (((p.smart_account, p.license_id), t) for p in judged.pool_accounts.values() for t in p.terms)
    coming = ((key, term) for key, term in terms if term.type in ("perpetual", "term"))
    later = sums_by(((*key, t.start), t.quantity) for key, t in coming if t.start and t.start > day)
    by_start = lists_by((key[:2], LaterUnits(date=key[2], units=later[key])) for key in sorted(later, key=str))
    names = {each.license_id: each.license for each in judged.pools}
    made = []
    for smart, license_id in sorted({*+short, *+lacking}, key=lambda key: (key[0] or "", key[1])):
        units, with_buffers = short[smart, license_id], lacking[smart, license_id]
        price = judged.tables.price(license_id)
        each_unit = None if price is None or price.unit_price is None else float(price.unit_price)
        made.append(
            Exposure(
                smart_account=smart,
                license=names[license_id],
                units=units,
                units_with_buffers=with_buffers,
                covered_from=tuple(by_start.get((smart, license_id), ())),
                money=None if each_unit is None else round(units * each_unit, 2),
                money_with_buffers=None if each_unit is None else round(with_buffers * each_unit, 2),
                currency=price.currency if price else None,
                price_basis=price.price_basis if price else None,
            )
        )
    return made


def _to_buffers(pools: Sequence[Pool], plans: Plans, chains: Sequence[Chain]) -> Counter[tuple[str | None, str]]:
    """What the pools of each license lack to their buffer targets; what a higher tier of the same virtual account has
    above its own target serves as theirs, since it would be lent to them."""
    limited = (each for each in pools if each.balance is not None and not each.unlimited)
    spare = ((each, plans.balances[pool_id(each)] - (each.buffer_target or 0)) for each in limited)
    left = lists_by((each.account, (each.license_id, units)) for each, units in spare)
    after = ((smart, loans(dict(account), chains)[1]) for (smart, _), account in left.items())
    return sums_by(((smart, name), max(0, -units)) for smart, account in after for name, units in account.items())
