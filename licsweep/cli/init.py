"""`licsweep init`."""

from pathlib import Path

import click

from licsweep.clean_text import shell_word
from licsweep.cli.common import PATH, Run, shared
from licsweep.cli.render import put
from licsweep.errors import UsageError
from licsweep.settings import expanded


@click.command()
@click.argument("folder", required=False, type=PATH)
@click.option(
    "--from", "source", metavar="NAME:FILE", help="Take the hosts from csv:FILE, ansible:PATH, netbox:URL, ..."
)
@shared
def command(run: Run, folder: Path | None, source: str | None) -> None:
    """Write licsweep.toml, inventory/ and entitlements/ with a sample of each file; never overwrites."""
    from licsweep.jobs import init

    if folder and run.folder not in (Path(), folder):
        why = "the folder of a new project is named once; the argument is the one that counts"
        hint = f"licsweep init {shell_word(folder)}"
        raise UsageError(f"init {folder}, but the project is {run.folder}", why=why, hint=hint)
    for path in init.write_project(expanded(folder) if folder else run.folder, source):
        put(str(path))
    first = "[inventory] in licsweep.toml" if source else "inventory/hosts.yaml"
    run.say(f"next: edit {first}, then: licsweep hosts; licsweep known-hosts accept; licsweep sweep")
