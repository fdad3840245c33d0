"""`report contradictions` and `report review`: what an auditor asks first, and the checklist of a quarter."""

from collections import Counter

from licsweep.position_types import JudgementResult
from licsweep.reports.build import Figures, Records, counted, distribution
from licsweep.reports.view import values


def contradictions(result: JudgementResult) -> tuple[Figures, dict[str, Records]]:
    """The five numbers of every license, and each difference with its cause."""
    rows = result.contradictions
    causes = [
        {**values(cause), "smart_account": row.smart_account, "license": row.license}
        for row in rows
        for cause in row.causes
    ]
    open_ = [cause for cause in causes if cause["cause"] == "unexplained"]
    figures = {"licenses": len(rows), "differences": len(causes), "unexplained": len(open_)}
    return figures, {"numbers": map(values, rows), "causes": causes}


def review(result: JudgementResult) -> tuple[Figures, dict[str, Records]]:
    """The rows of the checklist, and how many each part has."""
    rows = result.review
    since: Counter[str] = Counter(row.since or "" for row in rows)
    figures = {"rows": len(rows) - since["gone"], "new": since["new"], "gone": since["gone"]}
    figures["nobody"] = sum(row.owner is None and row.since != "gone" for row in rows)
    parts = distribution(counted(row.section for row in rows if row.since != "gone"))
    return figures, {"parts": parts, "checklist": map(values, rows)}
