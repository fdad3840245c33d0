"""Rows as plain text: a table for a terminal, or CSV. What device texts could do to either is taken out here."""

import csv
import io
import re
import shutil
import textwrap
from collections.abc import Collection, Iterable, Sequence

from licsweep.clean_text import clean, one_line
from licsweep.reports.defuse import for_csv

WITHOUT_TERMINAL, NARROWEST = 160, 80
_GAP, _WIDEST = 2, 20
_NUMBER = re.compile(r"[-+]?[0-9]+(,[0-9]{3})*(\.[0-9]+)?( %)?")


def width() -> int:
    """Columns of the terminal, never less than 80; without a terminal 160, or what COLUMNS says."""
    return max(NARROWEST, shutil.get_terminal_size((WITHOUT_TERMINAL, 0)).columns)


def folded(text: str, indent: int = 0) -> str:
    """A text in lines as wide as the terminal, all but the first indented."""
    return textwrap.fill(clean(text), width(), subsequent_indent=" " * indent, break_on_hyphens=False)


def csv_text(headings: Iterable[str], rows: Iterable[Iterable[object]], line_end: str = "\r\n") -> str:
    """CSV with a heading; texts are defused, None is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=line_end)
    writer.writerow(headings)
    writer.writerows([for_csv(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return out.getvalue()


def text_table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, title: str | None = None, spare: Collection[int] = ()
) -> str:
    """A table as wide as the terminal: numbers stand at the right, long cells are folded between words.

    Where the columns have no room, those in `spare` are left out first, then the last ones; a line below names them.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    columns = [[one_line(cell) for cell in column] for column in zip(headings, *rows, strict=True)]
    widths = _widths(columns, width(), spare)
    # the gap is a column of its own: rich before 15 adds the padding of the edges to a given width
    made = Table(title=title, title_justify="left", title_style="", box=None, padding=0)
    for at, room in widths.items():
        numbers = [cell for cell in columns[at][1:] if cell != "-"]
        right = bool(numbers) and all(map(_NUMBER.fullmatch, numbers))
        if made.columns:
            made.add_column(width=_GAP)
        made.add_column(Text(columns[at][0]), width=room, overflow="fold", justify="right" if right else "left")
    for row in range(1, len(rows) + 1):
        made.add_row(*[cell for at in widths for cell in ("", Text(columns[at][row]))][1:])
    console = Console(width=width(), no_color=True, file=io.StringIO())
    with console.capture() as capture:
        console.print(made)
    gone = ", ".join(heading for at, heading in enumerate(headings) if at not in widths)
    left_out = [folded(f"(no room for: {gone}; --format csv or json has all)")] if gone else []
    return "\n".join([*map(str.rstrip, capture.get().splitlines()), *left_out])


def _widths(columns: Sequence[Sequence[str]], room: int, spare: Collection[int]) -> dict[int, int]:
    """The width of each column that has room: 20 at least where its cells need as many."""
    from rich.cells import cell_len

    wanted = [max(map(cell_len, column)) for column in columns]
    words = [max(map(cell_len, column[0].split()), default=0) for column in columns]
    cells = [max(map(cell_len, column[1:]), default=0) for column in columns]
    least = [min(_WIDEST, max(pair)) for pair in zip(words, cells, strict=True)]
    kept = list(range(len(columns)))
    for at in (*spare, *(at for at in reversed(kept[1:]) if at not in spare)):
        if sum(least[at] + _GAP for at in kept) - _GAP > room:
            kept.remove(at)
    left = room + _GAP - sum(least[at] + _GAP for at in kept)
    widths = dict.fromkeys(kept, 0)
    for number, at in enumerate(sorted(kept, key=lambda at: wanted[at] - least[at])):
        widths[at] = least[at] + min(wanted[at] - least[at], left // (len(kept) - number))
        left -= widths[at] - least[at]
    return widths
