"""`licsweep verify`."""

from pathlib import Path

import click

from licsweep.cli.common import PATH, Run, shared
from licsweep.cli.render import put


@click.command()
@click.argument("bundle", type=PATH)
@shared
def command(run: Run, bundle: Path) -> None:  # noqa: ARG001 - a bundle needs no project
    """Judge the inputs of a proof bundle again and compare; exit 1 with the first difference.

    A bundle comes from `licsweep report KIND --bundle FILE.zip`. Neither a project nor the network is needed.
    """
    from licsweep.jobs.bundle import verify

    made = verify(bundle)
    put(f"{bundle}: report {made.kind} as of {made.as_of:%Y-%m-%d %H:%M} UTC comes out the same, byte for byte")
