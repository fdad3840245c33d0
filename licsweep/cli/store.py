"""`licsweep store`."""

import click

from licsweep.cli.common import Run
from licsweep.cli.render import Out, data_options


@click.group()
def command() -> None:
    """Manage the database of the project."""


@command.command("upgrade")
@data_options
def upgrade(run: Run, out: Out) -> None:
    """Upgrade a database written by an older licsweep; no other verb changes its tables.

    An upgrade can't be undone, so copy the file first. It either completes or changes nothing.
    """
    from licsweep import store

    database, before, after = store.upgrade(run.project())
    out.rows("store-upgrade", [{"database": database, "from": before, "to": after}])
