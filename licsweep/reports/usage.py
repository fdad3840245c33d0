"""`report usage`: what is used, what is owned, and the printed line behind every figure."""

from collections.abc import Iterable, Mapping
from typing import Any

from licsweep.position_types import JudgementResult, OwnedTerm, Pool, Use
from licsweep.reports.build import Figures, Records, clocks, trend
from licsweep.reports.view import hours, values
from reconcile.grouping import lists_by, sums_by
from reconcile.instances.states import is_slup

PoolKey = tuple[str | None, str, str | None]

_STATUS_ORDER = ("shortage", "owned-unknown", "covered-by-substitution", "below-buffer", "ok", "unused")


def contents(result: JudgementResult) -> tuple[Figures, dict[str, Records]]:
    """Pools, clocks, entitlements and lines; pools are numbered, and lines and entitlements stand by pool."""
    judgement, uses = result.judgement, result.uses
    pools = sorted(
        judgement.pools,
        key=lambda p: (_STATUS_ORDER.index(p.status), p.smart_account or "~", p.virtual_account, p.license),
    )
    numbers = {_key(pool): number for number, pool in enumerate(pools, 1)}
    # In use by pool, added up again from the lines: printed beside the judgement's figure.
    sums = sums_by((_key(use), use.count or 0) for use in uses if use.counted_as == "in_use")

    def placed(record: Pool | Use | OwnedTerm) -> dict[str, str | None]:
        return {"pool": f"P{numbers[_key(record)]}" if _key(record) in numbers else None}

    by_pool = sorted(
        uses,
        key=lambda u: (numbers.get(_key(u), len(numbers) + 1), u.hostname, u.capture or "", u.line or 0),
    )
    lines = [
        {
            **values(use),
            **_where(use),
            **placed(use),
            "age_hours": hours(judgement.as_of, use.captured_at),
            "why": _why_outside(use, pooled=_key(use) in numbers),
        }
        for use in by_pool
    ]
    short = [pool.shortage for pool in pools if pool.shortage]
    wrong = sum(pool.in_use != sums[_key(pool)] for pool in pools)
    figures = {
        "lines": len(uses),
        "uncounted": sum(use.count is None and use.counted_as != "legacy" for use in uses),
        "pools": len(pools),
        "short": len(short),
        "units_short": sum(short),
        "unknown": sum(pool.status == "owned-unknown" for pool in pools),
        "stale": sum(pool.in_use_stale for pool in pools),
        "wrong": wrong,
        "right": len(pools) - wrong,
    }
    owners = {(row.smart_account, row.virtual_account): row.owner for row in result.owners}
    return figures, {
        "pools": (
            {**values(pool), **placed(pool), "lines_in_use": sums[_key(pool)], "owner": owners.get(pool.account)}
            for pool in pools
        ),
        "pool-trend": _trend(result, pools),
        "instances": clocks(judgement.instances, result),
        "unsigned": list(_unsigned(result, lines)),
        "outside": sorted(
            (line for line in lines if line["why"]),
            key=lambda line: (line["why"], line["hostname"], line["line"] or 0),
        ),
        "substitutions": map(values, result.substitutions),
        "cssm": map(values, result.cssm_differences),
        "alerts": map(values, result.cssm_alerts),
        "owned": (
            {**values(row.entitlement), **values(row.term), **placed(row), "counted_as": row.counted_as}
            for row in sorted(result.owned_terms, key=lambda row: numbers[_key(row)])
        ),
        "lines": lines,
    }


def _trend(result: JudgementResult, pools: Iterable[Pool]) -> Records:
    """Pools on earlier days, those that changed most first; a day on which nothing was charged to a pool is 0."""
    days = dict.fromkeys((one.at for one in result.pool_history), 0)
    found = lists_by(((one.smart_account, one.virtual_account, one.license), one) for one in result.pool_history)
    rows = [
        {
            **values(pool),
            **trend({**days, **{one.at: one.used for one in found.get((*pool.account, pool.license), ())}}),
        }
        for pool in (pools if len(days) > 1 else ())
    ]
    return sorted(rows, key=lambda row: -abs(int(row["last"]) - int(row["first"])))


def _unsigned(result: JudgementResult, lines: Iterable[Mapping[str, Any]]) -> Records:
    """The lines of the product instances that make no RUM report; one without lines has a row of its own."""
    by_host = lists_by((line["hostname"], line) for line in lines)
    seen = {state.hostname: state.observation for state in result.states}
    for instance in result.judgement.instances:
        printed = seen.get(instance.hostname)
        if printed and not is_slup(printed):
            nothing = {"license": None, "name": None, "count": None, "status": None, "captured_at": printed.captured_at}
            for line in by_host.get(instance.hostname) or [nothing]:
                yield {**values(instance), **line, "licensing_model": printed.licensing_model}


def _key(record: Pool | Use | OwnedTerm) -> PoolKey:
    return record.smart_account, record.virtual_account, record.license_id


def _where(use: Use) -> dict[str, str | None]:
    """Snapshot and command of the capture that a line stands in; a capture's reference is snapshot/host/command."""
    snapshot, found, command = (use.capture or "").partition(f"/{use.hostname}/")
    return {"snapshot": snapshot if found else None, "command": command if found else use.capture}


def _why_outside(use: Use, *, pooled: bool) -> str | None:
    """Why a line is in no pool for certain; None where it is, or where it is printed as not used."""
    if use.counted_as == "not_counted" and use.count is not None:
        return None
    if use.counted_as == "legacy":
        return "legacy: not visible in CSSM"
    if use.license_id is None:
        return use.matched_by
    return None if pooled else "no pool"
