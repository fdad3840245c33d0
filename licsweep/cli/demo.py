"""`licsweep demo`."""

import sys
import tempfile
from pathlib import Path

import click

from licsweep.cli.common import EXIT_FINDINGS, PATH, Run, shared
from licsweep.cli.reconcile import as_text
from licsweep.cli.render import plain, put, table
from licsweep.cli.sweep import progress


@click.command()
@click.option("--devices", type=click.IntRange(8, 5000), default=64, show_default=True, help="Number of devices.")
@click.option("--keep", type=PATH, help="Folder for the project (default: a temporary one).")
@click.option("--open", "open_", is_flag=True, help="Open the usage report in the browser.")
@shared
def command(run: Run, devices: int, keep: Path | None, open_: bool) -> None:
    """Run the full workflow on a simulated network; some of its devices are broken on purpose."""
    from licsweep.jobs import demo

    folder = keep or Path(tempfile.mkdtemp(prefix="licsweep-demo-"))
    run.say(f"simulating {devices} devices on loopback; the project is {folder}")
    with progress(run) as (selected, moved):
        done = demo.run(folder, devices, progress=moved, selected=selected)
    counts = [{"outcome": outcome, "hosts": number} for outcome, number in sorted(done.collected.counts.items())]
    put(table("outcomes", counts, "Outcomes"))
    put("\n" + as_text(done.result) + "\n")
    for path in done.files:
        put(str(path))
    each = done.cpu_seconds / done.collected.selected * 1000
    run.say(f"swept {done.collected.selected} devices in {done.sweep_seconds:.1f} s, {each:.0f} ms of CPU each")
    for one in done.carried:
        run.say(plain(f"{one.hostname}, no line to CSSM: usage collected, acknowledged, {one.state}: {one.answer}"))
    if open_:
        click.launch(str(next(path for path in done.files if path.suffix == ".html")))
    for surprise in done.surprises:
        run.say(f"not as designed: {plain(surprise)}")
    sys.exit(EXIT_FINDINGS if done.surprises else 0)
