"""Findings about how accounts are cut: families in the wrong one, licenses in fragments, accounts for everything."""

import re
from collections.abc import Iterable, Sequence
from statistics import median

from licsweep.position_types import Pool, Subject, Use
from reconcile.attribution import UNASSIGNED
from reconcile.findings import Raised
from reconcile.instance_findings import instance, of_uses
from reconcile.matching import Matcher
from reconcile.names import Names
from reconcile.pool_findings import subject_of
from reconcile.pools import Account
from reconcile.tables import Tables, norm


def raise_families(raised: Raised, pools: Iterable[Pool], uses: Iterable[Use], names: Names, matcher: Matcher) -> None:
    """`wrong-product-family`: of a box that uses it, else of a pool that only holds it."""
    wrong: dict[tuple[Account, str], str] = {}
    idle: dict[tuple[Account, str], Pool] = {}
    for pool in pools:
        account = (pool.smart_account, pool.virtual_account)
        if message := _wrong(account, pool.license_id, names, matcher):
            wrong[account, pool.license_id] = message
            if pool.owned:
                idle[account, pool.license_id] = pool
    for use in uses if wrong else ():
        key = ((use.smart_account, use.virtual_account), use.license_id or "")
        if key in wrong and use.counted_as != "not_counted":
            idle.pop(key, None)
            said = f"{use.license}: {wrong[key]}"
            raised.add("wrong-product-family", instance(use.hostname), said, of_uses([use]))
    for key, pool in idle.items():
        raised.add("wrong-product-family", subject_of(pool), wrong[key])


def _wrong(account: Account, license_id: str, names: Names, matcher: Matcher) -> str | None:
    row, family = names.row(*account), matcher.family(license_id)
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


def raise_shapes(raised: Raised, pools: Sequence[Pool], names: Names, matcher: Matcher, tables: Tables) -> None:
    """`fragmentation` of a license over many small pools, `too-broad` for an account of many product families."""
    limits = tables.limits
    holding: dict[tuple[str, str], list[Pool]] = {}
    families: dict[tuple[str, str], set[str]] = {}
    for pool in pools:
        if not pool.smart_account or pool.virtual_account == UNASSIGNED:
            continue
        if pool.owned and not pool.unlimited:
            holding.setdefault((pool.smart_account, pool.license), []).append(pool)
        family = matcher.family(pool.license_id)
        if family and pool.charged:
            families.setdefault((pool.smart_account, pool.virtual_account), set()).add(family)
    for (smart, name), held in holding.items():
        middle = median(pool.owned for pool in held)
        if len(held) >= limits.get("fragmentation_accounts", 5) and middle <= limits.get("fragmentation_median", 10):
            owned = sum(pool.owned for pool in held)
            said = f"{len(held)} virtual accounts hold {owned} of {name}, half of them {middle:g} or fewer"
            raised.add("fragmentation", Subject(kind="account", id=f"{smart}/{name}"), said)
    for (smart, virtual), found in families.items():
        row = names.row(smart, virtual)
        if len(found) >= limits.get("too_broad_families", 5) and not (row and row.families):
            said = f"{len(found)} product families report into it: {', '.join(sorted(found))}"
            raised.add("too-broad", Subject(kind="account", id=f"{smart}/{virtual}"), said)
