"""`licsweep show`."""

from datetime import datetime
from pathlib import Path

import click

from licsweep import serialization
from licsweep.cli.common import MOMENT, Run, shared
from licsweep.cli.parse import as_table
from licsweep.cli.render import plain, put


@click.command()
@click.argument("host")
@click.option("--as-of", type=MOMENT, help="What was known at a date (its end) or a timestamp.")
@click.option("--raw", is_flag=True, help="Print the stored texts with numbered lines.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write (default: stdout).")
@shared
def command(run: Run, host: str, as_of: datetime | None, raw: bool, form: str, output: Path | None) -> None:
    """Show one product instance: its last attempt, its newest good observation, the lines that printed it."""
    from licsweep.jobs import store_queries

    state, captures = store_queries.host(run.project(), host, as_of)
    if raw:
        put("\n".join(_numbered(one.command, one.text) for one in captures) or "no text is stored", output)
        return
    if form == "json":
        put(serialization.envelope("show", serialization.plain(state)), output)
        return
    head = f"{state.hostname}: last try ended {state.outcome}" + (f" ({plain(state.reason)})" if state.reason else "")
    body = as_table(state.observation) if state.observation else "it never gave a usable answer"
    put(f"{head}\n\n{body}", output)


def _numbered(asked: str, text: str) -> str:
    lines = [f"{number:5}  {plain(line)}" for number, line in enumerate(text.splitlines(), 1)]
    return "\n".join([f"--- {plain(asked)}", *lines])
