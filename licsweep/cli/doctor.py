"""`licsweep doctor`."""

import sys

import click

from licsweep.cli.common import EXIT_FINDINGS, EXIT_UNUSABLE, Run, selection_options
from licsweep.cli.render import Out, data_options
from licsweep.estate.selection import Selection


@click.command()
@selection_options
@data_options
def command(run: Run, selection: Selection, out: Out) -> None:
    """Check whether everything is set up; exit 1 on a warning, 2 where no sweep can succeed.

    Python, packages, settings, permissions, database, clock, inventory, credentials, host keys; a TCP connection to
    jump hosts and to 100 of the selected hosts at most. No login is made, and nobody is asked for a password.
    licsweep explain CHECK says what a check looks at.
    """
    from licsweep.jobs.doctor import examine

    rows = examine(run.project, selection)
    out.rows("doctor", rows)
    states = {row.state for row in rows}
    sys.exit(EXIT_UNUSABLE if "error" in states else EXIT_FINDINGS if "warning" in states else 0)
