"""Reports: a kind builds a neutral `Report`, a format renders it; importing this needs neither jinja2 nor xlsxwriter.

report = usage.build(result, generated_at=now)        (or another kind)
write(report, "html", Path("out"))  -> the files written
render(report, "json")              -> the text for stdout (table, csv, json)
"""

from licsweep.reports import estate, transfers, transition, usage
from licsweep.reports.view import Report
from licsweep.reports.write import FORMATS, render, write

__all__ = ["FORMATS", "KINDS", "Report", "render", "write"]

KINDS = {
    "usage": usage.build,
    "estate": estate.build,
    "transition": transition.build,
    "transfers": transfers.build,
}
