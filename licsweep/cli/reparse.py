"""`licsweep reparse`."""

import click

from licsweep.cli.common import Run
from licsweep.cli.render import Out, data_options
from licsweep.cli.sweep import counts

SHOWN = 10


@click.command()
@click.argument("snapshot", type=int, required=False)
@data_options
def command(run: Run, snapshot: int | None, out: Out) -> None:
    """Parse stored captures again with the current templates: those of SNAPSHOT, else the newest of each host.

    A new snapshot is added; the older results stay.
    """
    from licsweep.jobs import reparse

    collected, changed = reparse.reparse(run.project(), snapshot)
    counts(run, "reparse", collected, out, changed=changed)
    named = f": {', '.join(changed[:SHOWN])}" + (" ..." if len(changed) > SHOWN else "")
    run.say(f"{len(changed)} hosts read differently than at first" + (named if changed else ""))
