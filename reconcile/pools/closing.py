"""What closes the shortage of each pool, in words: the transfers to it, what is left to buy, or one box to move.

A box that alone makes up several shortages of its virtual account closes them all by moving to an account that has
every license that it uses to spare.
"""

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace

from licsweep.position_types import Pool, ShortPool, Transfer, Use
from reconcile.grouping import lists_by, sums_by
from reconcile.pools.pools import Account, pool_id
from reconcile.pools.transfers import Plans


def short_pools(pools: Sequence[Pool], plans: Plans, uses: Sequence[Use]) -> list[ShortPool]:
    """A row for each pool that is short."""
    steps = lists_by((pool_id(step.borrower), step) for step in plans.steps)
    made = []
    for pool in pools:
        if pool.shortage:
            mine = steps.get(pool_id(pool), [])
            moves = (f"{step.units} of {step.lender.license} from {step.lender.virtual_account}" for step in mine)
            closed = sum(step.units for step in mine)
            buy = pool.shortage - closed
            proposal = f"moving {', '.join(moves)}" if closed else f"buying {buy}"
            if closed and buy:
                proposal += f", useful only together with buying {buy}"
            made.append(ShortPool(pool=pool, closed=closed, proposal=proposal))
    better = _better_moves(pools, made, plans.to_close, uses)
    other = {account: f", or by moving the product instance {move}" for account, move in better.items()}
    return [replace(row, proposal=row.proposal + other.get(row.pool.account, "")) for row in made]


def _better_moves(
    pools: Iterable[Pool], short: Iterable[ShortPool], transfers: Iterable[Transfer], uses: Iterable[Use]
) -> dict[Account, str]:
    """The move of one instance that would close an account's shortages in place of several transfers, in words."""
    found = lists_by((pool.account, pool) for pool in pools)
    by_account = {account: {pool.license_id: pool for pool in group} for account, group in found.items()}
    moved = Counter((each.smart_account, each.to) for each in transfers)
    wanted = {}
    for account, rows in lists_by((row.pool.account, row) for row in short).items():
        if len(rows) > 1 and moved[account] > 1 and all(row.closed == row.pool.shortage for row in rows):
            wanted[account] = [row.pool for row in rows]
    boxes = _charges(uses, wanted) if wanted else {}
    moves = {account: _move(account, short, boxes.get(account, {}), by_account) for account, short in wanted.items()}
    return {account: move for account, move in moves.items() if move}


def _charges(uses: Iterable[Use], wanted: Container[Account]) -> dict[Account, dict[str, dict[str, int]]]:
    """What each box of these accounts uses or reserves, by license."""
    of_these = (use for use in uses if use.account in wanted and use.license_id)
    counted = (use for use in of_these if use.counted_as in ("in_use", "reserved"))
    sums = sums_by(((use.account, use.hostname, use.license_id, use.counted_as), use.count or 0) for use in counted)
    charges: dict[Account, dict[str, dict[str, int]]] = {}
    for (account, hostname, license_id, _), units in sums.items():
        box = charges.setdefault(account, {}).setdefault(hostname, {})
        box[license_id or ""] = max(box.get(license_id or "", 0), units)
    return charges


def _move(
    account: Account, short: Sequence[Pool], boxes: dict[str, dict[str, int]], all_: dict[Account, dict[str, Pool]]
) -> str | None:
    """The smallest box whose move closes every shortage, and the account with room for all that it uses."""
    for hostname, charges in sorted(boxes.items(), key=lambda item: (sum(item[1].values()), item[0])):
        if any(charges.get(pool.license_id, 0) < (pool.shortage or 0) for pool in short):
            continue
        for (smart, virtual), held in sorted(all_.items(), key=lambda item: (item[0][0] or "", item[0][1])):
            room = all(i in held and (held[i].unlimited or (held[i].can_lend or 0) >= n) for i, n in charges.items())
            if smart == account[0] and virtual != account[1] and room:
                return f"{hostname} to {virtual}"
    return None
