"""What every verb shares: the options after the verb, logging, and how errors are told."""

import functools
import io
import json
import logging
import math
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import click

from licsweep import serialization
from licsweep.clean_text import one_line, shell_word
from licsweep.errors import LicsweepError, UsageError
from licsweep.model import Record
from licsweep.settings import FILE_NAME, Project, expanded, load

LEVELS = ("debug", "info", "warning", "error")
PATH = click.Path(path_type=Path)
EXIT_FINDINGS, EXIT_UNUSABLE, EXIT_COVERAGE, EXIT_NOTHING, EXIT_INTERRUPTED = 1, 2, 3, 4, 130


@dataclass(frozen=True, slots=True)
class Talk:
    """How one call talks on stderr: text, or JSON line by line, each line with the id of the run and the verb."""

    json: bool = False
    verb: str = ""
    run_id: str = field(default_factory=lambda: uuid4().hex)

    def note(self, level: str, text: str, **fields: Any) -> None:
        """Writes a line, clean; `fields` are for JSON alone."""
        text = one_line(text)
        fields = {name: one_line(value) if isinstance(value, str) else value for name, value in fields.items()}
        _note(self.line(level, text, **fields) if self.json else text)

    def line(self, level: str, text: str, **fields: Any) -> str:
        """The line as JSON."""
        head = {"at": datetime.now(UTC).isoformat(), "level": level, "run": self.run_id, "verb": self.verb}
        return json.dumps(head | {name: value for name, value in fields.items() if value} | {"message": text})

    def tell(self, error: LicsweepError) -> None:
        """Writes what an error says: three lines of text, or one of JSON."""
        told = {"because": error.why, "try": error.hint}
        if self.json:
            self.note("error", error.what, code=error.code, **told)
            return
        _note(f"licsweep: {error.code}: {one_line(error.what)}")
        for word, text in told.items():
            if text:
                _note(f"  {word}: {one_line(text)}")


class Run(Record):
    """The shared options of one call."""

    folder: Path
    quiet: bool
    color: bool
    talk: Talk = field(default_factory=Talk)

    def project(self, *, may_begin: bool = False, **flags: Any) -> Project:
        """The project with its settings; flags that are None don't count. Raises UsageError where there is none.

        `may_begin`: the verb brings the first thing of a project, so that an empty folder is enough.
        """
        project = load(self.folder, flags)
        if not project.is_set_up and not (may_begin and self.folder.is_dir()):
            from licsweep import store

            if not store.exists(project):
                why = f"it holds no {FILE_NAME}, no inventory and no database"
                hint = f"licsweep init {shell_word(self.folder)}"
                raise UsageError(f"{self.folder.absolute()}: no project", why=why, hint=hint)
        for note in project.notes:
            self.say(note)
        return project

    def say(self, text: str, *, failed: bool = False, **fields: Any) -> None:
        """Prints a note on stderr; with --quiet only what `failed`. `fields` stand beside it in a JSON log."""
        if failed or not self.quiet:
            self.talk.note("warning" if failed else "info", text, **fields)


def agreed(question: str, left: str, because: str) -> bool:
    """Asks at the terminal. Raises UsageError, with what was left undone and why it is asked, where nobody is there."""
    if not sys.stdin.isatty():
        raise UsageError(left, why=f"{because}, and nobody is there to ask", hint="add --yes")
    return click.confirm(question, err=True)


def _note(line: str) -> None:
    """Writes a line on stderr. Where nobody can read it any more, notes are dropped: the work goes on without them."""
    try:
        click.echo(line, err=True)
    except OSError:
        sys.stderr = io.StringIO()


def _open_streams() -> None:
    """Closed standard input and error are empty ones; without a standard output there is nowhere to put data.

    What the terminal's encoding has no letter for is printed as \\xNN, as Python does on standard error.
    """
    sys.stdin = sys.stdin or io.StringIO()
    sys.stderr = sys.stderr or io.StringIO()
    if sys.stdout is None:
        why = "there is nowhere to print to"
        raise UsageError("standard output is closed", why=why, hint="-o FILE, or > /dev/null")
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def shared(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the shared options; the verb gets them as `run`, its LicsweepErrors become three lines and an exit code."""

    @click.option("--project", "project_folder", type=PATH, help="Project folder (default: current directory).")
    @click.option("--quiet", is_flag=True, help="Print data and what failed only; no progress or notes.")
    @click.option("--log-format", type=click.Choice(["text", "json"]), default="text", help="Log format, of notes too.")
    @click.option(
        "--log-level", type=click.Choice(LEVELS), help="Default: warning; of a JSON log info, unless --quiet."
    )
    @click.option("--no-color", is_flag=True, envvar="NO_COLOR", help="Print without colors.")
    @click.option("--debug", is_flag=True, help="Show tracebacks.")
    @functools.wraps(verb)
    def wrapped(*, project_folder: Path | None, quiet: bool, no_color: bool, debug: bool, **options: Any) -> None:
        os.umask(0o077)  # what a run writes is for its owner
        talk = Talk(options.pop("log_format") == "json", click.get_current_context().command_path.partition(" ")[2])
        _log(talk, options.pop("log_level") or ("info" if talk.json and not quiet else "warning"))
        try:
            _open_streams()
            folder = project_folder or click.get_current_context().find_root().params.get("project_folder")
            run = Run(folder=expanded(folder or Path()), quiet=quiet, color=not no_color, talk=talk)
            if (output := options.get("output")) is not None:
                others = (value for name, value in options.items() if name != "output")
                read = [one for value in others for one in (value if isinstance(value, tuple) else (value,))]
                load(run.folder).refuse_output(output, read)
            verb(run, **options)
        except KeyboardInterrupt:
            sys.exit(EXIT_INTERRUPTED)
        except BrokenPipeError:
            sys.exit(0)  # the reader of our pipe has had enough
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            if debug:
                raise
            if not isinstance(error, LicsweepError):
                why = f"{type(error).__name__}: {error}"
                error = LicsweepError("a bug in licsweep", why=why, hint="--debug shows where")
            talk.tell(error)
            sys.exit(error.exit_code)

    return wrapped


def _clean_record(record: logging.LogRecord) -> bool:
    """A filter of log records, of every level: a message and the lines of a traceback are made fit to be shown."""
    with suppress(TypeError, ValueError):  # a library's message that its arguments don't fit
        record.msg = record.getMessage()
    record.msg, record.args = one_line(str(record.msg)), ()
    if record.exc_info and not record.exc_text:
        trace = logging.Formatter().formatException(record.exc_info)
        record.exc_text = "\n".join(one_line(line) for line in trace.split("\n"))
    return True


class _JsonLines(logging.Formatter):
    def __init__(self, talk: Talk) -> None:
        super().__init__()
        self._talk = talk

    def format(self, record: logging.LogRecord) -> str:
        fields = {"logger": record.name, "traceback": record.exc_text} | getattr(record, "fields", {})
        return self._talk.line(record.levelname.lower(), record.getMessage(), **fields)


def _log(talk: Talk, level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_clean_record)
    handler.setFormatter(_JsonLines(talk) if talk.json else logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for noisy in ("paramiko", "netmiko", "nornir", "alembic", "urllib3"):  # what they say is in the outcomes already
        logging.getLogger(noisy).setLevel(logging.CRITICAL if level != "debug" else logging.DEBUG)


def selection_options(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--limit` and `--filter`; the verb gets a Selection as `selection`."""

    @click.option(
        "--limit", multiple=True, metavar="PATTERN", help="Host name pattern, or @file with one pattern per line."
    )
    @click.option(
        "--filter", "filters", multiple=True, metavar="KEY=VALUE", help="Select by platform, group or inventory data."
    )
    @functools.wraps(verb)
    def wrapped(*args: Any, limit: tuple[str, ...], filters: tuple[str, ...], **options: Any) -> Any:
        from licsweep.estate.selection import Selection

        return verb(*args, selection=Selection(limit=limit, filters=filters), **options)

    return wrapped


class Number(click.FloatRange):
    """A number in a range, which nan never is."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number: float = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


def _moment(*, beginning: bool = False) -> Callable[[str], datetime]:
    """A moment that a person types, as the type of an option; the name of the function is what the help shows."""

    def time(text: str) -> datetime:
        try:
            return serialization.moment(text, beginning=beginning)
        except LicsweepError as error:
            raise click.BadParameter(f"{error.what} ({error.why})") from error

    return time


MOMENT = _moment()
START = _moment(beginning=True)
