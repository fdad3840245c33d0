"""`report usage`: what is used, what is owned, and the printed line behind every figure."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime

from licsweep.judged import Pool, Use
from licsweep.reports.owned import owned_table
from licsweep.reports.parts import EVIDENCE, clock_table, coverage_cards, outcome_table, unanswered_table
from licsweep.reports.view import Card, Column, Position, Report, Table, hours, make_table, values

PoolKey = tuple[str | None, str, str | None]

HEADLINE = "This is a statement of use. It is unsigned and cannot be imported into CSSM."
STATEMENT = (
    "It says what the product instances printed about themselves, and which line printed it. It does not report use "
    "to Cisco and meets no reporting deadline. What CSSM imports are the RUM reports that each product instance signs "
    "itself: files that the box writes with its own command 'license smart save usage', or that it hands to CSLU or "
    "SSM On-Prem. Nothing in this document replaces them."
)

_STATUS_ORDER = ("shortage", "covered-by-substitution", "below-buffer", "ok", "unused")

_POOLS = (
    Column("pool", "Pool", "ref", ref="lines"),
    Column("smart_account", "Smart account"),
    Column("virtual_account", "Virtual account"),
    Column("license", "Licence"),
    Column("status", "Status", "state", missing="owned not known"),
    Column("owned", "Owned", "int"),
    Column("in_use", "In use", "int"),
    Column("in_use_stale", "Of that stale", "int"),
    Column("in_evaluation", "In evaluation", "int"),
    Column("reserved", "Reserved", "int"),
    Column("charged", "Charged", "int"),
    Column("balance", "Balance", "int"),
    Column("shortage", "Shortage", "int"),
    Column("buffer_target", "Buffer target", "int"),
    Column("borrowed", "Borrowed", "int"),
    Column("lent", "Lent", "int"),
    Column("unlimited", "No limit", "bool"),
    Column("lines_in_use", "Sum of lines", "int"),
    Column("cssm_in_use", "In use by CSSM", "int"),
    Column("cssm_as_of", "CSSM's figure of", "datetime"),
    Column("oldest_capture", "Oldest capture", "datetime"),
)
_LINES = (
    Column("hostname", "Product instance"),
    Column("pool", "Pool", "ref", missing="no pool", ref="pools"),
    Column("license", "Licence", missing="not matched"),
    Column("count", "Count", "int"),
    Column("counted_as", "Counted as", "state"),
    Column("status", "Printed status"),
    Column("name", "Feature name", "code", missing="not printed"),
    Column("entitlement_tag", "Entitlement tag", "code", missing="not printed"),
    Column("matched_by", "Matched by"),
    *EVIDENCE,
    Column("captured_at", "Captured", "datetime"),
    Column("age_hours", "Age, hours", "int"),
    Column("stale", "Stale", "bool"),
    Column("snapshot", "Snapshot", missing="no line recorded"),
)
_OUTSIDE = (
    Column("hostname", "Product instance"),
    Column("why", "Why"),
    Column("name", "Feature name", "code", missing="not printed"),
    Column("entitlement_tag", "Entitlement tag", "code", missing="not printed"),
    Column("count", "Count", "int"),
    Column("status", "Printed status"),
    Column("virtual_account", "Virtual account"),
    *EVIDENCE,
    Column("captured_at", "Captured", "datetime"),
)
_CSSM = (
    Column("hostname", "Product instance"),
    Column("license", "Licence"),
    Column("used", "In use", "int"),
    Column("cssm", "Charged by CSSM", "int", missing="not listed"),
    Column("explanation", "Explanation", "state"),
    Column("captured_at", "Captured", "datetime"),
    Column("acknowledged_at", "Last acknowledged", "datetime", missing="never"),
    Column("cssm_as_of", "CSSM's figure of", "datetime"),
    Column("smart_account", "Smart account"),
    Column("virtual_account", "Virtual account"),
)


def build(position: Position, *, generated_at: datetime) -> Report:
    """The usage report."""
    (judgement, uses), states = (position.reconciled.judgement, position.reconciled.uses), position.states
    pools = sorted(judgement.pools, key=_pool_order)
    numbers: dict[PoolKey, str] = {_key(pool): f"P{n}" for n, pool in enumerate(pools, 1)}
    sums = _sums(uses)
    lines = Counter(use.hostname for use in uses)
    return Report(
        kind="usage",
        title="Licence usage",
        headline=HEADLINE,
        statement=STATEMENT,
        generated_at=generated_at,
        as_of=judgement.as_of,
        coverage=judgement.coverage,
        cards=(*coverage_cards(judgement, states), *_pool_cards(pools, uses, sums)),
        tables=(
            outcome_table(judgement.coverage),
            unanswered_table(states, lines, judgement.as_of),
            _pool_table(pools, numbers, sums),
            clock_table(
                "instances",
                "Product instances and their reporting clock",
                judgement.instances,
                {state.hostname: state for state in states},
                judgement.as_of,
                note="Overdue first; before them those whose service stops when a report is late. "
                "The line shown is the one that the state or the deadline was read from.",
            ),
            _outside_table(uses, numbers),
            make_table(
                "cssm",
                "Where CSSM charges another number than is in use",
                _CSSM,
                map(values, position.reconciled.position),
                note="CSSM knows what a box last reported; unexplained is what neither the dates nor the accounts, "
                "peers, serials and names explain.",
                empty="Nowhere, or no export of CSSM's product instances was imported.",
            ),
            owned_table(position.entitlements, {numbers[_key(pool)]: pool for pool in pools}, judgement.as_of.date()),
            _line_table(uses, numbers, judgement.as_of),
        ),
        main="pools",
    )


def _key(record: Pool | Use) -> PoolKey:
    return record.smart_account, record.virtual_account, record.license_id


def _pool_order(pool: Pool) -> tuple[int, str, str, str]:
    return _STATUS_ORDER.index(pool.status), pool.smart_account or "~", pool.virtual_account, pool.license


def _sums(uses: Sequence[Use]) -> dict[PoolKey, int]:
    """In use by pool, added up again from the lines: printed beside the judgement's figure."""
    sums: dict[PoolKey, int] = defaultdict(int)
    for use in uses:
        if use.counted_as == "in_use":
            sums[_key(use)] += use.count or 0
    return sums


def _pool_cards(pools: Sequence[Pool], uses: Sequence[Use], sums: dict[PoolKey, int]) -> tuple[Card, ...]:
    entitled = _entitled(pools)
    short = [pool.shortage for pool in pools if pool.shortage and pool.smart_account in entitled]
    stale = sum(pool.in_use_stale for pool in pools)
    uncounted = sum(use.count is None and use.counted_as != "legacy" for use in uses)
    wrong = sum(pool.in_use != sums.get(_key(pool), 0) for pool in pools)
    return (
        Card("Licence lines", str(len(uses)), f"{uncounted} of them without a printed count; {len(pools)} pools"),
        Card("Pools short", str(len(short)), f"licences short: {sum(short)}", "bad" if short else "good"),
        Card("Stale in use", str(stale), "counted from hosts that did not answer", "warn" if stale else "good"),
        Card(
            "Pools that add up",
            f"{len(pools) - wrong} of {len(pools)}",
            "in use is the sum of the pool's lines",
            "bad" if wrong else "good",
        ),
    )


def _pool_table(pools: Sequence[Pool], numbers: dict[PoolKey, str], sums: dict[PoolKey, int]) -> Table:
    entitled = _entitled(pools)
    unknown = dict.fromkeys(("owned", "balance", "shortage", "buffer_target", "status", "borrowed", "lent"))
    records = (
        {
            **values(pool),
            "pool": numbers[_key(pool)],
            "lines_in_use": sums.get(_key(pool), 0),
            **({} if pool.smart_account in entitled else unknown),
        }
        for pool in pools
    )
    return make_table(
        "pools",
        "Pools",
        _POOLS,
        records,
        note="Balance = owned + borrowed - lent - charged; charged is, per instance, the larger of in use and "
        "reserved. A pool's number leads to the printed lines behind its figures; the sum of lines is in use, added "
        "up again from them. Owned is not known where nothing was imported for the smart account.",
    )


def _entitled(pools: Sequence[Pool]) -> set[str | None]:
    """The smart accounts behind which an import stands: elsewhere zeros mean that nobody said what is owned."""
    return {
        pool.smart_account
        for pool in pools
        if pool.owned or pool.demo or pool.future or pool.unlimited or pool.cssm_as_of or pool.cssm_in_use is not None
    }


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
    return make_table(
        "outside",
        "Unmatched, ambiguous and legacy licences",
        _OUTSIDE,
        ({**values(use), **_where(use), "why": why} for use, why in outside),
        note="These lines were printed and are in no pool that CSSM knows, or it is not certain in which one.",
        empty="Every printed licence stands in a pool.",
    )


def _line_table(uses: Sequence[Use], numbers: dict[PoolKey, str], as_of: datetime) -> Table:
    def order(use: Use) -> tuple[int, str, str, int]:
        number = numbers.get(_key(use))
        return int(number[1:]) if number else len(numbers) + 1, use.hostname, use.capture or "", use.line or 0

    return make_table(
        "lines",
        "Every licence line",
        _LINES,
        (
            {
                **values(use),
                "pool": numbers.get(_key(use)),
                **_where(use),
                "age_hours": hours(as_of, use.captured_at),
            }
            for use in sorted(uses, key=order)
        ),
        note="One row is one licence as one product instance printed it. The printed count is the number; it is "
        "never multiplied. Rows stand by pool.",
    )
