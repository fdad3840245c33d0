"""JSON: the envelope licsweep/report-KIND/1; each table a list of objects under its name, what is not known null."""

from licsweep import serialization
from licsweep.reports.view import Report, plain, values


def render(report: Report) -> bytes:
    data = {
        "title": report.title,
        "statement": f"{report.headline} {report.statement}",
        "as_of": plain(report.as_of),
        "coverage": values(report.coverage),
        "cards": [values(card) for card in report.cards],
    }
    for table in report.tables:
        data[table.name.replace("-", "_")] = [
            {key: plain(cell) for key, cell in record.items()} for record in table.records()
        ]
    return (serialization.envelope(f"report-{report.kind}", data) + "\n").encode()
