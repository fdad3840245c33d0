"""`licsweep prune`."""

import re
import sys
from datetime import timedelta

import click

from licsweep.cli.common import EXIT_INTERRUPTED, Run, agreed
from licsweep.cli.render import Out, data_options, plain


def span(text: str) -> timedelta | int:
    """Days, or a number of snapshots."""
    if not (found := re.fullmatch(r"0*([1-9][0-9]{0,4})(d?)", text)):
        raise click.BadParameter(f"{text!r} is neither days, such as 90d, nor a number of snapshots.")
    return timedelta(days=int(found[1])) if found[2] else int(found[1])


@click.command()
@click.option("--keep", required=True, type=span, help="Days, such as 90d, or how many of the newest snapshots.")
@click.option("--dry-run", is_flag=True, help="Print what would be removed, and remove nothing.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@data_options
def command(run: Run, keep: timedelta | int, dry_run: bool, yes: bool, out: Out) -> None:
    """Remove old results of hosts with their texts, and give the room back.

    What counts today stays, however old: each host's last try, last good result and newest texts, and what these rest
    on; so do the newest complete snapshot of each kind, all imports, retirements and the courier's ledger. From the
    date that is printed on every judgement stays as it was. An earlier one (--as-of, --since, diff) is refused, and
    forecasts rest on what is left. What is removed can't be brought back: store copy makes a copy before.
    """
    from licsweep import store

    project, left = run.project(), "nothing was removed"
    found = store.prune(project, keep, dry_run=True)
    if not dry_run and found.removed:
        run.say(f"{found.removed} results of {found.snapshots} snapshots are older, about {found.bytes} bytes")
        run.say(f"{found.kept} of these snapshots stay; no date before {plain(found.dates_from)} can be judged then")
        if not yes and not agreed("Remove them?", left, "they can't be brought back"):
            run.say(left)
            sys.exit(EXIT_INTERRUPTED)
        found = store.prune(project, keep, dry_run=False)
    out.rows("prune", [found._asdict()])
