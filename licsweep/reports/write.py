"""A report to its files, or to text for stdout."""

from importlib import import_module
from pathlib import Path

from licsweep import files
from licsweep.errors import UsageError
from licsweep.reports.view import Report

# Each module renders a report; it is imported only when its format is asked for.
_MODULES = {"html": "html", "xlsx": "xlsx", "csv": "csvfile", "json": "jsonfile", "table": "text"}
_TEXT = ("table", "csv", "json")
FORMATS = tuple(_MODULES)


def render(report: Report, format: str) -> str:
    """The text of `table`, `csv` (the main table) or `json`; UsageError for the formats that are files."""
    if format not in _TEXT:
        raise UsageError(
            f"a report in {format} does not go to a terminal",
            why="html and xlsx are files",
            hint=f"licsweep report {report.kind} --format {format} -o FILE",
        )
    return _rendered(report, format).decode()


def write(report: Report, format: str, path: Path) -> tuple[Path, ...]:
    """Write `format` to `path`, a file or a folder that exists; the files written, the main one first.

    In a folder the name tells kind and date (licsweep-usage-2026-11-24.html), and CSV gets one file a table.
    A file appears whole or not at all. Raises OutputError where it can't be written.
    """
    if not path.is_dir():
        return (_save(path, _rendered(report, format)),)
    stem = path / f"licsweep-{report.kind}-{report.as_of:%Y-%m-%d}"
    if format != "csv":
        suffix = "txt" if format == "table" else format
        return (_save(stem.with_name(f"{stem.name}.{suffix}"), _rendered(report, format)),)

    from licsweep.reports import csvfile

    tables = sorted(report.tables, key=lambda table: table is not report.main_table)
    return tuple(_save(stem.with_name(f"{stem.name}-{t.name}.csv"), csvfile.render_table(t)) for t in tables)


def _rendered(report: Report, format: str) -> bytes:
    if format not in _MODULES:
        raise UsageError(f"unknown format {format!r}", why=f"known: {', '.join(FORMATS)}")
    rendered: bytes = import_module(f"licsweep.reports.{_MODULES[format]}").render(report)
    return rendered


def _save(path: Path, content: bytes) -> Path:
    files.write(path, content)
    return path
