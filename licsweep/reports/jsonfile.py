"""JSON: the envelope licsweep/report-KIND/1; each table a list of objects under its name, what is not known null."""

from datetime import date, datetime

from licsweep import codec
from licsweep.reports.view import Cell, Report, values


def render(report: Report) -> bytes:
    data = {
        "title": report.title,
        "statement": f"{report.headline} {report.statement}",
        "as_of": _plain(report.as_of),
        "coverage": values(report.coverage),
        "cards": [values(card) for card in report.cards],
    }
    for table in report.tables:
        data[table.name.replace("-", "_")] = [
            {key: _plain(cell) for key, cell in record.items()} for record in table.records()
        ]
    return (codec.envelope(f"report-{report.kind}", data) + "\n").encode()


def _plain(cell: Cell) -> str | int | None:
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%dT%H:%M:%SZ}"
    return cell.isoformat() if isinstance(cell, date) else cell
