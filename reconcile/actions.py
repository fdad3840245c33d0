"""What to do, from one judgement: what stops service first, then money, then units, then date, then name.

Before anything is bought come other virtual accounts (DEFAULT among them) and orders that start later. Findings that
somebody has waived ask for nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from licsweep.action_types import Action, ActionsReport, Part, PartLooked
from licsweep.contract_types import SubscriptionPosition
from licsweep.model import Record
from licsweep.position_types import SEVERITIES, Exposure, JudgementResult, OwnedTerm, Pool
from reconcile.grouping import lists_by
from reconcile.instances.coverage import read_in_full
from reconcile.pools.pools import pool_id
from reconcile.pools.terms import in_force
from reconcile.tables.tables import shipped

HORIZON_DAYS = 180
_Unnumbered = partial(Action, number=0)
PARTS: tuple[Part, ...] = ("short", "buffers", "reports", "registration", "ending", "cssm-says", "not-measured")


class PartFindings(Record):
    """The findings of a part (actions.yaml)."""

    part: Part
    findings: tuple[str, ...]


def actions(result: JudgementResult) -> ActionsReport:
    """Everything to do, by part and numbered, what was looked at for each part, and the ordered plan."""
    made = [*_short(result), *_ending(result), *_contradictions(result), *_not_read(result), *_found(result)]
    owners = {(row.smart_account, row.virtual_account): row.owner for row in result.owners}
    ordered = [
        replace(one, number=number, owner=owners.get((one.smart_account, one.virtual_account or "")))
        for number, one in enumerate(sorted(made, key=_order), 1)
    ]
    looked = _looked_at(result)
    return ActionsReport(
        as_of=result.judgement.as_of,
        parts=tuple(
            PartLooked(part=part, actions=sum(one.part == part for one in ordered), looked_at=looked[part])
            for part in PARTS
        ),
        actions=tuple(ordered),
        plan=result.plan,
    )


def _order(one: Action) -> tuple[Any, ...]:
    urgent = one.days_left if one.days_left is not None else HORIZON_DAYS + 1
    size = (-(one.money or 0), -(one.short or 0)) if one.part != "not-measured" else ()
    worst = -SEVERITIES.index(one.severity) if one.part in ("registration", "cssm-says") else 0
    return (PARTS.index(one.part), not one.service_affecting, worst, size, urgent, one.about, one.what)


def _looked_at(result: JudgementResult) -> dict[Part, str]:
    judgement = result.judgement
    known = sum(pool.balance is not None for pool in judgement.pools)
    pools = f"{known} of {len(judgement.pools)} pools, of the others it is not known what is owned"
    pools = pools if known < len(judgement.pools) else f"all {known} pools"
    instances = f"{len(judgement.instances)} product instances"
    imports = f"{sum(pool.cssm_as_of is not None for pool in judgement.pools)} pools with figures of CSSM"
    return {
        "short": pools,
        "buffers": pools,
        "reports": instances,
        "registration": instances,
        "ending": f"{sum(row.term.type == 'term' for row in result.owned_terms)} terms, {HORIZON_DAYS} days ahead",
        "cssm-says": f"{instances}, {imports}",
        "not-measured": f"{judgement.coverage.selected} hosts selected, {len(judgement.pools)} pools",
    }


def _pool(part: Part, pool: Pool, what: str, do: str, **more: Any) -> Action:
    return _Unnumbered(
        part=part,
        about=pool.license,
        what=what,
        do=do,
        smart_account=pool.smart_account,
        virtual_account=pool.virtual_account,
        purchased=pool.owned,
        in_use=pool.charged,
        buffer=pool.buffer_target,
        **more,
    )


def _short(result: JudgementResult) -> Iterator[Action]:
    """Pools that are short, the largest of a license with the figure that keeps every buffer; then bare buffers: what
    is bought for a smart account, and the pools below theirs that nothing else here names."""
    rows = {(row.smart_account, row.license): row for row in result.judgement.exposure}
    for short in sorted(result.shortages, key=lambda row: (-(row.pool.shortage or 0), pool_id(row.pool))):
        pool = short.pool
        buy = (pool.shortage or 0) - short.closed
        row = rows.get((pool.smart_account, pool.license))
        first = rows.pop((pool.smart_account, pool.license), None)
        yield _pool(
            "short",
            pool,
            f"{pool.shortage} short: {pool.charged} in use and reserved, {pool.owned} purchased",
            "; ".join(_how(result, pool, buy, first)),
            short=pool.shortage,
            units=buy,
            units_with_buffers=first.units_with_buffers if first else None,
            money=_price(row, buy),
            money_with_buffers=first.money_with_buffers if first else None,
            currency=row.currency if row else None,
            severity="error",
            finding="shortage",
        )
    bare = {one.subject.id for one in result.judgement.findings if one.name == "below-buffer" and not one.waived_by}
    for pool in result.judgement.pools:
        if pool_id(pool) in bare and (pool.smart_account, pool.license) not in rows:
            moves = list(_moves(result, pool, "buffer"))
            bought = f"it is in what keeps every buffer of {pool.license} above"
            kept = f"{pool.buffer_target} to keep"
            what = f"below its buffer: {pool.charged} in use and reserved, {pool.owned} purchased, {kept}"
            yield _pool("buffers", pool, what, "; ".join(moves or [bought]), finding="below-buffer")
    for row in rows.values():
        wanted = f"buy {row.units_with_buffers} to keep every buffer of {row.smart_account or 'this smart account'}"
        yield _Unnumbered(
            part="buffers",
            about=row.license,
            what=f"{row.units} short in the whole smart account" if row.units else "below its buffer",
            do="; ".join((wanted, *_ordered(row))),
            smart_account=row.smart_account,
            units=row.units,
            units_with_buffers=row.units_with_buffers,
            money=row.money,
            money_with_buffers=row.money_with_buffers,
            currency=row.currency,
            finding="below-buffer",
        )


def _price(row: Exposure | None, units: int) -> float | None:
    """The price of these units, from a row of exposure, which is linear in units."""
    if row is None or row.money_with_buffers is None or not row.units_with_buffers:
        return 0.0 if units == 0 and row and row.money_with_buffers is not None else None
    return round(row.money_with_buffers / row.units_with_buffers * units, 2)


def _how(result: JudgementResult, pool: Pool, buy: int, first: Exposure | None) -> Iterator[str]:
    """Where units come from: other virtual accounts, orders, then a purchase."""
    yield from _moves(result, pool, "shortage")
    if first:
        yield from _ordered(first)
    with_buffers = first.units_with_buffers if first else buy
    keep = f"{with_buffers} to keep every buffer" if with_buffers > buy else ""
    if buy:
        yield f"buy {buy}" + (f"; {keep}" if keep else "")
    else:
        yield "nothing to buy" + (f" for this shortage; {keep}" if keep else "")


def _moves(result: JudgementResult, pool: Pool, purpose: str) -> Iterator[str]:
    wanted = ("move", purpose, pool.smart_account, pool.virtual_account, pool.license)
    for step in result.plan:
        if (step.do, step.purpose, step.smart_account, step.to, step.covers) == wanted:
            higher = "" if step.license == pool.license else f" of {step.license}"
            yield f"move {step.quantity}{higher} from {step.from_} (leaves {step.from_after} spare)"


def _ordered(row: Exposure) -> Iterator[str]:
    for later in row.covered_from:
        yield f"{later.units} more are bought already and start on {later.date}"


def _found(result: JudgementResult) -> Iterator[Action]:
    """The findings of each part, those on one subject as one action."""
    parts = {name: row.part for row in shipped("actions", PartFindings) for name in row.findings}
    open_ = [one for one in result.judgement.findings if one.name in parts and not one.waived_by]
    instances = {one.hostname: one for one in result.judgement.instances}
    pools = {pool_id(pool): pool for pool in result.judgement.pools}
    for (part, subject), found in lists_by(((parts[one.name], one.subject), one) for one in open_).items():
        ranked = sorted(found, key=lambda one: -SEVERITIES.index(one.severity))
        worst = ranked[0]
        instance, pool = instances.get(subject.id), pools.get(subject.id)
        place = instance if subject.kind == "instance" else pool if subject.kind == "pool" else None
        due = instance if instance and part == "reports" else None
        yield _Unnumbered(
            part=part,
            about=pool.license if pool and place is pool else subject.id,
            what=" ".join(dict.fromkeys(one.message for one in ranked)),
            do=worst.advice,
            smart_account=place.smart_account if place else subject.id if subject.kind == "account" else None,
            virtual_account=place.virtual_account if place else None,
            due=due.deadline.date() if due and due.deadline else None,
            days_left=due.days_left if due else None,
            service_affecting=bool(due and due.service_affecting),
            severity=worst.severity,
            finding=worst.name,
        )


def _ending(result: JudgementResult) -> Iterator[Action]:
    """Terms that end within the horizon, those of one pool and day together, and what today's use then lacks."""
    today = result.judgement.as_of.date()
    until = today + timedelta(days=HORIZON_DAYS)
    pools = {(*pool.account, pool.license_id): pool for pool in result.judgement.pools}
    by_pool = lists_by(((*row.account, row.license_id), row) for row in result.owned_terms)
    listed = {row.term.subscription_id for row in result.owned_terms if row.term.subscription_id}
    for key, rows in by_pool.items():
        ends = {row.term.end for row in rows if row.counted_as == "owned" and row.term.type == "term" and row.term.end}
        for end in sorted(end for end in ends if end <= until):
            yield _end_of(pools[key], rows, end, (end - today).days)
    for row in result.subscriptions:
        if row.end and row.id not in listed and 0 <= (row.days_left or 0) <= HORIZON_DAYS:
            yield _subscription(row)


def _end_of(pool: Pool, rows: Sequence[OwnedTerm], end: Any, days: int) -> Action:
    after = end + timedelta(days=1)
    ending = [row.term for row in rows if row.counted_as == "owned" and row.term.end == end]
    left = sum(
        row.term.quantity for row in rows if row.term.type in ("perpetual", "term") and in_force(row.term, after)
    )
    units = sum(term.quantity for term in ending)
    short = None if pool.balance is None else max(0, (pool.owned or 0) - left - pool.balance)
    short = 0 if pool.unlimited else short
    ids = ", ".join(dict.fromkeys(term.subscription_id for term in ending if term.subscription_id))
    lacks = f"{short} short from {after} on" if short else "nothing is short then"
    lacks = "what is then short is not known" if short is None else lacks
    return _pool(
        "ending",
        pool,
        f"{units} end on {end} ({ids or 'subscription not stated'}): {lacks}",
        f"renew {min(units, short)} at least before {end}" if short else "decide whether to renew",
        short=short,
        due=end,
        days_left=days,
        finding="term-ending-causes-shortage",
    )


def _subscription(row: SubscriptionPosition) -> Action:
    short = row.short_after
    then = (
        "what is then short is not known" if short is None else f"{short} short after it" if short else "nothing short"
    )
    return _Unnumbered(
        part="ending",
        about=row.license,
        what=f"subscription {row.id}: {row.quantity} end on {row.end}: {then}",
        do=f"renew {min(row.quantity, short)} at least before {row.end}" if short else "decide whether to renew",
        smart_account=row.smart_account,
        short=short,
        due=row.end,
        days_left=row.days_left,
        finding="subscription-ending",
    )


def _contradictions(result: JudgementResult) -> Iterator[Action]:
    """Differences without a known cause; where no host was read, that is the cause."""
    for row in result.contradictions if result.states else ():
        open_ = [cause for cause in row.causes if cause.cause == "unexplained"]
        if open_:
            yield _Unnumbered(
                part="cssm-says",
                about=row.license,
                what="; ".join(
                    f"{c.second} differs from {c.first} by {c.units:+} without a known cause" for c in open_
                ),
                do="compare the lines: licsweep report contradictions",
                smart_account=row.smart_account,
            )


def _not_read(result: JudgementResult) -> Iterator[Action]:
    places = {one.hostname: one for one in result.judgement.instances}
    if missed := result.judgement.coverage.never_tried:
        yield _Unnumbered(
            part="not-measured",
            about=f"{missed} hosts of the inventory",
            what="never tried; in no figure",
            do="licsweep sweep --fresher-than 24 takes those that were not read in the last day",
            finding="never-read",
        )
    for state in result.states:
        if state.retired or state.left_inventory or read_in_full(state):
            continue
        place = places.get(state.hostname)
        last = "its last good answer still counts" if state.observation else "never read, in no figure"
        yield _Unnumbered(
            part="not-measured",
            about=state.hostname,
            what=f"{state.outcome}; {last}",
            do=state.reason or "sweep it again, then look with licsweep show",
            smart_account=place.smart_account if place else None,
            virtual_account=place.virtual_account if place else None,
            finding="never-read" if state.observation is None else None,
        )
