"""The terminal's view: the headline figures, the statement, and of each table what fits: first rows, first columns."""

import textwrap
from itertools import islice

from licsweep.clean_text import clean
from licsweep.reports.plain_tables import text_table, width
from licsweep.reports.view import Report, Table, shown

ROWS = 20


def render(report: Report) -> bytes:
    parts = [f"{report.title}, as of {report.as_of:%Y-%m-%d %H:%M} UTC", ""]
    parts += [f"{card.title:>24}  {card.value}  ({card.note})" for card in report.cards]
    parts += ["", f"{report.headline} {report.statement}", ""]
    parts = [textwrap.fill(clean(part), width(), subsequent_indent=" " * 4) for part in parts]
    parts += [*map(_table, report.tables), "Whole tables, all columns: --format html, xlsx, csv or json\n"]
    return "\n".join(parts).encode()


def _table(table: Table) -> str:
    rows = [[shown(*cell) for cell in row] for row in islice(table.cells(), ROWS)]
    numbers = {at for at, column in enumerate(table.columns) if column.kind in ("int", "bar")}
    grid = text_table([column.heading for column in table.columns], rows, right=numbers, cut=True)
    more = f"\n... and {len(table.rows) - ROWS} more rows" if len(table.rows) > ROWS else ""
    return f"{table.title} ({len(table.rows)})\n{grid if rows else table.empty}{more}\n"
