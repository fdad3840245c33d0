"""`report transfers`: licenses to move between virtual accounts, what no move closes, and what to remove from CSSM."""

from datetime import datetime

from licsweep.position_types import CleanUp, Exposure, Judgement, JudgementResult, ShortPool
from licsweep.reports.common_tables import build_report
from licsweep.reports.view import Card, Report, alarm_card, make_table, values

_MONEY = ("money", "money_with_buffers")


def build(result: JudgementResult, *, generated_at: datetime) -> Report:
    """The transfer lists, the shortages and exposure that remain, and the clean-up list for CSSM."""
    judgement, clean_up = result.judgement, result.clean_up
    transfers = {"close": judgement.transfers_to_close, "restore-buffer": judgement.transfers_to_restore_buffer}
    tables = (
        *(make_table(name, ({**values(r), "from": r.from_} for r in rows)) for name, rows in transfers.items()),
        make_table("shortages", map(_short, result.shortages)),
        make_table("exposure", map(_exposed, judgement.exposure)),
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
        alarm_card("To remove from CSSM", clean_up, "stale and retired product instances, replaced serials", "warn"),
    )


def _place(row: CleanUp) -> tuple[str, ...]:
    return row.reason, row.smart_account or "", row.virtual_account or "", row.pid or "", row.sn or "", row.name or ""


def _short(row: ShortPool) -> dict[str, object]:
    return {**values(row.pool), "closed_whole": row.closed == row.pool.shortage, "proposal": row.proposal}


def _exposed(row: Exposure) -> dict[str, object]:
    money = {key: None if (sum_ := getattr(row, key)) is None else f"{sum_:.2f}" for key in _MONEY}
    later = ", ".join(f"{each.units} from {each.date}" for each in row.covered_from)
    return {**values(row), **money, "covered_from": later or None}
