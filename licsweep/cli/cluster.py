"""`licsweep cluster`."""

import click

from licsweep.cli.common import Run, shared


@click.group()
def command() -> None:
    """Sweep from several machines: certificates, the scheduler, the workers (docs/how-to/several-collectors.md)."""


@command.command("certificates")
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="How long they are valid.")
@shared
def certificates(run: Run, days: int) -> None:
    """Make ca.pem, scheduler.pem, worker.pem and client.pem in the folder of the setting `certificates`.

    The authority's key is not kept: new certificates replace all of them. A machine gets ca.pem and its role's file.
    """
    from licsweep.jobs import cluster

    for path in cluster.certificates(run.project(may_begin=True), days):
        click.echo(str(path))


@command.command("scheduler")
@click.argument("url")
@shared
def scheduler(run: Run, url: str) -> None:
    """Run a scheduler at URL (tls://ADDRESS:PORT; without certificates tcp://127.0.0.1:PORT) until Ctrl-C."""
    from licsweep.jobs import cluster

    cluster.scheduler(run.project(may_begin=True), url, lambda at: run.say(f"workers and sweeps reach it at {at}"))


@command.command("worker")
@click.argument("url")
@click.option("--collector", default="default", show_default=True, help="Whose hosts it reaches: their `collector:`.")
@shared
def worker(run: Run, url: str, collector: str) -> None:
    """Sweep hosts for the scheduler at URL, with this project's inventory, credentials and host keys, until Ctrl-C."""
    from licsweep.jobs import cluster

    cluster.worker(run.project(), url, collector, lambda at: run.say(f"collector {collector} is ready at {at}"))
