"""`licsweep config`."""

import os

import click

from licsweep.cli.common import Run, shared
from licsweep.cli.render import Out, data_options, titled
from licsweep.estate.credentials import gather, source_of


@click.command()
@data_options
@shared
def command(run: Run, out: Out) -> None:
    """Show each setting's value and its source (default, licsweep.toml, environment). Secrets are never settings."""
    project = run.project()
    found = [
        {"setting": name, "value": getattr(project.settings, name), "source": source}
        for name, source in project.sources.items()
    ]
    for name, one in project.credential_sets.items():
        words, origin = gather(one, os.environ)
        value = f"user {words.get('username', '(asked for, or of the inventory)')}; sources {', '.join(one.sources)}"
        found.append({"setting": f"credentials.{name}", "value": value, "source": source_of(one, origin)})
    out.rows("config", found, titled("setting value source"))
