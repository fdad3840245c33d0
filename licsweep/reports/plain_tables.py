"""Rows as plain text: a table for a terminal, or CSV. What device texts could do to either is taken out here."""

import csv
import io
import shutil
import sys
from collections.abc import Collection, Iterable, Sequence

from licsweep.clean_text import one_line
from licsweep.reports.defuse import for_csv

WITHOUT_TERMINAL = 160
_WIDEST = 24


def width() -> int:
    """Columns of the terminal."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else WITHOUT_TERMINAL


def csv_text(headings: Iterable[str], rows: Iterable[Iterable[object]], line_end: str = "\r\n") -> str:
    """CSV with a heading; texts are defused, None is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=line_end)
    writer.writerow(headings)
    writer.writerows([for_csv(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return out.getvalue()


def text_table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    title: str | None = None,
    right: Collection[int] = (),
    cut: bool = False,
) -> str:
    """A table as wide as the terminal (160 columns without one): long cells are folded, columns in `right` are numbers.

    With `cut` the last columns are left out where there is no room for them.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=width(), no_color=True, file=io.StringIO())
    shown = [[one_line(cell) for cell in row] for row in rows]
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    room = console.width
    for at, heading in enumerate(headings):
        needed = max(map(len, (*heading.split(), *(row[at] for row in shown))), default=0)
        room -= 1 + min(_WIDEST, needed)
        if cut and at and room < 0:
            break
        made.add_column(heading, overflow="fold", justify="right" if at in right else "left")
    for row in shown:
        made.add_row(*(Text(cell) for cell in row[: len(made.columns)]))
    with console.capture() as capture:
        console.print(made)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())
