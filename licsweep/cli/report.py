"""`licsweep report`."""

from datetime import datetime
from pathlib import Path

import click

from licsweep import files
from licsweep.cli.common import MOMENT, Run, shared
from licsweep.cli.render import put
from licsweep.reports import FORMATS, KINDS, format_of, render, write


@click.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.option("--format", "form", type=click.Choice(FORMATS), help="Default: the suffix of -o, else table.")
@click.option("-o", "--output", type=click.Path(), help="A file, or a folder (ending with /); html and xlsx need one.")
@click.option("--snapshot", type=int, help="Report only this snapshot.")
@click.option("--as-of", type=MOMENT, help="A date (its end) or a timestamp (default: now).")
@shared
def command(
    run: Run, kind: str, form: str | None, output: str | None, snapshot: int | None, as_of: datetime | None
) -> None:
    """Write a report.

    usage: licenses, pools, every line that a figure rests on. estate: state of the boxes. transition: the way to Smart
    Licensing Using Policy, in the order of work. transfers: licenses to move between virtual accounts, what remains
    short, and what to remove from CSSM. contract: what agreements entitle to, what the next True Forward would charge.
    CSV in a folder is one file per table.
    """
    from licsweep.jobs import judge

    made = judge.report(run.project(), kind, as_of=as_of, snapshot_id=snapshot)
    if output is None:
        put(render(made, form or "table"))
        return
    if output.endswith("/"):
        files.make_folder(Path(output))
    for path in write(made, format_of(Path(output), form), Path(output)):
        put(str(path))
