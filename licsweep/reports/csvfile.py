"""CSV: one table, its column keys as header, UTF-8, ISO dates; texts defused, numbers left numbers."""

import csv
import io

from licsweep.reports.defuse import for_csv
from licsweep.reports.view import Cell, Column, Report, Table, plain, shown


def render(report: Report) -> bytes:
    """The main table."""
    return render_table(report.main_table)


def render_table(table: Table) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(column.key for column in table.columns)
    for row in table.rows:
        writer.writerow(_field(cell, column) for cell, column in zip(row, table.columns, strict=True))
    return out.getvalue().encode()


def _field(cell: Cell, column: Column) -> str | int:
    value = plain(cell)
    if value is None or isinstance(value, bool):
        return shown(value, column)
    return for_csv(value) if isinstance(value, str) else value
