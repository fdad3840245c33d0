"""What closes the shortage of each pool, in words: the transfers to it, what is left to buy, or one box to move."""

from collections.abc import Sequence

from licsweep.position_types import Pool, ShortPool, Use
from reconcile.pools.instance_moves import better_moves
from reconcile.pools.pools import pool_id
from reconcile.pools.transfers import Plans


def short_pools(pools: Sequence[Pool], plans: Plans, uses: Sequence[Use]) -> list[ShortPool]:
    """A row for each pool that is short."""
    moves = better_moves(pools, plans, uses)
    steps: dict[str, list[str]] = {}
    for step in plans.steps:
        said = f"{step.units} of {step.lender.license} from {step.lender.virtual_account}"
        steps.setdefault(pool_id(step.borrower), []).append(said)
    made = []
    for pool in pools:
        if not pool.shortage:
            continue
        closed = plans.closed[pool_id(pool)]
        buy = pool.shortage - closed
        account = (pool.smart_account, pool.virtual_account)
        proposal = f"moving {', '.join(steps[pool_id(pool)])}" if closed else f"buying {buy}"
        if closed and buy:
            proposal += f", useful only together with buying {buy}"
        if account in moves:
            proposal += f", or by moving the product instance {moves[account]}"
        made.append(ShortPool(pool=pool, closed=closed, proposal=proposal))
    return made
