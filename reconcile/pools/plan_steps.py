"""One ordered plan of moves and purchases: shortages are closed first, then buffers are restored.

Carried out in order no step leaves an account with less than it uses: a lender gives only what its balance holds then.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from licsweep.action_types import PlanStep
from licsweep.position_types import Exposure, Pool, ShortPool
from reconcile.pools.pools import pool_id
from reconcile.pools.transfers import Plans, Step


def plan_steps(
    pools: Sequence[Pool], plans: Plans, shortages: Sequence[ShortPool], exposure: Sequence[Exposure]
) -> Iterator[PlanStep]:
    """All steps: moves that close shortages, purchases for the rest of them, then the same for buffers."""
    rows = {(row.smart_account, row.license): row for row in exposure}
    known = {pool_id(pool): pool for pool in pools if pool.balance is not None and not pool.unlimited}
    balances = {name: pool.balance or 0 for name, pool in known.items()}
    lacking = [(row.pool, (row.pool.shortage or 0) - row.closed) for row in shortages]
    steps = [*_moves(plans.steps, "shortage", balances), *_purchases(lacking, "shortage", balances, rows)]
    steps += _moves(plans.restoring, "buffer", balances)
    open_ = {key: row.units_with_buffers - row.units for key, row in rows.items()}
    to_buffer = []
    for name, pool in known.items():
        key = pool.smart_account, pool.license
        units = max(0, min(open_.get(key, 0), (pool.buffer_target or 0) - balances[name]))
        open_[key] = open_.get(key, 0) - units
        to_buffer.append((pool, units))
    steps += _purchases(to_buffer, "buffer", balances, rows)
    return (replace(step, number=number) for number, step in enumerate(steps, 1))


def _moves(steps: Iterable[Step], purpose: str, balances: dict[str, int]) -> Iterator[PlanStep]:
    for step in steps:
        yield _step(step.borrower, step.units, purpose, balances, lender=step.lender)


def _purchases(
    lacking: Iterable[tuple[Pool, int]],
    purpose: str,
    balances: dict[str, int],
    rows: Mapping[tuple[str | None, str], Exposure],
) -> Iterator[PlanStep]:
    for pool, units in lacking:
        if units > 0:
            row = rows.get((pool.smart_account, pool.license))
            whole, sum_ = (row.units_with_buffers, row.money_with_buffers) if row else (0, None)
            money = round(sum_ / whole * units, 2) if sum_ is not None and whole else None
            yield replace(
                _step(pool, units, purpose, balances), money=money, currency=row.currency if row and money else None
            )


def _step(pool: Pool, units: int, purpose: str, balances: dict[str, int], *, lender: Pool | None = None) -> PlanStep:
    to = pool_id(pool)
    before = balances[to]
    balances[to] += units
    made = PlanStep(
        number=0,
        do="move" if lender else "buy",
        purpose="shortage" if purpose == "shortage" else "buffer",
        smart_account=pool.smart_account,
        license=lender.license if lender else pool.license,
        covers=pool.license,
        quantity=units,
        to=pool.virtual_account,
        to_before=before,
        to_after=balances[to],
    )
    if lender is None:
        return made
    at = pool_id(lender)
    balances[at] -= units
    return replace(made, from_=lender.virtual_account, from_before=balances[at] + units, from_after=balances[at])
