"""`licsweep record`."""

from pathlib import Path

import click

from licsweep.cli.common import PATH, Run, shared
from licsweep.cli.render import put


@click.command()
@click.argument("host")
@click.option("-o", "--output", type=PATH, help="Folder for the cases (default: fixtures).")
@shared
def command(run: Run, host: str, output: Path | None) -> None:
    """Make scrubbed fixture cases from the stored captures of a real box, ready for a pull request.

    Serials, host names, addresses, accounts and other words of the site are replaced by invented ones. Review the
    files before you share them: expected.json holds what the current templates read, which nobody has checked yet.
    """
    from licsweep.jobs import record

    project = run.project()
    written, changed = record.record(project, host, output or project.folder / "fixtures")
    for path in written:
        put(str(path))
    for field in changed:
        run.say(f"{field} reads differently once the words are replaced")
    run.say("read each output.txt before you share it, and check expected.json by hand")
