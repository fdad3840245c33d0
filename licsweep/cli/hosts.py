"""`licsweep hosts`."""

import click

from licsweep.cli.common import Run, selection_options
from licsweep.cli.render import Out, data_options
from licsweep.estate import inventory
from licsweep.estate.selection import Selection, select


@click.command()
@selection_options
@click.option("--source", metavar="NAME[:FILE]", help="Show another source: csv:FILE, netbox:URL, ...")
@data_options
def command(run: Run, selection: Selection, source: str | None, out: Out) -> None:
    """List the selected hosts, and those left out with the reason.

    The whole inventory is checked; an error names its file and line.
    """
    project = run.project()
    whole = inventory.load(inventory.named(project, source) if source else project)
    for note in (*whole.notes, *(f"{name}: left out: {reason}" for name, reason in whole.left_out.items())):
        run.say(note)
    found = [
        {
            "name": one.name,
            "address": one.address,
            "port": one.port_of(next(iter(one.ways()))),
            "platform": one.platform,
            "credentials": ", ".join(one.ways().values()),
            "groups": ", ".join(one.groups),
            "site": one.data.get("site"),
            "virtual_account": one.data.get("virtual_account"),
        }
        for one in select(whole, selection)
    ]
    out.rows("hosts", found)
    run.say(f"{len(found)} hosts" + (f", {len(whole.left_out)} left out" if whole.left_out else ""))
