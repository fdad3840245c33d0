"""`report renewal`: what is owned month by month over a year, from dates known today, against what is in use now."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from licsweep.position_types import JudgementResult, OwnedTerm
from licsweep.reports.build import Figures, Records
from licsweep.reports.view import values
from reconcile.grouping import lists_by
from reconcile.pools.terms import holdings

MONTHS = 12


def contents(result: JudgementResult) -> tuple[Figures, dict[str, Records]]:
    """Licenses of a smart account by month, and every term with its subscription or order."""
    day = result.judgement.as_of.date()
    months = [_later(day, month) for month in range(MONTHS + 1)]
    rows = sorted(_licenses(result, months), key=lambda row: (row["short_from"] or date.max, row["license"]))
    ends = [row for row in result.owned_terms if row.counted_as in ("owned", "future") and row.term.end]
    later = sorted(ends, key=lambda row: (row.term.end or date.max, row.license_id, row.virtual_account))
    terms = [{**values(row.entitlement), **values(row.term), "counted_as": row.counted_as} for row in later]
    terms = [{**row, "days_left": (row["end"] - day).days} for row in terms]
    figures = {
        "licenses": len(rows),
        "lacking": sum(row["short_from"] is not None for row in rows),
        "terms": sum(row["end"] <= months[-1] for row in terms),
        **{f"m{at}": f"{month:%b %Y}" for at, month in enumerate(months)},
    }
    return figures, {"months": rows, "terms": terms, "subscriptions": map(values, result.subscriptions)}


def _licenses(result: JudgementResult, months: Sequence[date]) -> Iterator[dict[str, Any]]:
    """A row for each license that is not billed by use; what is in use counts after substitution as it is today."""
    terms = lists_by(((row.smart_account, row.license_id), row) for row in result.owned_terms)
    pools = lists_by(((pool.smart_account, pool.license_id), pool) for pool in result.judgement.pools)
    for key, held in pools.items():
        if any(pool.unlimited for pool in held):
            continue
        known = all(pool.owned is not None for pool in held)
        owned = [_owned(terms.get(key, ()), month) if known else None for month in months]
        used = sum(pool.charged + pool.lent - pool.borrowed for pool in held)
        lacking = [month for month, units in zip(months, owned, strict=True) if units is not None and units < used]
        yield {
            "smart_account": key[0],
            "license": held[0].license,
            "charged": used,
            "short_from": min(lacking, default=None),
            "lacks": max(0, used - min(units or 0 for units in owned)) if known else None,
            **{f"m{at}": units for at, units in enumerate(owned)},
        }


def _owned(rows: Sequence[OwnedTerm], day: date) -> int:
    return holdings([row.term for row in rows], day, 0).owned


def _later(day: date, months: int) -> date:
    """The first of a later month; this day itself for 0."""
    year, month = divmod(day.month - 1 + months, 12)
    return day if months == 0 else date(day.year + year, month + 1, 1)
