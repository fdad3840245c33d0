"""Transfers between the virtual accounts of one smart account: to close shortages, then to restore buffers.

Whole units; what is reserved or in use stays. A shortage comes before a buffer: to close one, a lender may give its
buffer, never what it uses itself. Where a substitution chain covers, the license that moves may be a higher tier. The
second list starts from the state after the first; its lenders keep their own buffers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from licsweep.position_types import Pool, Term, Transfer
from reconcile.grouping import lists_by
from reconcile.instances.account_assignment import UNASSIGNED
from reconcile.pools.pools import PoolAccount, pool_id
from reconcile.pools.search import Party, fewest
from reconcile.pools.terms import in_force


@dataclass(frozen=True, slots=True)
class Step:
    """Units that one pool gives another; between tiers they are lent on by the receiving account."""

    lender: Pool
    borrower: Pool
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plans:
    """Both lists; the `steps` that close shortages and those `restoring` buffers; the balance of each pool after both
    lists, by `pool_id`."""

    to_close: tuple[Transfer, ...] = ()
    to_restore_buffer: tuple[Transfer, ...] = ()
    steps: Sequence[Step] = ()
    restoring: Sequence[Step] = ()
    balances: Mapping[str, int]


def plans(
    accounts: Mapping[str, PoolAccount], pools: Sequence[Pool], above: Mapping[str, set[str]], day: date
) -> Plans:
    """The transfers of every smart account; `above` are the licenses that cover a license, `accounts` by `pool_id`."""
    balances = {pool_id(each): each.balance for each in pools if each.balance is not None}
    closing: list[Step] = []
    restoring: list[Step] = []
    below: set[str] = set()
    for group in _groups(pools, above):
        limited = [(each, each.balance or 0) for each in group if not each.unlimited]
        short = [(each, each.shortage) for each in group if each.shortage]
        closing += (steps := _steps([(p, p.can_lend or 0, n) for p, n in limited if n > 0], short, above))
        _carry_out(steps, balances)
        left = [(each, balances[pool_id(each)] - (each.buffer_target or 0)) for each in group]
        below |= {pool_id(each) for each, units in left if units < 0}
        left = [(each, units) for each, units in left if not each.unlimited]
        lacking = [(each, -units) for each, units in left if units < 0]
        restoring += (steps := _steps([(each, n, n) for each, n in left if n > 0], lacking, above))
        _carry_out(steps, balances)
    lending = {pool_id(step.lender) for step in (*closing, *restoring)}
    stock = {name: _longest_first(accounts[name].terms, day) for name in lending}
    return Plans(
        to_close=_transfers(closing, stock, below),
        to_restore_buffer=_transfers(restoring, stock, set(), closes=False),
        steps=closing,
        restoring=restoring,
        balances=balances,
    )


def _carry_out(steps: Iterable[Step], balances: dict[str, int]) -> None:
    for step in steps:
        balances[pool_id(step.lender)] -= step.units
        balances[pool_id(step.borrower)] += step.units


def _groups(pools: Iterable[Pool], above: Mapping[str, set[str]]) -> list[list[Pool]]:
    """Pools of one smart account whose licenses cover one another; of those of which it is known what they own."""
    leader: dict[str, str] = {}

    def lead(license_id: str) -> str:
        while leader.get(license_id, license_id) != license_id:
            license_id = leader[license_id]
        return license_id

    for lower, covering in above.items():
        for license_id in covering:
            leader[lead(license_id)] = lead(lower)
    known = (p for p in pools if p.smart_account and p.virtual_account != UNASSIGNED and p.status != "owned-unknown")
    groups = lists_by(((pool.smart_account or "", lead(pool.license_id)), pool) for pool in known)
    return [groups[key] for key in sorted(groups)]


def _steps(
    lenders: Sequence[tuple[Pool, int, int]], borrowers: Sequence[tuple[Pool, int]], above: Mapping[str, set[str]]
) -> list[Step]:
    """The plan for one group: what each lender has beyond its buffer and in all, and what each borrower needs."""

    def may(lender: Party, borrower: Party) -> bool:
        same = lender.license == borrower.license
        return lender.account != borrower.account and (same or lender.license in above.get(borrower.license, ()))

    def party(pool: Pool, units: int, kept: int = 0) -> Party:
        return Party(account=pool.virtual_account, license=pool.license_id, units=units, kept=kept)

    giving = [party(pool, free, whole - free) for pool, free, whole in lenders]
    moves = fewest(giving, [party(*each) for each in borrowers], may) if lenders and borrowers else []
    return [Step(lenders[move.lender][0], borrowers[move.borrower][0], move.units) for move in moves]


def _transfers(
    steps: Iterable[Step], stock: Mapping[str, list[Term]], below: set[str], *, closes: bool = True
) -> tuple[Transfer, ...]:
    """One row for a license, a donor and a receiver, in the order of the receiving pool, then of the lender.

    `stock` are the terms that are left at each pool, `below` the pools that end below their buffer target.
    """
    moved = (
        ((pool_id(step.lender), step.borrower.virtual_account), (step, _take(stock[pool_id(step.lender)], step.units)))
        for step in sorted(steps, key=_order)
    )
    made = []
    for (donor, receiver), taken in lists_by(moved).items():
        lender = taken[0][0].lender
        units = sum(step.units for step, _ in taken)
        made.append(
            Transfer(
                license=lender.license,
                smart_account=lender.smart_account,
                from_=lender.virtual_account,
                to=receiver,
                quantity=units,
                closes=units if closes else 0,
                uses_buffer=donor in below,
                term_ends=min((end for _, end in taken if end), default=None),
            )
        )
    return tuple(made)


def _order(step: Step) -> tuple[str, str, str, int, str]:
    to = step.borrower
    return to.smart_account or "", to.license_id, to.virtual_account, -step.units, step.lender.virtual_account


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
