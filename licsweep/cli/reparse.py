"""`licsweep reparse`."""

import click

from licsweep.cli.common import Run, shared
from licsweep.cli.render import Out, data_options
from licsweep.cli.sweep import counts

SHOWN = 10


@click.command()
@click.argument("snapshot", type=int, required=False)
@data_options
@shared
def command(run: Run, snapshot: int | None, out: Out) -> None:
    """Read stored captures again with today's templates: of a SNAPSHOT, else the newest of each host.

    A new snapshot is added; the older results stay.
    """
    from licsweep.jobs import reparse

    done = reparse.reparse(run.project(), snapshot)
    counts(run, "reparse", done.collected, out, changed=done.changed)
    named = f": {', '.join(done.changed[:SHOWN])}" + (" ..." if len(done.changed) > SHOWN else "")
    run.say(f"{len(done.changed)} hosts read differently than at first" + (named if done.changed else ""))
