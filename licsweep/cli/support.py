"""`licsweep support`."""

from pathlib import Path

import click

from licsweep.cli.common import PATH, Run, shared


@click.command()
@click.option("-o", "--output", "archive", type=PATH, required=True, help="The zip file to write.")
@click.option("--log", type=PATH, help="Add the last 500 lines of this log file.")
@click.option("--with-captures", "captures_of", multiple=True, metavar="HOST", help="Add what this host printed.")
@click.option("--named", is_flag=True, help="Keep the names of hosts and accounts, addresses and serial numbers.")
@shared
def command(run: Run, archive: Path, log: Path | None, captures_of: tuple[str, ...], named: bool) -> None:
    """Write a support archive: versions, settings, counts, the last runs, what doctor found. No secrets.

    Its README.txt says what each file holds. Words of the site are replaced by invented ones, unless --named; no
    output of a device is in it without --with-captures. It makes no login; the checks of doctor connect by TCP.
    """
    from licsweep.jobs import support

    written = support.write(archive, run.project, log=log, captures_of=captures_of, named=named)
    click.echo(archive)
    run.say(f"{len(written)} files; look through them before you send it")
