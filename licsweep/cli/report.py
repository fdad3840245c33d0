"""`licsweep report`."""

from pathlib import Path
from typing import Any

import click

from licsweep import files
from licsweep.cli.common import MOMENT, PATH, Run, shared
from licsweep.cli.render import put
from licsweep.reports import FORMATS, KINDS, format_of, render, write


@click.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="Default: the suffix of -o; a folder: html, xlsx and csv; else table.",
)
@click.option("-o", "--output", type=click.Path(), help="A file, or a folder (ending with /); xlsx needs one.")
@click.option("--snapshot", "snapshot_id", type=int, help="Report only this snapshot.")
@click.option("--as-of", type=MOMENT, help="A date (its end) or a timestamp (default: now).")
@click.option("--since", metavar="DATE|FILE.json", help="review: compare with a date, or with reconcile's JSON.")
@click.option("--bom", is_flag=True, help="Mark CSV files as UTF-8 for Excel.")
@click.option("--bundle", type=PATH, help="Write a zip archive with the report and its inputs.")
@shared
def command(
    run: Run, kind: str, form: str | None, output: str | None, bom: bool, bundle: Path | None, **asked: Any
) -> None:
    """Write a report.

    actions: what to do, in order, and what was not measured. index: the same, with links to
    the others, which are written beside it in a folder.
    usage: licenses, pools, every line that a figure rests on. estate: state of the boxes. transition: the way to Smart
    Licensing Using Policy, in the order of work. reporting: when reports are due. renewal: what is owned over the next
    12 months against use today. transfers: licenses to move between virtual accounts, what remains
    short, and what to remove from CSSM. contract: what agreements entitle to, what the next True Forward would charge.
    contradictions: each license by five records, and why they differ. review: the checklist of a quarter, with --since
    what changed. In a folder a page stands with all its rows beside it, as XLSX and as a CSV for each table. A bundle
    holds what the report was judged from, for `licsweep verify`; the report itself is then written with -o or --format
    only.
    """
    from licsweep.jobs import judge

    if bundle:
        from licsweep.jobs.bundle import write as write_bundle

        project = run.project()
        project.refuse_output(bundle)
        made = write_bundle(project, bundle, kind, **asked)
        put(str(bundle))
        if output is None and form is None:
            return
    else:
        made = judge.report(run.project(), kind, **asked)
    if output is None:
        put(render(made, form or "table"))
        return
    if output.endswith("/"):
        files.make_folder(Path(output))
    folder = Path(output).is_dir()
    named, whole = form if folder else format_of(Path(output), form), [made]
    if kind == "index" and folder:
        whole = judge.all_reports(run.project(), as_of=asked["as_of"], snapshot_id=asked["snapshot_id"])
    for one in whole:
        for path in write(one, named, Path(output), bom=bom):
            put(str(path))
