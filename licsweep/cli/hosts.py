"""`licsweep hosts`."""

from pathlib import Path

import click

from licsweep.cli.common import Run, selection_options, shared
from licsweep.cli.render import data_options, rows
from licsweep.estate import inventory
from licsweep.estate.selection import Selection, select

COLUMNS = {
    "name": "Host",
    "address": "Address",
    "port": "Port",
    "platform": "Platform",
    "groups": "Groups",
    "site": "Site",
    "virtual_account": "Virtual account",
}


@click.command()
@selection_options
@data_options
@shared
def command(run: Run, selection: Selection, form: str, output: Path | None) -> None:
    """The selected hosts. The whole inventory is checked; an error names its file and line."""
    found = [
        {
            "name": one.name,
            "address": one.address,
            "port": one.port,
            "platform": one.platform,
            "groups": ", ".join(one.groups),
            "site": one.data.get("site"),
            "virtual_account": one.data.get("virtual_account"),
        }
        for one in select(inventory.load(run.project().inventory), selection)
    ]
    rows("hosts", found, COLUMNS, form, output)
    run.say(f"{len(found)} hosts")
