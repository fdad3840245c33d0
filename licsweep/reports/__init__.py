"""Reports: a kind builds a neutral `Report`, a format renders it; importing this needs neither jinja2 nor xlsxwriter.

report = KINDS["usage"](result, generated_at=now)     (or another kind)
write(report, "html", Path("out"))  -> the files written
render(report, "json")              -> the text for stdout (table, csv, json)
"""

from functools import partial

from licsweep.reports import (
    actions,
    audit,
    contract,
    estate,
    index,
    renewal,
    reporting,
    transfers,
    transition,
    usage,
)
from licsweep.reports.build import build
from licsweep.reports.view import Report
from licsweep.reports.write import FORMATS, data_of, format_of, render, write

__all__ = ["FORMATS", "KINDS", "Report", "data_of", "format_of", "render", "write"]

KINDS = {
    "actions": partial(build, "actions", actions.contents, data=actions.data),
    "index": partial(build, "index", index.contents),
    "usage": partial(build, "usage", usage.contents),
    "estate": partial(build, "estate", estate.contents),
    "reporting": partial(build, "reporting", reporting.contents),
    "renewal": partial(build, "renewal", renewal.contents),
    "transition": partial(build, "transition", transition.contents),
    "transfers": partial(build, "transfers", transfers.contents),
    "contradictions": partial(build, "contradictions", audit.contradictions),
    "review": partial(build, "review", audit.review),
    "contract": partial(build, "contract", contract.contents, data=contract.data),
}
