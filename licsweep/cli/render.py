"""Data on stdout or into a file: a table for people, JSON in the envelope, or CSV. Device text is made harmless."""

import csv
import functools
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from licsweep import files, serialization
from licsweep.reports.defuse import clean, for_csv

Row = Mapping[str, Any]


def titled(keys: str, **renamed: str) -> dict[str, str]:
    """The columns of a table: each key with its title, which is the key's own words unless it is `renamed`."""
    return {key: renamed.get(key) or key.replace("_", " ").capitalize() for key in keys.split()}


@dataclass(frozen=True, slots=True)
class Out:
    """Where a verb's data go, and in which form: `table`, `json` or `csv`."""

    form: str = "table"
    path: Path | None = None

    def put(self, text: str) -> None:
        """Puts out a text that is ready."""
        put(text, self.path)

    def rows(self, kind: str, found: Sequence[Row], columns: Mapping[str, str]) -> None:
        """Puts out rows; `columns` maps key to title and gives their order."""
        if self.form == "json":
            self.put(serialization.envelope(kind, list(found)))
        else:
            self.put(_csv(found, columns) if self.form == "csv" else table(found, columns))


def data_options(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--format` and `-o`; the verb gets them as `out`."""

    @click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write (default: stdout).")
    @click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table")
    @functools.wraps(verb)
    def wrapped(*args: Any, form: str, output: Path | None, **options: Any) -> Any:
        return verb(*args, out=Out(form, output), **options)

    return wrapped


def put(text: str, output: Path | None = None) -> None:
    """Prints or writes; OutputError where the file can't be written."""
    if output is None:
        click.echo(text, nl=not text.endswith("\n"))
        return
    files.write(output, text if text.endswith("\n") else text + "\n")


def _csv(found: Sequence[Row], columns: Mapping[str, str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns.values())
    for row in found:
        values = [row.get(key) for key in columns]
        writer.writerow([for_csv(value) if isinstance(value, str) else value for value in values])
    return out.getvalue()


def table(found: Sequence[Row], columns: Mapping[str, str], title: str | None = None) -> str:
    """A plain table as text, as wide as the terminal (160 columns in a pipe)."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for heading in columns.values():
        made.add_column(heading, overflow="fold")
    for row in found:
        made.add_row(*(Text(plain(row.get(key))) for key in columns))
    width = None if sys.stdout.isatty() else 160
    console = Console(file=io.StringIO(), width=width, force_terminal=False, no_color=True)
    console.print(made)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in text.splitlines())


def plain(value: Any) -> str:
    """A value as one harmless line: no control characters reach the terminal."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return clean(str(value))
