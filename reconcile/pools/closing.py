"""What closes the shortage of each pool, in words: the transfers to it, what is left to buy, or one box to move."""

from collections.abc import Sequence

from licsweep.position_types import Pool, ShortPool, Use
from reconcile.grouping import lists_by
from reconcile.pools.instance_moves import better_moves
from reconcile.pools.pools import pool_id
from reconcile.pools.transfers import Plans


def short_pools(pools: Sequence[Pool], plans: Plans, uses: Sequence[Use]) -> list[ShortPool]:
    """A row for each pool that is short."""
    moves = better_moves(pools, plans, uses)
    steps = lists_by(
        (pool_id(step.borrower), f"{step.units} of {step.lender.license} from {step.lender.virtual_account}")
        for step in plans.steps
    )
    made = []
    for pool in pools:
        if not pool.shortage:
            continue
        closed = plans.closed[pool_id(pool)]
        buy = pool.shortage - closed
        proposal = f"moving {', '.join(steps[pool_id(pool)])}" if closed else f"buying {buy}"
        if closed and buy:
            proposal += f", useful only together with buying {buy}"
        if pool.account in moves:
            proposal += f", or by moving the product instance {moves[pool.account]}"
        made.append(ShortPool(pool=pool, closed=closed, proposal=proposal))
    return made
