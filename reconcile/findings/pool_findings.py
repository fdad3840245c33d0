"""The findings of pools: short, covered, below their buffer, unused, ending, and what transfers close."""

from collections.abc import Iterator

from licsweep.position_types import Subject
from reconcile.findings.raised import RaisedFinding, pool_subject
from reconcile.grouping import lists_by
from reconcile.judgement_context import JudgementContext
from reconcile.pools.lending import shortages_on
from reconcile.pools.pairing import wrong_tiers
from reconcile.pools.pools import pool_id
from reconcile.pools.terms import lapses


def pool_states(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`shortage`, `below-buffer`, `unused-pool`; `covered-by-substitution` for every pool that borrows."""
    for pool in judged.pools:
        if pool.status in ("ok", "owned-unknown"):
            continue
        subject, evidence = pool_subject(pool), judged.evidence(pool)
        figures = f"{pool.charged} used, {pool.owned} owned"
        if pool.borrowed:
            lenders = judged.pool_accounts[pool_id(pool)].lenders
            told = ", ".join(f"{units} of {name}" for name, units in lenders.items())
            yield RaisedFinding("covered-by-substitution", subject, f"borrows {told} ({figures})", evidence)
        if pool.shortage:
            yield RaisedFinding("shortage", subject, f"{licenses(pool.shortage)} short ({figures})", evidence)
        elif pool.status == "below-buffer":
            message = f"enough for today ({figures}), but not for the buffer of {pool.buffer_target}"
            yield RaisedFinding("below-buffer", subject, message, evidence)
        elif pool.status == "unused":
            yield RaisedFinding("unused-pool", subject, figures, evidence)


def licenses(number: int) -> str:
    """A number of licenses in words."""
    return "1 license" if number == 1 else f"{number} licenses"


def ending_terms(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`term-ending-causes-shortage`: a pool's own term ends, or that of the pool that covers it."""
    day, days = judged.as_of.date(), judged.given.options.ending_days
    for pools in lists_by((pool.account, pool) for pool in judged.pools).values():
        accounts, told = [judged.pool_accounts[pool_id(pool)] for pool in pools], set()
        ends = {end for held in accounts for end in lapses(held.terms, day, days)}
        today = shortages_on(accounts, judged.chains, day) if ends else {}
        for end in sorted(ends):
            then = shortages_on(accounts, judged.chains, end)
            for pool in pools:
                short = then.get(pool.license_id, 0)
                if short > today.get(pool.license_id, 0) and pool.license_id not in told:
                    told.add(pool.license_id)
                    message = f"{licenses(short)} short from {end}, with {pool.charged} used as today"
                    evidence = judged.evidence(pool)
                    yield RaisedFinding("term-ending-causes-shortage", pool_subject(pool), message, evidence)


def closing(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`false-shortage` where transfers close a pool's shortage whole; what they leave is the smart account's."""
    for row in judged.shortages:
        if row.closed == row.pool.shortage:
            message = f"{licenses(row.closed)} short; its smart account closes that by {row.proposal}"
            yield RaisedFinding("false-shortage", pool_subject(row.pool), message, judged.evidence(row.pool))
    open_ = ((row.pool, (row.pool.shortage or 0) - row.closed) for row in judged.shortages)
    left = lists_by(((pool.smart_account, pool.license_id), (pool, units)) for pool, units in open_ if units)
    unknown = {(pool.smart_account, pool.license_id) for pool in judged.pools if pool.status == "owned-unknown"}
    for (smart, license_id), short in left.items():
        if (smart, license_id) in unknown:
            continue  # what the other accounts own may close it
        name = short[0][0].license
        subject = Subject(kind="account", id=f"{smart or '-'}/{name}")
        message = f"{sum(units for _, units in short)} x {name} still short after all transfers"
        evidence = [line for pool, _ in short for line in judged.evidence(pool)]
        yield RaisedFinding("shortage-of-smart-account", subject, message, evidence)


def substitutions(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`substitution-disagreement`: CSSM lends other units than our chains do."""
    for row in judged.substitutions:
        if row.cssm_as_of and row.units != row.cssm_units:
            subject = Subject(kind="pool", id=f"{row.smart_account or '-'}/{row.virtual_account}/{row.license}")
            message = f"CSSM lends it {row.cssm_units} of {row.substituted_by}, we compute {row.units}"
            yield RaisedFinding("substitution-disagreement", subject, message)


def tiers(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`tier-mismatch`: deployed tiers against bought ones."""
    for pool, message in wrong_tiers(judged.pools, judged.matcher):
        yield RaisedFinding("tier-mismatch", pool_subject(pool), message, judged.evidence(pool))
