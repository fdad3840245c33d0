"""`licsweep config`."""

from pathlib import Path

import click

from licsweep.cli.common import Run, shared
from licsweep.cli.render import data_options, rows


@click.command()
@data_options
@shared
def command(run: Run, form: str, output: Path | None) -> None:
    """Each setting's value and where it came from (default, licsweep.toml, environment). Secrets are no settings."""
    project = run.project()
    found = [
        {"setting": name, "value": getattr(project.settings, name), "source": source}
        for name, source in project.sources.items()
    ]
    rows("config", found, {"setting": "Setting", "value": "Value", "source": "Source"}, form, output)
