"""Transfers between the virtual accounts of one smart account: to close shortages, and to restore buffers.

Whole units; what is reserved or in use stays; lenders end at or above their own buffer target; where a substitution
chain covers, the license that moves may be a higher tier. Both lists start from the state before any transfer.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from licsweep.position_types import Pool, Term, Transfer
from reconcile.instances.account_assignment import UNASSIGNED
from reconcile.pools.pools import pool_id
from reconcile.pools.search import Party, fewest
from reconcile.pools.terms import in_force

Need = Callable[[Pool], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plans:
    """Both lists, and the units of its shortage that the first one brings to each pool (by `pool_id`)."""

    to_close: tuple[Transfer, ...] = ()
    to_restore_buffer: tuple[Transfer, ...] = ()
    closed: Counter[str]


def plans(
    pools: Sequence[Pool], terms: Callable[[Pool], Sequence[Term]], above: Mapping[str, set[str]], day: date
) -> Plans:
    """The transfers of every smart account; `terms` are those of a pool, `above` the licenses that cover a license."""
    closing: list[_Step] = []
    restoring: list[_Step] = []
    for group in _groups(pools, above):
        closing += _steps(group, above, lambda pool: pool.shortage)
        restoring += _steps(group, above, _to_buffer)
    closed: Counter[str] = Counter()
    for step in closing:
        closed[pool_id(step.borrower)] += step.units
    return Plans(
        to_close=_transfers(closing, terms, day), to_restore_buffer=_transfers(restoring, terms, day), closed=closed
    )


@dataclass(frozen=True, slots=True)
class _Step:
    lender: Pool
    borrower: Pool
    units: int


def _to_buffer(pool: Pool) -> int:
    """What a pool lacks of its buffer; its shortage is part of that."""
    return 0 if pool.unlimited else max(0, pool.buffer_target - pool.balance)


def _groups(pools: Iterable[Pool], above: Mapping[str, set[str]]) -> list[list[Pool]]:
    """Pools of one smart account whose licenses cover one another; `unassigned` is no account to move licenses in."""
    leader: dict[str, str] = {}

    def lead(license_id: str) -> str:
        while leader.get(license_id, license_id) != license_id:
            license_id = leader[license_id]
        return license_id

    for lower, covering in above.items():
        for license_id in covering:
            leader[lead(license_id)] = lead(lower)
    groups: dict[tuple[str, str], list[Pool]] = {}
    for pool in pools:
        if pool.smart_account and pool.virtual_account != UNASSIGNED:
            groups.setdefault((pool.smart_account, lead(pool.license_id)), []).append(pool)
    return [groups[key] for key in sorted(groups)]


def _steps(group: Sequence[Pool], above: Mapping[str, set[str]], need: Need) -> list[_Step]:
    lenders = [pool for pool in group if pool.can_lend]
    borrowers = [pool for pool in group if need(pool) > 0]
    if not lenders or not borrowers:
        return []

    def may(lender: Party, borrower: Party) -> bool:
        same = lender.license == borrower.license
        return lender.account != borrower.account and (same or lender.license in above.get(borrower.license, ()))

    moves = fewest(
        [_party(pool, pool.can_lend) for pool in lenders], [_party(pool, need(pool)) for pool in borrowers], may
    )
    return [_Step(lenders[move.lender], borrowers[move.borrower], move.units) for move in moves]


def _party(pool: Pool, units: int) -> Party:
    return Party(account=pool.virtual_account, license=pool.license_id, units=units)


def _transfers(steps: Iterable[_Step], terms: Callable[[Pool], Sequence[Term]], day: date) -> tuple[Transfer, ...]:
    """In the order of the receiving pool, then of the lender; `closes` is how much of a shortage the units close."""
    stock: dict[str, list[Term]] = {}
    short: dict[str, int] = {}
    made = []
    for step in sorted(steps, key=_order):
        lots = stock.setdefault(pool_id(step.lender), _longest_first(terms(step.lender), day))
        left = short.setdefault(pool_id(step.borrower), step.borrower.shortage)
        closes = min(step.units, left)
        short[pool_id(step.borrower)] -= closes
        made.append(
            Transfer(
                license=step.lender.license,
                smart_account=step.lender.smart_account,
                from_=step.lender.virtual_account,
                to=step.borrower.virtual_account,
                quantity=step.units,
                closes=closes,
                term_ends=_take(lots, step.units),
            )
        )
    return tuple(made)


def _order(step: _Step) -> tuple[str, str, str, int, str]:
    lender, borrower = step.lender, step.borrower
    return (
        borrower.smart_account or "",
        borrower.license_id,
        borrower.virtual_account,
        -step.units,
        lender.virtual_account,
    )


def _longest_first(terms: Sequence[Term], day: date) -> list[Term]:
    """The lots in force, those that never end first: they are moved first."""
    lots = [t for t in terms if t.type in ("perpetual", "term") and in_force(t, day)]
    return sorted(lots, key=lambda t: -(_last_day(t) or date.max).toordinal())


def _last_day(term: Term) -> date | None:
    return None if term.type == "perpetual" else term.end


def _take(lots: list[Term], units: int) -> date | None:
    """Takes units from the front of the lots; the first end date among them."""
    ends = []
    while units and lots:
        taken = min(units, lots[0].quantity)
        ends.append(_last_day(lots[0]))
        units -= taken
        lots[0] = replace(lots[0], quantity=lots[0].quantity - taken)
        if not lots[0].quantity:
            lots.pop(0)
    return min((end for end in ends if end), default=None)
