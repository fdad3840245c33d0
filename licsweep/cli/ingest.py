"""`licsweep ingest`."""

from datetime import datetime
from pathlib import Path

import click

from licsweep.cli.common import MOMENT, Run, shared
from licsweep.cli.render import Out, data_options
from licsweep.cli.sweep import counts, verdict
from licsweep.errors import UsageError


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--observations", type=click.Path(path_type=Path), metavar="FILE", help="A JSON list of observations.")
@click.option("--taken-at", type=MOMENT, help="When the text was taken (default: the files' own time).")
@data_options
@shared
def command(
    run: Run,
    paths: tuple[Path, ...],
    observations: Path | None,
    taken_at: datetime | None,
    out: Out,
) -> None:
    """Make a snapshot from text gathered elsewhere: files <host>/<command>.txt, or a JSON list of observations."""
    from licsweep.jobs import ingest

    if bool(paths) == (observations is not None):
        raise UsageError(
            "what should be read?", why="either PATHs or --observations FILE", hint="licsweep ingest captures/"
        )
    project = run.project()
    if observations is not None:
        counts(run, ingest.observations(project, observations, taken_at), out)
        return
    done = ingest.texts(project, paths, taken_at)
    counts(run, done, out)
    verdict(run, done, min_coverage=0.0)
