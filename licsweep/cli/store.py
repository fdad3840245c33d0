"""`licsweep store`."""

import click

from licsweep.cli.common import Run, shared
from licsweep.cli.render import Out, data_options, titled


@click.group()
def command() -> None:
    """The database of the project."""


@command.command("upgrade")
@data_options
@shared
def upgrade(run: Run, out: Out) -> None:
    """Bring a database of an older licsweep to the tables of this one; no other verb does.

    An upgrade can't be undone, so copy the file first. It is done whole or not at all.
    """
    from licsweep import store

    database, before, after = store.upgrade(run.project())
    out.rows("store-upgrade", [{"database": database, "from": before, "to": after}], titled("database from to"))
