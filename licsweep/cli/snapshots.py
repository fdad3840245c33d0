"""`licsweep snapshots`."""

import click

from licsweep import serialization
from licsweep.cli.common import Run, shared
from licsweep.cli.render import Out, data_options, titled

COLUMNS = titled(
    "id kind state started_at ended_at selected told selection",
    id="Snapshot",
    started_at="Started",
    ended_at="Ended",
    selected="Hosts",
    told="Outcomes",
)


@click.command()
@data_options
@shared
def command(run: Run, out: Out) -> None:
    """List the sweeps and ingests in the store, oldest first."""
    from licsweep.jobs import store_queries

    found = []
    for one in store_queries.snapshots(run.project()):
        row = serialization.plain(one)
        told = ", ".join(f"{number} {outcome}" for outcome, number in sorted(one.outcomes.items()))
        found.append(row if out.form == "json" else row | {"told": told})
    out.rows("snapshots", found, COLUMNS)
