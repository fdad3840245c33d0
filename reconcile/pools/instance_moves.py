"""Where moving one product instance is a smaller fix than moving licenses: it is said beside the false shortages.

A box that alone makes up several shortages of its virtual account closes them all by moving to an account that has
every license that it uses to spare.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from licsweep.position_types import Pool, Use
from reconcile.pools.pools import Account, pool_id
from reconcile.pools.transfers import Plans


def better_moves(pools: Iterable[Pool], plans: Plans, uses: Iterable[Use]) -> dict[Account, str]:
    """The move of one instance that would close an account's shortages in place of several transfers, in words."""
    by_account: dict[Account, dict[str, Pool]] = {}
    for pool in pools:
        by_account.setdefault((pool.smart_account, pool.virtual_account), {})[pool.license_id] = pool
    wanted = {}
    for account, held in by_account.items():
        short = [pool for pool in held.values() if pool.shortage]
        transfers = sum(1 for t in plans.to_close if (t.smart_account, t.to) == account)
        if len(short) > 1 and transfers > 1 and all(plans.closed[pool_id(p)] == p.shortage for p in short):
            wanted[account] = short
    boxes = _charges(uses, wanted) if wanted else {}
    moves = {account: _move(account, short, boxes.get(account, {}), by_account) for account, short in wanted.items()}
    return {account: move for account, move in moves.items() if move}


def _charges(uses: Iterable[Use], wanted: Iterable[Account]) -> dict[Account, dict[str, dict[str, int]]]:
    """What each box of these accounts uses or reserves, by license."""
    accounts, sums = set(wanted), Counter[tuple[Account, str, str, str]]()
    for use in uses:
        account = (use.smart_account, use.virtual_account)
        if account in accounts and use.license_id and use.counted_as in ("in_use", "reserved"):
            sums[account, use.hostname, use.license_id, use.counted_as] += use.count or 0
    charges: dict[Account, dict[str, dict[str, int]]] = {}
    for (account, hostname, license_id, _), units in sums.items():
        box = charges.setdefault(account, {}).setdefault(hostname, {})
        box[license_id] = max(box.get(license_id, 0), units)
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
