"""`licsweep retire`."""

from typing import Any

import click

from licsweep.clean_text import shell_word
from licsweep.cli.common import START, Run
from licsweep.cli.render import Out, data_options
from licsweep.errors import UsageError


@click.command()
@click.argument("host")
@click.option("--on", "at", type=START, help="From this date (its beginning) or timestamp on (default: now).")
@click.option("--why", help="Reason, kept in the history; required unless --undo.")
@click.option("--reservation-returned", is_flag=True, help="The return code of its reservation was entered in CSSM.")
@click.option("--force", is_flag=True, help="Allow a time before the last capture of the host.")
@click.option("--undo", is_flag=True, help="Count the host again from then on.")
@data_options
def command(run: Run, host: str, why: str | None, undo: bool, out: Out, **given: Any) -> None:
    """Stop counting the licenses of a host that is gone; prints the history of its retirements.

    Its reservations count until they are returned: scrapping a box does not free one, its return code does.
    """
    from licsweep.jobs import retire

    if undo and (given["reservation_returned"] or given["force"]):
        hint = f"licsweep retire {shell_word(host)} --undo"
        raise UsageError("--undo with another flag", why="it only takes --on and --why", hint=hint)
    if not undo and not why:
        raise UsageError("--why is missing", why="a retirement keeps its reason", hint='add --why "replaced by ..."')
    if undo:
        history = retire.undo(run.project(), host, at=given["at"], why=why)
    else:
        history = retire.retire(run.project(), host, why=why or "", **given)
    out.rows("retire", history)
