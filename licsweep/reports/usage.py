"""`report usage`: what is used, what is owned, and the printed line behind every figure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from licsweep.position_types import JudgementResult, OwnedTerm, Pool, Use
from licsweep.reports.common_tables import build_report, clock_table, unanswered_table
from licsweep.reports.view import Card, Report, Table, alarm_card, hours, make_table, values

PoolKey = tuple[str | None, str, str | None]

_STATUS_ORDER = ("shortage", "owned-unknown", "covered-by-substitution", "below-buffer", "ok", "unused")


def build(result: JudgementResult, *, generated_at: datetime) -> Report:
    """The usage report."""
    judgement, uses = result.judgement, result.uses
    pools = sorted(judgement.pools, key=_pool_order)
    numbers: dict[PoolKey, str] = {_key(pool): f"P{n}" for n, pool in enumerate(pools, 1)}
    sums = _sums(uses)
    tables = (
        unanswered_table(result),
        _pool_table(pools, numbers, sums),
        clock_table("instances", judgement.instances, result),
        _outside_table(uses, numbers),
        make_table("substitutions", map(values, result.substitutions)),
        make_table("cssm", map(values, result.cssm_differences)),
        _owned_table(result.owned_terms, numbers),
        _line_table(uses, numbers, judgement.as_of),
    )
    return build_report("usage", result, generated_at, _cards(pools, uses, sums), tables)


def _key(record: Pool | Use | OwnedTerm) -> PoolKey:
    return record.smart_account, record.virtual_account, record.license_id


def _pool_order(pool: Pool) -> tuple[int, str, str, str]:
    return _STATUS_ORDER.index(pool.status), pool.smart_account or "~", pool.virtual_account, pool.license


def _sums(uses: Sequence[Use]) -> Counter[PoolKey]:
    """In use by pool, added up again from the lines: printed beside the judgement's figure."""
    sums: Counter[PoolKey] = Counter()
    for use in uses:
        if use.counted_as == "in_use":
            sums[_key(use)] += use.count or 0
    return sums


def _cards(pools: Sequence[Pool], uses: Sequence[Use], sums: Counter[PoolKey]) -> tuple[Card, ...]:
    short = [pool.shortage for pool in pools if pool.shortage]
    unknown = sum(pool.status == "owned-unknown" for pool in pools)
    stale = sum(pool.in_use_stale for pool in pools)
    uncounted = sum(use.count is None and use.counted_as != "legacy" for use in uses)
    wrong = sum(pool.in_use != sums[_key(pool)] for pool in pools)
    return (
        Card("License lines", str(len(uses)), f"{uncounted} of them without a printed count; {len(pools)} pools"),
        alarm_card("Pools short", len(short), f"licenses short: {sum(short)}", "bad"),
        alarm_card("Owned not known", unknown, "pools of accounts of which nothing was imported", "warn"),
        alarm_card("Stale in use", stale, "counted from hosts that did not answer", "warn"),
        Card(
            "Pools that add up",
            f"{len(pools) - wrong} of {len(pools)}",
            "in use is the sum of the pool's lines",
            "bad" if wrong else "good",
        ),
    )


def _pool_table(pools: Sequence[Pool], numbers: dict[PoolKey, str], sums: Counter[PoolKey]) -> Table:
    return make_table(
        "pools",
        ({**values(pool), "pool": numbers[_key(pool)], "lines_in_use": sums[_key(pool)]} for pool in pools),
    )


def _where(use: Use) -> dict[str, str | None]:
    """Snapshot and command of the capture that a line stands in; a capture's reference is snapshot/host/command."""
    snapshot, found, command = (use.capture or "").partition(f"/{use.hostname}/")
    return {"snapshot": snapshot if found else None, "command": command if found else use.capture}


def _why_outside(use: Use, numbers: dict[PoolKey, str]) -> str | None:
    """Why a line is in no pool for certain; None where it is, or where it is printed as not used."""
    if use.counted_as == "not_counted" and use.count is not None:
        return None
    if use.counted_as == "legacy":
        return "legacy: not visible in CSSM"
    if use.license_id is None:
        return use.matched_by
    return None if _key(use) in numbers else "no pool"


def _outside_table(uses: Sequence[Use], numbers: dict[PoolKey, str]) -> Table:
    found = ((use, _why_outside(use, numbers)) for use in uses)
    outside = sorted((p for p in found if p[1]), key=lambda p: (p[1], p[0].hostname, p[0].line or 0))
    return make_table("outside", ({**values(use), **_where(use), "why": why} for use, why in outside))


def _owned_table(terms: Iterable[OwnedTerm], numbers: dict[PoolKey, str]) -> Table:
    """One row a term of an entitlement, with file, row and date of export, by pool."""
    ordered = sorted(terms, key=lambda row: int(numbers[_key(row)][1:]))
    records = (
        {**values(row.entitlement), **values(row.term), "pool": numbers[_key(row)], "counted_as": row.counted_as}
        for row in ordered
    )
    return make_table("owned", records)


def _line_table(uses: Sequence[Use], numbers: dict[PoolKey, str], as_of: datetime) -> Table:
    def order(use: Use) -> tuple[int, str, str, int]:
        number = numbers.get(_key(use))
        return int(number[1:]) if number else len(numbers) + 1, use.hostname, use.capture or "", use.line or 0

    records = (
        {**values(use), "pool": numbers.get(_key(use)), **_where(use), "age_hours": hours(as_of, use.captured_at)}
        for use in sorted(uses, key=order)
    )
    return make_table("lines", records)
