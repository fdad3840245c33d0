"""Reports: a kind builds a neutral `Report`, a format renders it; what is imported here is loaded when used.

report = KINDS["usage"](result, generated_at=now)     (or another kind)
write(report, "html", Path("out"))  -> the files written
render(report, "json")              -> the text for stdout (table, csv, json)
"""

from typing import TYPE_CHECKING

from licsweep.late import homes

if TYPE_CHECKING:
    from licsweep.reports.formats import FORMATS, format_of
    from licsweep.reports.kinds import KINDS
    from licsweep.reports.rendering import data_of, render, write
    from licsweep.reports.view import Report

__all__ = ["FORMATS", "KINDS", "Report", "data_of", "format_of", "render", "write"]
__getattr__ = homes(
    __name__,
    {
        "kinds": ("KINDS",),
        "view": ("Report",),
        "formats": ("FORMATS", "format_of"),
        "rendering": ("data_of", "render", "write"),
    },
)
