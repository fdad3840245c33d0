"""`report transfers`: licenses to move between virtual accounts, what no move closes, and what to remove from CSSM."""

from licsweep.position_types import CleanUp, Exposure, JudgementResult
from licsweep.reports.build import Figures, Records
from licsweep.reports.view import values


def contents(result: JudgementResult) -> tuple[Figures, dict[str, Records]]:
    """The transfer lists, the shortages and exposure that remain, and the clean-up list for CSSM."""
    judgement = result.judgement
    short = [pool.shortage for pool in judgement.pools if pool.shortage]
    figures = {
        "short": len(short),
        "units_short": sum(short),
        "transfers": len(judgement.transfers_to_close),
        "closed": sum(row.closes for row in judgement.transfers_to_close),
        "units": sum(row.units for row in judgement.exposure),
        "clean_up": len(result.clean_up),
    }
    return figures, {
        "close": map(values, judgement.transfers_to_close),
        "restore-buffer": map(values, judgement.transfers_to_restore_buffer),
        "shortages": (
            {**values(row.pool), "closed_whole": row.closed == row.pool.shortage, "proposal": row.proposal}
            for row in result.shortages
        ),
        "exposure": map(_exposed, judgement.exposure),
        "clean-up": map(values, sorted(result.clean_up, key=_place)),
    }


def _place(row: CleanUp) -> tuple[str, ...]:
    return row.reason, row.smart_account or "", row.virtual_account or "", row.pid or "", row.sn or "", row.name or ""


def _exposed(row: Exposure) -> dict[str, object]:
    later = ", ".join(f"{each.units} from {each.date}" for each in row.covered_from)
    return {**values(row), "covered_from": later or None}
