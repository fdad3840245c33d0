"""`licsweep ingest`."""

from pathlib import Path
from typing import Any

import click

from licsweep.cli.common import MOMENT, PATH, Run
from licsweep.cli.render import Out, data_options, plain
from licsweep.cli.sweep import counts, tell_host, verdict
from licsweep.errors import UsageError

MOST_NAMED = 50


@click.command()
@click.argument("paths", nargs=-1, type=PATH)
@click.option("--observations", type=PATH, metavar="FILE", help="A JSON list of observations.")
@click.option("--taken-at", type=MOMENT, help="When the text was taken (default: the files' own time).")
@click.option("--platform", help="Platform of hosts that the inventory does not list (default: recognize it).")
@data_options
def command(run: Run, paths: tuple[Path, ...], observations: Path | None, out: Out, **about: Any) -> None:
    """Make a snapshot from text gathered elsewhere, or from a JSON list of observations.

    PATHs are files, folders or zip archives: <host>/<command>.txt, <host>_<command>.txt, or whole session logs, which
    are cut at their prompts. Commands may be short (sh lic all). Files that are not used are named with the reason.
    """
    from licsweep.jobs import ingest

    if bool(paths) == (observations is not None):
        why = "either PATHs or --observations FILE is needed"
        raise UsageError("nothing to read", why=why, hint="licsweep ingest captures/")
    project = run.project(may_begin=True)
    if observations is not None:
        done = ingest.observations(project, observations, about["taken_at"])
    else:
        done, unused = ingest.texts(project, paths, **about)
        for one in unused[:MOST_NAMED]:
            run.say(plain(f"not used: {one.path}: {one.reason}"), failed=True)
        if len(unused) > MOST_NAMED:
            run.say(f"and {len(unused) - MOST_NAMED} more files that are not used", failed=True)
    counts(run, "ingest", done, out)
    for outcome in done.failed:
        tell_host(run, outcome)
    verdict(run, done, min_coverage=0.0, again="licsweep show HOST")
