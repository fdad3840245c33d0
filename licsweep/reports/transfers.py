"""`report transfers`: licenses to move between virtual accounts, what no move closes, and what to remove from CSSM."""

from datetime import datetime

from licsweep.position_types import CleanUp, Judgement, JudgementResult, Pool
from licsweep.reports.common_tables import build_report
from licsweep.reports.view import Card, Report, Table, alarm_card, make_table, values
from reconcile.pools.pools import pool_id


def build(result: JudgementResult, *, generated_at: datetime) -> Report:
    """The transfer lists, the shortages and exposure that remain, and the clean-up list for CSSM."""
    judgement, clean_up = result.judgement, result.clean_up
    transfers = {"close": judgement.transfers_to_close, "restore-buffer": judgement.transfers_to_restore_buffer}
    exposure = (
        {**values(row), "money": None if row.money is None else f"{row.money:.2f}"} for row in judgement.exposure
    )
    tables = (
        *(make_table(name, ({**values(r), "from": r.from_} for r in rows)) for name, rows in transfers.items()),
        _short(judgement),
        make_table("exposure", exposure),
        make_table("clean-up", map(values, sorted(clean_up, key=_place))),
    )
    return build_report("transfers", result, generated_at, _cards(judgement, len(clean_up)), tables)


def _cards(judgement: Judgement, clean_up: int) -> tuple[Card, ...]:
    short = [pool.shortage for pool in judgement.pools if pool.shortage]
    closed = sum(row.closes for row in judgement.transfers_to_close)
    units = sum(row.units for row in judgement.exposure)
    return (
        alarm_card("Pools short", len(short), f"licenses short: {sum(short)}", "bad"),
        Card("Transfers", str(len(judgement.transfers_to_close)), f"they close {closed} of the licenses short"),
        alarm_card("Exposure", units, "licenses short of whole smart accounts", "bad"),
        alarm_card("To remove from CSSM", clean_up, "ghosts and replaced serials", "warn"),
    )


def _place(row: CleanUp) -> tuple[str, ...]:
    return row.reason, row.smart_account or "", row.virtual_account or "", row.pid or "", row.sn or "", row.name or ""


def _short(judgement: Judgement) -> Table:
    """Short pools, with whether their smart account closes them whole, and the words of the findings that say how."""
    found = {(f.name, f.subject.id): f.message for f in judgement.findings}

    def row(pool: Pool) -> dict[str, object]:
        closed, open_ = (found.get((name, pool_id(pool))) for name in ("false-shortage", "shortage-of-smart-account"))
        return {**values(pool), "closed_whole": closed is not None, "proposal": closed or open_}

    return make_table("shortages", (row(pool) for pool in judgement.pools if pool.shortage))
