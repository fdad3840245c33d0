"""`licsweep snapshots`."""

import click

from licsweep import serialization
from licsweep.cli.common import Run
from licsweep.cli.render import Out, data_options, outcomes


@click.command()
@data_options
def command(run: Run, out: Out) -> None:
    """List the sweeps and ingests in the store, oldest first."""
    from licsweep.store import reading

    with reading(run.project()) as store:
        found = store.snapshots()
    rows = [serialization.plain(one) | {"told": outcomes(one.outcomes)} for one in found]
    out.rows("snapshots", rows, whole=found)
