"""`licsweep store`."""

import json

import click

from licsweep.cli.common import Run
from licsweep.cli.render import Out, data_options
from licsweep.settings import FILE_NAME


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


@command.command("copy")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@data_options
def copy(run: Run, source: str, target: str, out: Out) -> None:
    """Copy a database to another place, as a whole or not at all.

    FROM and TO are database files or URLs (sqlite:///PATH, postgresql+psycopg://USER@HOST/NAME), as in the setting
    `database`. TO must not exist, or be an empty database. Every table is read back and compared; a row of the answer
    tells its rows and their sha256, which is the same in both. FROM stays as it is.
    """
    from licsweep import store

    copied = store.copy(run.project(may_begin=True), source, target)
    out.rows("store-copy", [one._asdict() for one in copied])
    run.say(f"to use it: database = {json.dumps(target)} in {FILE_NAME}")
