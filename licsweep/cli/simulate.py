"""`licsweep simulate`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from licsweep.cli.common import Number, Run, shared

if TYPE_CHECKING:
    from licsweep.simulator.estate import SimulatedEstate


@click.command()
@click.option(
    "--devices", type=click.IntRange(1, 10000), default=64, show_default=True, help="At least 8 without --design."
)
@click.option(
    "--design",
    type=click.Path(exists=True, file_okay=False, resolve_path=True),
    help="Folder of an estate of your own (docs/adding-a-platform.md) instead of the packaged one.",
)
@click.option("--bind", "network", metavar="NET", help="Part of 127.0.0.0/8; each device gets its own address there.")
@click.option("--latency-ms", type=Number(0, 10000), default=0, help="Round-trip time.")
@click.option("--fault", "faults", multiple=True, metavar="KIND:FRACTION", help="Devices with that fault; repeatable.")
@click.option(
    "--write-project", "folder", type=click.Path(path_type=Path, file_okay=False), help="Folder for a ready project."
)
@shared
def command(run: Run, folder: Path | None, **wanted: Any) -> None:
    """Run the simulated network alone, with a ready project, until Ctrl-C. Kinds of fault: docs/reliability.md.

    The devices accept LICSWEEP_PASSWORD and LICSWEEP_ENABLE_SECRET if they are set, else passwords made for this run.
    """
    from licsweep.jobs import simulate

    def ready(estate: "SimulatedEstate") -> None:
        run.say(f"{len(estate.devices)} devices are listening; Ctrl-C stops them")
        click.echo(f"export LICSWEEP_USERNAME={estate.username}", err=True)
        for name, variable in simulate.SECRETS.items():
            if os.environ.get(variable):
                run.say(f"{variable} is accepted")
            else:
                click.echo(f"export {variable}={getattr(estate, name)}", err=True)
        if folder:
            click.echo(str(folder))

    simulate.run(folder=folder, ready=ready, **wanted)
