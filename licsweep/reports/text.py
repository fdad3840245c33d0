"""The terminal's view: the headline figures, the statement, and of each table what fits: first rows, first columns."""

import io

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from licsweep.reports.view import Report, Table, shown

WIDTH = 160
ROWS = 20
WIDEST = 24


def render(report: Report) -> bytes:
    out = io.StringIO()
    console = Console(file=out, width=WIDTH, color_system=None, markup=False, highlight=False, emoji=False)
    console.print(f"{report.title}, as of {report.as_of:%Y-%m-%d %H:%M} UTC\n")
    for card in report.cards:
        console.print(f"{card.title:>24}  {card.value}  ({card.note})")
    console.print(f"\n{report.headline} {report.statement}\n")
    for table in report.tables:
        console.print(f"{table.title} ({len(table.rows)})")
        console.print(_grid(table) if table.rows else table.empty)
        if len(table.rows) > ROWS:
            console.print(f"... and {len(table.rows) - ROWS} more rows")
        console.print()
    console.print("Whole tables, all columns: --format html, xlsx, csv or json")
    return out.getvalue().encode()


def _grid(table: Table) -> Grid:
    grid = Grid(show_edge=False, pad_edge=False)
    rows = [[shown(cell, c) for cell, c in zip(row, table.columns, strict=True)] for row in table.rows[:ROWS]]
    room = WIDTH
    for at, column in enumerate(table.columns):
        room -= 3 + min(WIDEST, max(len(text) for text in (*column.heading.split(), *(row[at] for row in rows))))
        if room < 0:
            break
        right = column.kind in ("int", "bar")
        grid.add_column(column.heading, justify="right" if right else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(Text(text) for text in row[: len(grid.columns)]))
    return grid
