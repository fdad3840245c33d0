"""`licsweep snapshots`."""

from pathlib import Path

import click

from licsweep import codec
from licsweep.cli.common import Run, shared
from licsweep.cli.render import data_options, rows

COLUMNS = {
    "id": "Snapshot",
    "kind": "Kind",
    "state": "State",
    "started_at": "Started",
    "ended_at": "Ended",
    "selected": "Hosts",
    "told": "Outcomes",
    "selection": "Selection",
}


@click.command()
@data_options
@shared
def command(run: Run, form: str, output: Path | None) -> None:
    """The sweeps and ingests in the store, oldest first."""
    from licsweep.jobs import look

    found = []
    for one in look.snapshots(run.project()):
        row = codec.plain(one)
        told = ", ".join(f"{number} {outcome}" for outcome, number in sorted(one.outcomes.items()))
        found.append(row if form == "json" else row | {"told": told})
    rows("snapshots", found, COLUMNS, form, output)
