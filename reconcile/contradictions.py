"""Used, reported, in use per CSSM, owned, entitled: a license of a smart account by five records, and why they differ.

A number is compared with the next one that is stated; numbers further apart differ by the causes between them.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from licsweep.contract_types import SuitePosition
from licsweep.position_types import CssmDifference, Pool
from licsweep.review_types import Contradiction, DifferenceCause
from reconcile.grouping import lists_by, sums_by
from reconcile.judgement_context import JudgementContext
from reconcile.pools.pools import pool_id
from reconcile.tables.tables import norm

NUMBERS = ("used", "reported", "cssm_in_use", "owned", "entitled")
Key = tuple[str, str]


def contradictions(judged: JudgementContext, differences: Sequence[CssmDifference]) -> tuple[Contradiction, ...]:
    """A row for each license of each smart account; `differences` are those of its instances with CSSM's."""
    listed, suites = _listed(judged, differences), dict(_suites(judged))
    grouped = lists_by(((norm(pool.smart_account or ""), pool.license_id), pool) for pool in judged.pools)
    acknowledged = _acknowledged(judged)
    return tuple(
        replace(_row(judged, pools, listed.get(key), suites.get(key)), **acknowledged.get(key, {}))
        for key, pools in grouped.items()
    )


def _acknowledged(judged: JudgementContext) -> dict[Key, dict[str, Any]]:
    """What the courier's ledger knows as acknowledged of instances of today, and the oldest date of it."""
    smart = {udi.sn: norm(case.place.smart_account or "") for case in judged.instances for udi in case.unit.udis}
    known = (
        ((smart[report.sn], judged.matcher.printed(report.entitlement_tag).license_id or ""), (report, at))
        for report, at in judged.given.acknowledged
        if report.sn in smart and report.count is not None
    )
    return {
        key: {"acknowledged": sum(one.count or 0 for one, _ in rows), "acknowledged_as_of": min(at for _, at in rows)}
        for key, rows in lists_by(known).items()
    }


class _Listed(NamedTuple):
    """What CSSM lists of a license at product instances, and by how much that differs from use for which cause."""

    units: int
    as_of: datetime | None
    causes: Counter[str]


def _listed(judged: JudgementContext, differences: Sequence[CssmDifference]) -> dict[Key, _Listed]:
    names, named = judged.accounts.names, judged.matcher.named
    rows = [(norm(names.owner(row.smart_account, row.virtual_account or "") or ""), row) for row in judged.cssm.rows]
    units = sums_by(((smart, named(held.license)), held.quantity) for smart, row in rows for held in row.licenses)
    causes: dict[Key, Counter[str]] = {}
    for one in differences:
        key = (norm(one.smart_account or ""), named(one.license))
        causes.setdefault(key, Counter())[one.explanation] += (one.cssm or 0) - one.used
    for row, _, reason in judged.strangers:
        smart = norm(names.owner(row.smart_account, row.virtual_account or "") or "")
        for held in row.licenses:
            causes.setdefault((smart, named(held.license)), Counter())[reason] += held.quantity
    for case in judged.instances:
        place, known = case.place, judged.accounts.instances_known
        for use in () if place.rows or known(place.smart_account, place.virtual_account) else case.uses:
            if use.license_id and use.counted_as == "in_use":
                key = (norm(place.smart_account or ""), use.license_id)
                causes.setdefault(key, Counter())["instances-not-imported"] -= use.count or 0
    contacts = lists_by((smart, row.last_contact) for smart, row in rows)
    oldest = {smart: min(filter(None, dates), default=None) for smart, dates in contacts.items()}
    return {
        key: _Listed(units[key], oldest[key[0]], causes.get(key, Counter()))
        for key in {*units, *causes}
        if key[0] in oldest
    }


def _suites(judged: JudgementContext) -> Iterator[tuple[Key, SuitePosition]]:
    """The suites of one license; what a suite of several entitles to is of none of them alone."""
    for agreement in judged.agreements:
        for suite in agreement.suites:
            if len(suite.licenses) == 1 and suite.licenses[0].weight == 1 and not agreement.virtual_accounts:
                yield (norm(agreement.smart_account or ""), judged.matcher.named(suite.licenses[0].license)), suite


def _row(
    judged: JudgementContext, pools: Sequence[Pool], listed: _Listed | None, suite: SuitePosition | None
) -> Contradiction:
    bought = (row for pool in pools for row in judged.pool_accounts[pool_id(pool)].entitlements)
    stated = [pool.cssm_in_use for pool in pools if pool.cssm_in_use is not None]
    owned = [pool.owned for pool in pools if pool.owned is not None]
    row = Contradiction(
        smart_account=pools[0].smart_account,
        license=pools[0].license,
        used=sum(pool.in_use for pool in pools),
        used_as_of=min((pool.oldest_capture for pool in pools if pool.oldest_capture), default=None),
        reported=listed.units if listed else None,
        reported_as_of=listed.as_of if listed else None,
        cssm_in_use=sum(stated) if stated else None,
        cssm_as_of=min((pool.cssm_as_of for pool in pools if pool.cssm_as_of), default=None),
        owned=sum(owned) if len(owned) == len(pools) else None,
        owned_as_of=min((row.exported_at for row in bought if row.exported_at), default=None),
        entitled=suite.entitled if suite else None,
        entitled_as_of=(suite.next_true_forward or judged.as_of.date()) if suite else None,
    )
    known = [name for name in NUMBERS if getattr(row, name) is not None]
    causes: list[DifferenceCause] = []
    for first, second in pairwise(known):
        left = int(getattr(row, second) - getattr(row, first))
        for cause, units in _causes(first, second, left, row, pools, listed, suite):
            left -= units
            causes += [DifferenceCause(first=first, second=second, cause=cause, units=units)] if units else []
        causes += [DifferenceCause(first=first, second=second, cause="unexplained", units=left)] if left else []
    return replace(row, causes=tuple(causes))


def _causes(
    first: str,
    second: str,
    more: int,
    row: Contradiction,
    pools: Sequence[Pool],
    listed: _Listed | None,
    suite: SuitePosition | None,
) -> Iterator[tuple[str, int]]:
    """What explains that the second number is `more` than the first one; what is left over is unexplained."""
    if second == "reported" and listed:
        yield from ((cause, units) for cause, units in sorted(listed.causes.items()) if cause != "unexplained")
    elif second == "cssm_in_use":
        reserved = sum(pool.reserved for pool in pools)
        at = row.reported_as_of if first == "reported" else row.used_as_of
        if reserved and more == reserved:
            yield "reservation", more
        elif at and row.cssm_as_of and abs(row.cssm_as_of - at) > timedelta(days=1):
            yield "changed-since", more
    elif second == "owned" or first != "owned":  # what is there beside what is used
        if more > 0 or any(pool.unlimited for pool in pools):
            yield "unused" if more > 0 else "billed-by-usage", more
        else:
            borrowed = min(-more, sum(pool.borrowed for pool in pools))
            yield "substitution", -borrowed
            yield "shortage", more + borrowed
    elif suite:
        covered = min(max(0, -more), int(suite.covered_elsewhere))
        yield "covered-by-subscription", -covered
        yield "starts-later", min(max(0, more), sum(pool.future or 0 for pool in pools))
