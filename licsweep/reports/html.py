"""HTML: one file, no script, no external asset; a policy in the page itself forbids both.

Everything passes through Jinja2's autoescape; the only markup that does not is our own style sheet.
"""

import hashlib
import math
from base64 import b64encode
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from licsweep.reports.view import Cell, Report, Table, Tone, layout, shown, tone_of
from licsweep.version import VERSION

_FIRST_COLUMN = 12
_WIDTH_STEP = 20


def render(report: Report) -> bytes:
    targets = {table.name: {str(cell) for cell in table.of_kind("ref") if cell is not None} for table in report.tables}
    sections = [(table, *_layout(table), _rows(table, targets)) for table in report.tables]
    return filled("licsweep.reports", "report.html.j2", report=report, sections=sections)


def filled(package: str, template: str, *styles: str, **context: Any) -> bytes:
    """A page of a package's template, with the style sheet of reports and its own after it."""
    environment = Environment(
        loader=PackageLoader(package, ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sheets = [files("licsweep.reports").joinpath("report.css"), *(files(package).joinpath(name) for name in styles)]
    css = "".join(sheet.read_text("utf-8") for sheet in sheets)
    page = environment.get_template(template).render(
        version=VERSION,
        css=Markup(css),  # noqa: S704 - files of our packages
        style_hash=b64encode(hashlib.sha256(css.encode()).digest()).decode(),
        **context,
    )
    return page.encode()


def _layout(table: Table) -> tuple[int, list[str]]:
    """The least width of a table in rem, in steps that the style sheet knows, and its columns' shares of it."""
    widths = [layout()["widths"][column.kind] for column in table.columns]
    widths[0] = min(_FIRST_COLUMN, 1.5 * widths[0])
    return math.ceil(sum(widths) / _WIDTH_STEP) * _WIDTH_STEP, [f"{100 * width / sum(widths):.2f}%" for width in widths]


def _rows(table: Table, targets: dict[str, set[str]]) -> list[dict[str, Any]]:
    """Rows ready to print; the first row of each value of a ref column is where links of the other table lead."""
    open_anchors = set(targets[table.name])
    most = max(map(_size, table.of_kind("bar")), default=0)
    rows = []
    for row in table.cells():
        anchor: str | None = None
        tone: Tone = "quiet"
        cells = []
        for value, column in row:
            text = shown(value, column)
            look: str = column.kind
            href = share = None
            if value is None:
                look += " missing"
            elif look == "state":
                tone = tone_of(text)
                look += f" {tone}"
            elif look == "bar":
                share = f"{100 * _size(value) / most:.1f}"
            elif look == "ref":
                href = f"#{column.ref}-{text}" if text in targets[column.ref] else None
                anchor = f"{table.name}-{text}" if text in open_anchors else None
                open_anchors.discard(text)
            cells.append({"text": text, "look": look, "href": href, "share": share})
        rows.append({"anchor": anchor, "tone": tone, "cells": cells})
    return rows


def _size(value: Cell) -> int:
    return value if isinstance(value, int) else 0
