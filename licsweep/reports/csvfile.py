"""CSV: one table, its column keys as header, UTF-8, ISO dates; texts defused, numbers left numbers."""

from licsweep.reports.plain_tables import csv_text
from licsweep.reports.view import Cell, Column, Report, Table, plain, shown


def render(report: Report) -> bytes:
    """The main table."""
    return render_table(report.main_table)


def render_table(table: Table) -> bytes:
    rows = ([_field(*cell) for cell in row] for row in table.cells())
    return csv_text([column.key for column in table.columns], rows).encode()


def _field(cell: Cell, column: Column) -> str | int:
    value = plain(cell)
    return shown(value, column) if value is None or isinstance(value, bool) else value
