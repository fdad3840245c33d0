"""`licsweep metrics`."""

import click

from licsweep.cli.common import Run
from licsweep.cli.render import Out, formats

READABLE = 0o644  # a collector of another user reads it


@click.command()
@formats("prom")
def command(run: Run, out: Out) -> None:
    """Write the metrics of the project for Prometheus, from what the store holds.

    The file is replaced whole and others may read it, for node_exporter's textfile collector (-o FILE.prom). In a
    folder it is named licsweep.prom. docs/how-to/monitoring.md lists metrics and alert rules.
    """
    from licsweep.jobs.monitor import monitored
    from licsweep.reports.metrics import render

    out.put(render(monitored(run.project())), mode=READABLE)
