"""`licsweep config`."""

import click

from licsweep.cli.common import Run, shared
from licsweep.cli.render import Out, data_options, titled


@click.command()
@data_options
@shared
def command(run: Run, out: Out) -> None:
    """Each setting's value and where it came from (default, licsweep.toml, environment). Secrets are no settings."""
    project = run.project()
    found = [
        {"setting": name, "value": getattr(project.settings, name), "source": source}
        for name, source in project.sources.items()
    ]
    out.rows("config", found, titled("setting value source"))
