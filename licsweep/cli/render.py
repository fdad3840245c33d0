"""Data on stdout or into a file: a table for people, JSON in the envelope, or CSV."""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from licsweep import files, serialization
from licsweep.clean_text import one_line
from licsweep.reports.plain_tables import csv_text, text_table

Row = Mapping[str, Any]


def titled(keys: str, **renamed: str) -> dict[str, str]:
    """The columns of a table: each key with its title, which is the key's own words unless it is `renamed`."""
    return {key: renamed.get(key) or key.replace("_", " ").capitalize() for key in keys.split()}


@dataclass(frozen=True, slots=True)
class Out:
    """Where a verb writes its data, and in which format: `table`, `json` or `csv`."""

    form: str = "table"
    path: Path | None = None

    def put(self, text: str) -> None:
        """Writes a finished text."""
        put(text, self.path)

    def rows(self, kind: str, found: Sequence[Row], columns: Mapping[str, str]) -> None:
        """Writes rows; `columns` maps key to title and gives their order."""
        if self.form == "json":
            self.put(serialization.envelope(kind, list(found)))
        else:
            cells = ([row.get(key) for key in columns] for row in found)
            self.put(csv_text(columns.values(), cells, "\n") if self.form == "csv" else table(found, columns))


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


def table(found: Sequence[Row], columns: Mapping[str, str], title: str | None = None) -> str:
    """The rows as a table for a terminal."""
    return text_table(list(columns.values()), [[plain(row.get(key)) for key in columns] for row in found], title=title)


def plain(value: Any) -> str:
    """A value as one line for a terminal, without control characters; a long one is cut."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return one_line(str(value))
