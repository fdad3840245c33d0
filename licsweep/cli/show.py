"""`licsweep show`."""

from datetime import datetime

import click

from licsweep.cli.common import MOMENT, Run
from licsweep.cli.parse import as_rows
from licsweep.cli.render import Out, data_options, plain, table


@click.command()
@click.argument("host")
@click.option("--as-of", type=MOMENT, help="What was known at a date (its end) or a timestamp.")
@click.option("--raw", is_flag=True, help="Print the stored texts with numbered lines.")
@data_options
def command(run: Run, host: str, as_of: datetime | None, raw: bool, out: Out) -> None:
    """Show one product instance: its last attempt, its newest good observation, the lines that printed it."""
    from licsweep.jobs import store_queries

    state, captures = store_queries.host(run.project(), host, as_of)
    if raw:
        out.put("\n".join(_numbered(one.command, one.text) for one in captures) or "no text is stored")
        return
    rows = as_rows(state.observation) if state.observation else []
    if out.form != "table":
        out.rows("show", rows, whole=state)
        return
    reason = f" ({plain(state.reason)})" if state.reason else ""
    body = table("show", rows) if state.observation else "it never gave a usable answer"
    out.put(f"{state.hostname}: last attempt ended {state.outcome}{reason}\n\n{body}")


def _numbered(asked: str, text: str) -> str:
    lines = [f"{number:5}  {plain(line)}" for number, line in enumerate(text.splitlines(), 1)]
    return "\n".join([f"--- {plain(asked)}", *lines])
