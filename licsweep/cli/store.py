"""`licsweep store`."""

import click

from licsweep.cli.common import Run
from licsweep.cli.render import Out, data_options


@click.group()
def command() -> None:
    """Manage the database of the project."""


@command.command("upgrade")
@click.option("--compact", is_flag=True, help="Store all it holds anew, in less room; needs as much again meanwhile.")
@data_options
def upgrade(run: Run, compact: bool, out: Out) -> None:
    """Upgrade a database written by an older licsweep; no other verb changes its tables.

    An upgrade can't be undone, so copy the file first. It either completes or changes nothing.
    """
    from licsweep import store

    done = store.upgrade(run.project(), compact=compact)
    row = {"database": done.database, "from": done.before, "to": done.after}
    out.rows("store-upgrade", [row | {"bytes_before": done.bytes_before, "bytes_after": done.bytes_after}])
