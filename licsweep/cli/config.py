"""`licsweep config`."""

import click

from licsweep.cli.common import Run
from licsweep.cli.render import Out, data_options
from licsweep.estate.credentials import known_login
from licsweep.settings import FILE_NAME


@click.command()
@data_options
def command(run: Run, out: Out) -> None:
    """Show each setting's value and its source (default, licsweep.toml, environment). Secrets are never settings."""
    project = run.project()
    found = [
        {"setting": name, "value": getattr(project.settings, name), "source": source}
        for name, source in project.sources.items()
    ]
    if project.inventory["source"] != "files":
        found += [
            {"setting": f"inventory.{key}", "value": str(value), "source": FILE_NAME}
            for key, value in project.inventory.items()
        ]
    for name, one in project.credential_sets.items():
        username, source = known_login(one)
        value = f"user {username or '(asked for, or of the inventory)'}; sources {', '.join(one.sources)}"
        found.append({"setting": f"credentials.{name}", "value": value, "source": source})
    out.rows("config", found)
