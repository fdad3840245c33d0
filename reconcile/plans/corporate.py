"""Mergers and divestitures of smart accounts: what is consolidated, what leaves, what is short, in which order.

Moves between smart accounts are a case with Cisco, no self-service; how long one takes is an input.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from licsweep.errors import InputError, did_you_mean
from licsweep.plan_types import DivestPlan, LeavingLicense, MergedLicense, MergePlan, MovingInstance, PoolChange
from licsweep.position_types import Instance, JudgementResult
from reconcile.grouping import sums_by
from reconcile.instances.account_assignment import UNASSIGNED
from reconcile.instances.account_names import Names
from reconcile.judge import judge
from reconcile.judgement_input import JudgementInput
from reconcile.plans.changes import hosts_of, pool_changes, suite_changes
from reconcile.tables.rows import AccountsFile, SmartAccountRow
from reconcile.tables.tables import norm, slug


def merge(given: JudgementInput, a: str, b: str, *, lead_days: int | None = None) -> MergePlan:
    """Smart account `a` merged into `b`. Raises InputError for one that nothing knows, or one and the same."""
    before = judge(given)
    known = {pool.smart_account for pool in before.judgement.pools if pool.smart_account}
    names = Names(given.tables.accounts, [[(name, None) for name in sorted(known)]])
    a, b = (_known(names.smart(name) or "", known) for name in (a, b))
    if a == b:
        raise InputError(f"{a}: the same smart account twice", why="a merger is of two", hint="name another one")
    after = judge(replace(given, tables=replace(given.tables, accounts=_as_one(given.tables.accounts, a, b))))
    moving = [_moving(one, before) for one in before.judgement.instances if one.smart_account == a]
    pools = before.judgement.pools
    in_a, in_b = (
        {norm(p.virtual_account): p.virtual_account for p in pools if p.smart_account == one} for one in (a, b)
    )
    collisions = sorted(in_b[name] for name in in_a.keys() & in_b.keys() - {UNASSIGNED})
    overlaps = sorted(_overlaps(before, a, b))
    steps = [f"Rename in {a}: {name} is a virtual account of {b} too" for name in collisions]
    steps += [f"Settle with Cisco which agreement holds: {overlap}" for overlap in overlaps]
    steps += _before_moving(moving)
    steps += [
        _case(f"move the licenses of {a} into {b}", lead_days),
        f"Register {len(moving)} product instances with tokens of {b}, after its licenses have arrived",
        f"Export the licenses and product instances of {b} and import them; reconcile",
        f"Remove the product instances that {a} still lists, then close it",
    ]
    return MergePlan(
        as_of=before.judgement.as_of,
        a=a,
        b=b,
        licenses=tuple(_merged(before, after, a, b)),
        instances=tuple(moving),
        collisions=tuple(collisions),
        contract_overlaps=tuple(overlaps),
        steps=tuple(steps),
    )


def _known(name: str, known: set[str]) -> str:
    if name not in known:
        raise InputError(
            f"{name}: no import and no box knows this smart account", why=did_you_mean(name, sorted(known))
        )
    return name


def _as_one(accounts: AccountsFile, a: str, b: str) -> AccountsFile:
    """accounts.yaml in which all names of `a` are names of `b`."""
    rows = {row.name: row for row in accounts.smart_accounts}
    old, kept = rows.pop(a, SmartAccountRow(name=a)), rows.pop(b, SmartAccountRow(name=b))
    aliases = (*kept.aliases, *filter(None, (old.name, old.domain, *old.aliases)))
    named = {norm(row.name) for row in kept.virtual_accounts}
    more = (row for row in old.virtual_accounts if norm(row.name) not in named)
    both = replace(kept, aliases=aliases, virtual_accounts=(*kept.virtual_accounts, *more))
    return AccountsFile(smart_accounts=(*rows.values(), both))


def _merged(before: JudgementResult, after: JudgementResult, a: str, b: str) -> Iterator[MergedLicense]:
    totals = {(row.smart_account, slug(row.license)): row for row in before.judgement.smart_account_totals}
    was, now = (
        {(row.smart_account, slug(row.license)): row.units for row in side.judgement.exposure}
        for side in (before, after)
    )
    for whole in after.judgement.smart_account_totals:
        key = slug(whole.license)
        if whole.smart_account == b:
            short = now.get((b, key), 0)
            committed = any(was.get((smart, key)) for smart in (a, b))
            yield MergedLicense(
                license=whole.license,
                a=totals.get((a, key)),
                b=totals.get((b, key)),
                together=whole,
                short=None if whole.shortage is None else short,
                over_commitment=("stays" if short else "vanishes") if committed else None,
            )


def _overlaps(result: JudgementResult, a: str, b: str) -> Iterator[str]:
    """Licenses that agreements of both accounts hold."""
    suites = [(one, suite) for one in result.agreements for suite in one.suites]
    held = [
        {row.license: one.id for one, s in suites if one.smart_account == smart for row in s.licenses}
        for smart in (a, b)
    ]
    yield from (f"{name} in {held[0][name]} and {held[1][name]}" for name in held[0].keys() & held[1].keys())


def divest(
    given: JudgementInput,
    patterns: tuple[str, ...] = (),
    *,
    virtual_accounts: Sequence[str] = (),
    lead_days: int | None = None,
) -> DivestPlan:
    """What leaves with the boxes of these host names or of these virtual accounts.

    Raises InputError for a name that fits no host.
    """
    before, names = judge(given), {norm(name) for name in virtual_accounts}
    hosts = hosts_of(given, patterns)
    leaving = [
        one
        for one in before.judgement.instances
        if hosts & {one.hostname, *one.also_known_as} or norm(one.virtual_account) in names
    ]
    if not leaving:
        raise InputError(
            "nothing leaves",
            why="no product instance is in these virtual accounts" if names else "no host is named",
            hint="name hosts, or --virtual-account with a name that licsweep reconcile --all shows",
        )
    gone = {name for one in leaving for name in (one.hostname, *one.also_known_as)}
    after = judge(replace(given, states=[state for state in given.states if state.hostname not in gone]))
    moving = [_moving(one, before) for one in leaving]
    licenses = [_leaving(pool) for pool in pool_changes(before, after)]
    suites = tuple(suite_changes(before, after))
    units_ = sums_by((row.license, row.leaving) for row in licenses)
    listed = ", ".join(f"{number} x {name}" for name, number in sorted(units_.items()))
    steps = ["Agree with the other side which licenses go along, and buy what stays short on either side first"]
    for row in suites:
        part = f"{row.before.used} units are used now, {row.after.used} then"
        steps.append(f"Settle the part of {row.agreement}/{row.suite} with Cisco: {part}")
    steps += [
        *_before_moving(moving),
        _case(f"move {listed or 'no licenses'} into the other smart account", lead_days),
        f"Register {len(moving)} product instances with tokens of the other account, after its licenses have arrived",
        "Report the usage of each box to its new account, and import the ACKs where boxes have no line",
        "Remove the product instances that the old account still lists; then: licsweep retire HOST",
    ]
    return DivestPlan(
        as_of=before.judgement.as_of,
        instances=tuple(moving),
        licenses=tuple(licenses),
        suites=suites,
        steps=tuple(steps),
    )


def _leaving(pool: PoolChange) -> LeavingLicense:
    charged, stays = (side.charged if side else 0 for side in (pool.before, pool.after))
    leaving, owned = charged - stays, pool.before.owned if pool.before else None
    return LeavingLicense(
        smart_account=pool.smart_account,
        virtual_account=pool.virtual_account,
        license=pool.license,
        owned=owned,
        charged=charged,
        leaving=leaving,
        short_staying=None if owned is None else max(0, stays - max(0, owned - leaving)),
        short_leaving=None if owned is None else max(0, leaving - max(0, owned - stays)),
    )


def _moving(one: Instance, result: JudgementResult) -> MovingInstance:
    """An instance with its reservations, which are returned before it changes its account."""
    reserved = sums_by(
        (use.license or use.name or "a license", use.count or 0)
        for use in result.uses
        if use.hostname == one.hostname and use.counted_as == "reserved"
    )
    return MovingInstance(
        smart_account=one.smart_account,
        virtual_account=one.virtual_account,
        hostname=one.hostname,
        read=one.age_seconds is not None,
        to_return=tuple(f"{number} x {name}" for name, number in sorted(reserved.items())),
    )


def _before_moving(moving: Sequence[MovingInstance]) -> Iterator[str]:
    if unread := ", ".join(one.hostname for one in moving if not one.read):
        yield f"Read these first, their licenses are in no figure here: {unread}"
    for one in moving:
        if one.to_return:
            yield f"Return on {one.hostname} and enter the return code in CSSM: {', '.join(one.to_return)}"


def _case(what: str, lead_days: int | None) -> str:
    lead = "ask how long it takes" if lead_days is None else f"{lead_days} days"
    return f"Open a case with Cisco to {what}: no self-service between smart accounts ({lead})"
