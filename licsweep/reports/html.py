"""HTML: one file, no script, no external asset; a policy in the page itself forbids both.

Everything passes through Jinja2's autoescape; the only markup that does not is our own style sheet. A table shows its
first columns and rows; the other columns stand behind the row, the other rows in the other formats.
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from licsweep.model import Record
from licsweep.reports.pictures import Shape, picture
from licsweep.reports.view import Cell, Column, Report, Table, Tone, layout, shown, tone_of
from licsweep.version import VERSION

COLUMNS = 7
ROWS = 100
PRINTED_ROWS = 15


class _Cell(Record):
    title: str
    text: str
    look: str
    href: str | None = None
    share: str | None = None


class _Row(Record):
    cells: list[_Cell]
    anchor: str | None
    tone: Tone
    picture: list[Shape]


def render(report: Report) -> bytes:
    tables = report.of("page")
    targets = {table.name: {str(cell) for cell in table.of_kind("ref") if cell is not None} for table in report.tables}
    sections = [(table, list(_rows(table, targets))) for table in tables]
    return filled(
        "licsweep.reports",
        "report.html.j2",
        report=report,
        sections=sections,
        columns=COLUMNS,
        printed=PRINTED_ROWS,
        coverage=len(layout()["coverage_cards"]),
    )


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


def _rows(table: Table, targets: dict[str, set[str]]) -> Iterator[_Row]:
    """The first rows, and of those beyond them each that a link of the other table leads to."""
    open_anchors = set(targets[table.name])
    most = max(map(_size, table.of_kind("bar")), default=0)
    for at, cells in enumerate(table.cells()):
        anchors = [str(value) for value, column in cells if column.kind == "ref" and str(value) in open_anchors]
        if at >= ROWS and not anchors:
            continue
        open_anchors.difference_update(anchors)
        states = [tone_of(str(value)) for value, column in cells if column.kind == "state" and value is not None]
        record = {column.key: value for value, column in cells}
        yield _Row(
            cells=[_cell(*cell, targets, most) for cell in cells],
            anchor=f"{table.name}-{anchors[0]}" if anchors else None,
            tone=states[0] if states else "quiet",
            picture=picture(table.picture, record) if table.picture else [],
        )


def _cell(value: Cell, column: Column, targets: dict[str, set[str]], most: int) -> _Cell:
    text = shown(value, column)
    look: str = column.kind
    href = share = None
    if value is None:
        look += " missing"
    elif look == "state":
        look += f" {tone_of(text)}"
    elif look == "bar":
        share = f"{100 * _size(value) / most:.1f}"
    elif look == "file":
        href = text
    elif look == "ref":
        href = f"#{column.ref}-{text}" if text in targets[column.ref] else None
    return _Cell(title=column.heading, text=text, look=look, href=href, share=share)


def _size(value: Cell) -> int:
    return value if isinstance(value, int) else 0
