"""Findings about how accounts are cut: families in the wrong one, licenses in fragments, accounts for everything."""

import re
from collections.abc import Iterator
from statistics import median

from licsweep.position_types import Pool, Subject
from reconcile.findings.raised import RaisedFinding, instance_subject, pool_subject
from reconcile.grouping import lists_by, sets_by, sums_by
from reconcile.instances.account_assignment import UNASSIGNED
from reconcile.judgement_context import JudgementContext
from reconcile.pools.pools import MOST_EVIDENCE, Account, evidence_of, pool_id
from reconcile.tables.tables import norm

HOSTS_NAMED = 5


def wrong_families(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`wrong-product-family`: of a box that uses it, else of a pool that only holds it."""
    wrong: dict[tuple[Account, str], str] = {}
    idle: dict[tuple[Account, str], Pool] = {}
    for pool in judged.pools:
        if message := _wrong(pool.account, pool.license_id, judged):
            wrong[pool.account, pool.license_id] = message
            if pool.owned:
                idle[pool.account, pool.license_id] = pool
    for use in judged.uses if wrong else ():
        key = (use.account, use.license_id or "")
        if key in wrong and use.counted_as != "not_counted":
            idle.pop(key, None)
            said = f"{use.license}: {wrong[key]}"
            yield RaisedFinding("wrong-product-family", instance_subject(use.hostname), said, evidence_of([use]))
    for key, pool in idle.items():
        yield RaisedFinding("wrong-product-family", pool_subject(pool), wrong[key])


def _wrong(account: Account, license_id: str, judged: JudgementContext) -> str | None:
    row, family = judged.accounts.names.row(*account), judged.matcher.family(license_id)
    if not row or not row.families or not family:
        return None
    mine = _plain(family)
    if any(mine.startswith(_plain(wanted)) or _plain(wanted).startswith(mine) for wanted in row.families):
        return None
    return f"{family} is not what {row.name} is for ({', '.join(row.families)})"


def _plain(family: str) -> str:
    """A family as families are compared: `Catalyst 9000` takes in C9300, `ISR4000` is of ISR."""
    text = re.sub(r"\W|_", "", norm(family))
    return re.sub(r"^catalyst(?=\d)", "c", text).removesuffix("000")


def unknown_ownership(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`entitlements-missing` of a smart account of which nothing was imported; `unassigned-use`."""
    counted = (use for use in judged.uses if use.counted_as in ("in_use", "reserved"))
    used = sums_by((use.smart_account, use.count or 0) for use in counted)
    homeless = (pool for pool in judged.pools if pool.virtual_account == UNASSIGNED and pool.charged)
    unassigned = lists_by((pool.smart_account, pool) for pool in homeless)
    for smart, number in used.items():
        subject = Subject(kind="account", id=smart or "-")
        if not judged.accounts.anything_bought(smart):
            message = f"{number} licenses are used, and nothing was imported of what is owned"
            yield RaisedFinding("entitlements-missing", subject, message)
        if pools := unassigned.get(smart):
            units = ", ".join(f"{pool.charged} x {pool.license}" for pool in pools)
            lines = [use for pool in pools for use in judged.pool_accounts[pool_id(pool)].uses]
            hosts = list(dict.fromkeys(use.hostname for use in lines))
            more = f" and {len(hosts) - HOSTS_NAMED} more" if len(hosts) > HOSTS_NAMED else ""
            message = (
                f"{units} used in no known virtual account by {', '.join(hosts[:HOSTS_NAMED])}{more}; write"
                " `data: {virtual_account: NAME}` into the inventory entries"
            )
            yield RaisedFinding("unassigned-use", subject, message, evidence_of(lines[:MOST_EVIDENCE]))


def _placed(judged: JudgementContext) -> Iterator[Pool]:
    """The pools of known accounts."""
    return (pool for pool in judged.pools if pool.smart_account and pool.virtual_account != UNASSIGNED)


def fragmented(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`fragmentation` of a license over many small pools."""
    limits = judged.tables.limits
    owning = (pool for pool in _placed(judged) if pool.owned and not pool.unlimited)
    holding = lists_by(((pool.smart_account, pool.license), pool.owned or 0) for pool in owning)
    for (smart, name), held in holding.items():
        middle = median(held)
        if len(held) >= limits.get("fragmentation_accounts", 5) and middle <= limits.get("fragmentation_median", 10):
            said = f"{len(held)} virtual accounts hold {sum(held)} of {name}, half of them {middle:g} or fewer"
            yield RaisedFinding("fragmentation", Subject(kind="account", id=f"{smart}/{name}"), said)


def too_broad(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`too-broad` for a virtual account of many product families, unless accounts.yaml says which ones it is for."""
    charged = ((pool.account, judged.matcher.family(pool.license_id)) for pool in _placed(judged) if pool.charged)
    for (smart, virtual), found in sets_by((account, family) for account, family in charged if family).items():
        row = judged.accounts.names.row(smart, virtual)
        if len(found) >= judged.tables.limits.get("too_broad_families", 5) and not (row and row.families):
            said = f"{len(found)} product families report into it: {', '.join(sorted(found))}"
            yield RaisedFinding("too-broad", Subject(kind="account", id=f"{smart}/{virtual}"), said)
