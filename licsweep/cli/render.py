"""Data on stdout or into a file: a table for people, JSON in the envelope, or CSV."""

import functools
import io
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from licsweep import files, serialization
from licsweep.clean_text import one_line
from licsweep.cli.common import shared
from licsweep.errors import OutputError
from licsweep.reports.formats import format_of, in_folder
from licsweep.reports.plain_tables import csv_text, text_table

Row = Mapping[str, Any]
_FRACTION = re.compile(r"\b([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\.[0-9]{1,6}(?:Z|\+00:00)")


@functools.cache
def _kinds() -> dict[str, dict[str, str]]:
    """columns.yaml."""
    return serialization.load_yaml_file(Path(__file__).with_name("columns.yaml"), dict[str, dict[str, str]])


def columns(kind: str) -> dict[str, str]:
    """The columns of a kind of rows in their order: key and title."""
    return _kinds()[kind]


@dataclass(frozen=True, slots=True)
class Out:
    """Where a verb writes its data, and in which format: `table`, `json` or `csv`."""

    form: str = "table"
    path: Path | None = None
    new_folder: bool = False

    def put(self, text: str | Iterable[str], *, mode: int = files.OWNER_ONLY) -> None:
        """Writes a finished text, or its parts; a file has this mode."""
        if self.path and self.new_folder:
            files.make_folder(self.path.parent)
        put(text, self.path, mode=mode)

    def rows(self, kind: str, found: Sequence[Any], *, whole: Any = None) -> None:
        """Writes rows of a kind, dicts or records; JSON holds `whole` in their place, a record or several."""
        if self.form == "json":
            self.put(serialization.envelope(kind, _data(found if whole is None else whole)))
        else:
            rows = _data(found)
            cells = ([row.get(key) for key in columns(kind)] for row in rows)
            self.put(csv_text(columns(kind).values(), cells, "\n") if self.form == "csv" else table(kind, rows))

    def tables(self, parts: Sequence[tuple[str, str, Sequence[Any]]], empty: str) -> None:
        """Writes a table for each part (kind, title, rows) that has rows; `empty` is said where none has."""
        shown = [table(kind, _data(list(rows)), title) for kind, title, rows in parts if rows]
        self.put("\n\n".join(shown) or empty)


def formats(*words: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Adds `-o`, `--format` with these words (the first is the default), and the shared options.

    The verb gets the two as `out`. The suffix of a file says its format; in a folder it is named by verb and date.
    """

    def added(verb: Callable[..., Any]) -> Callable[..., Any]:
        @click.option("-o", "--output", help="File, or folder ending with /, to write (default: stdout).")
        @click.option("--format", "form", type=click.Choice(words), help=f"Default: the suffix of -o, else {words[0]}.")
        @shared
        @functools.wraps(verb)
        def wrapped(run: Any, *, form: str | None, output: str | None, **options: Any) -> None:
            out = Out(form or words[0]) if output is None else _file(output, form, words)
            verb(run, out=out, **options)

        return wrapped

    return added


def _file(output: str, asked: str | None, words: Sequence[str]) -> Out:
    """What `-o` says. Raises UsageError."""
    path = Path(output)
    if not (output.endswith("/") or path.is_dir()):
        return Out(format_of(path, asked, words), path)
    form = asked or words[0]
    verb = "-".join(click.get_current_context().command_path.split()[1:])
    dated = f"-{verb}-{datetime.now(UTC):%Y-%m-%d}" if form != "prom" else ""  # the last one is the only one there
    return Out(form, path / in_folder(f"licsweep{dated}", form), new_folder=True)


data_options = formats("table", "json", "csv")


def put(text: str | Iterable[str], output: Path | None = None, *, mode: int = files.OWNER_ONLY) -> None:
    """Prints or writes; OutputError where nothing can be written there."""
    parts = [text if text.endswith("\n") else f"{text}\n"] if isinstance(text, str) else text
    if output is not None:
        files.write(output, parts, mode=mode)
        return
    try:
        for part in parts:
            click.echo(part, nl=False)
    except BrokenPipeError:
        raise
    except OSError as error:
        sys.stdout = io.StringIO()  # what is left of the text is not tried again at exit
        what = f"standard output can't be written: {error.strerror}"
        raise OutputError(what, why="not all of the data was written", hint="-o FILE") from error


def _data(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_data(one) for one in value]
    return value if isinstance(value, dict) else serialization.plain(value)


def table(kind: str, found: Sequence[Row], title: str | None = None) -> str:
    """The rows of a kind as a table for a terminal."""
    cells = [[plain(row.get(key)) for key in columns(kind)] for row in found]
    spare = columns("left-out-first").get(kind, "").split()
    keys = list(columns(kind))
    return text_table(list(columns(kind).values()), cells, title=title, spare=[keys.index(key) for key in spare])


def outcomes(counts: Mapping[str, int]) -> str:
    """How many hosts ended how, in one line."""
    return ", ".join(f"{number} {outcome}" for outcome, number in sorted(counts.items()))


def plain(value: Any) -> str:
    """A value as one line for a terminal: no control characters, nothing very long, moments in whole seconds."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(plain, value)) or "-"
    if isinstance(value, datetime):
        value = value.isoformat(timespec="seconds").replace("+00:00", "Z")
    return one_line(_FRACTION.sub(r"\1Z", str(value)))
