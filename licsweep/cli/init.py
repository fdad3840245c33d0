"""`licsweep init`."""

from pathlib import Path

import click

from licsweep.cli.common import Run, shared
from licsweep.cli.render import put


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@shared
def command(run: Run, folder: Path | None) -> None:
    """Write licsweep.toml, inventory/ and entitlements/ with a sample of each file; never overwrites."""
    from licsweep.jobs import init

    for path in init.write_project(folder or run.folder):
        put(str(path))
    run.say("next: edit inventory/hosts.yaml, then: licsweep hosts; licsweep known-hosts accept; licsweep sweep")
