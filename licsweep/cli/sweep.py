"""`licsweep sweep`."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import click

from licsweep.cli.common import EXIT_COVERAGE, EXIT_INTERRUPTED, Number, Run, selection_options
from licsweep.cli.diff import change_rows, together
from licsweep.cli.outputs import CollectedOutput, FailedHost, ReparseOutput
from licsweep.cli.render import Out, data_options, plain, table
from licsweep.errors import NothingCollected
from licsweep.estate.selection import Selection
from licsweep.model import Outcome
from licsweep.reading.collected import Collected
from licsweep.settings import Project
from reconcile.instances.percent import percent

MOST_HOURS = 24 * 366 * 100
LINE_SECONDS, REFRESH_SECONDS = 60, 0.1


@click.command()
@selection_options
@click.option("--workers", type=click.IntRange(1, 200), help="Number of devices at the same time.")
@click.option("--processes", type=click.IntRange(1, 64), help="Number of processes that share the devices.")
@click.option("--cluster", default="", metavar="URL", help="Sweep on the workers of this scheduler (tls://HOST:PORT).")
@click.option("--min-coverage", type=Number(0, 100), help="Exit 3 if less than this percentage of hosts succeeds.")
@click.option("--gather-only", is_flag=True, help="Store raw output without parsing it.")
@click.option("--failed-from", type=int, metavar="SNAPSHOT", help="Only hosts that failed in this snapshot.")
@click.option(
    "--fresher-than",
    "fresher_than_hours",
    type=Number(0, MOST_HOURS),
    metavar="HOURS",
    help="Skip hosts read successfully in the last HOURS hours.",
)
@click.option(
    "--deadline",
    "sweep_deadline",
    type=Number(1),
    metavar="SECONDS",
    help="Stop the sweep after SECONDS; skip remaining hosts.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Show what would be sent, to which hosts and with which credential; makes no connection.",
)
@data_options
def command(run: Run, selection: Selection, dry_run: bool, out: Out, **given: Any) -> None:
    """Collect license state from the selected hosts; prints the snapshot and the outcome counts.

    With --quiet it prints what changed since the run before in their place, and the hosts that failed: nothing at all
    where neither is.
    """
    from licsweep.jobs import sweep

    project = run.project(
        **{name: given.pop(name) for name in ("workers", "processes", "min_coverage", "sweep_deadline")}
    )
    request = sweep.SweepRequest(selection=selection, **given)
    if dry_run:
        out.rows("sweep-dry-run", sweep.dry_run(project, request))
        return
    plan = sweep.make_plan(project, request)  # asks for what is missing, before there is a bar
    if plan.left_out:
        run.say(f"{plan.left_out} hosts of the inventory are left out; licsweep hosts says why")
    with progress(run) as (selected, moved):
        done = sweep.sweep(project, request, plan=plan, progress=moved, selected=selected)
    if run.quiet and out == Out() and (changed := _changed(project, done.snapshot_id)) is not None:
        if changed:
            out.put(table("diff", changed))
    else:
        counts(run, "sweep", done, out)
    verdict(run, done, project.settings.min_coverage)


def _changed(project: Project, snapshot: int) -> list[dict[str, Any]] | None:
    """Rows of what changed since the run before; None for the first run."""
    from licsweep.jobs import diff

    found = diff.since_last_run(project, snapshot)
    return together(change_rows(found)) if found else None


def counts(run: Run, verb: str, done: Collected, out: Out, **more: Any) -> None:
    """Prints the outcome counts of a finished snapshot; JSON names the hosts that did not end ok, too."""
    failed = tuple(
        FailedHost(hostname=one.hostname, outcome=one.status, reason=one.reason)
        for one in sorted(done.failed, key=lambda one: one.hostname)
    )
    whole = (ReparseOutput if verb == "reparse" else CollectedOutput)(
        snapshot=done.snapshot_id, selected=done.selected, outcomes=dict(done.counts), failed=failed, **more
    )
    counted = done.counts.most_common()
    found = [{"snapshot": done.snapshot_id, "outcome": outcome, "hosts": number} for outcome, number in counted]
    out.rows(verb, found, whole=whole)
    if done.legacy_ssh:
        run.say(f"old SSH algorithms were allowed for: {', '.join(done.legacy_ssh)}")
    run.say(f"snapshot {done.snapshot_id}: {done.selected} hosts, coverage {percent(done.percent)}")


def verdict(run: Run, done: Collected, min_coverage: float, again: str = "licsweep sweep --failed-from {}") -> None:
    """Exits with the code that the coverage asks for. Raises NothingCollected."""
    if done.interrupted:
        sys.exit(EXIT_INTERRUPTED)
    # where every host was fresh enough there was nothing to collect: 100 percent
    if not done.percent and not done.counts["partial"] and not done.counts["unsupported"]:
        raise NothingCollected(
            "nothing was collected",
            why=f"no host of {done.selected} ended ok",
            hint=f"licsweep snapshots; {again.format(done.snapshot_id)}",
        )
    if done.percent < min_coverage:
        run.say(f"coverage is below {min_coverage:g} percent ({again.format(done.snapshot_id)})", failed=True)
        sys.exit(EXIT_COVERAGE)


@dataclass(slots=True)
class Pace:
    """How far a run of many hosts is, in words: hosts done, a second, time left at that rate, outcomes."""

    total: int = 0
    began: float = field(default_factory=time.monotonic)
    counts: Counter[str] = field(default_factory=Counter)

    def told(self) -> str:
        """The line, as of now."""
        done, seconds = self.counts.total(), max(0.1, time.monotonic() - self.began)
        left = timedelta(seconds=round((self.total - done) * seconds / done)) if done else "unknown"
        ended = ", ".join(f"{number} {outcome}" for outcome, number in self.counts.most_common())
        return f"{done} of {self.total} hosts, {done / seconds:.1f}/s, {left} left: {ended}"


@contextmanager
def progress(run: Run, doing: str = "sweeping") -> Iterator[tuple[Callable[[int], None], Callable[[Outcome], None]]]:
    """A bar on a terminal, else a line for each host that failed (in a JSON log: for each) and one a minute for all."""
    pace, next_line = Pace(), time.monotonic() + LINE_SECONDS

    def chosen(number: int) -> None:
        pace.total = number

    def moved(outcome: Outcome) -> None:
        nonlocal next_line
        pace.counts[outcome.status] += 1
        if outcome.status != "ok" or run.talk.json:
            tell_host(run, outcome)
        if time.monotonic() >= next_line:
            run.say(f"{doing}: {pace.told()}")
            next_line = time.monotonic() + LINE_SECONDS

    if run.quiet or run.talk.json or not sys.stderr.isatty():
        yield chosen, moved
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    console = Console(stderr=True, no_color=not run.color)
    columns = (TextColumn(doing), BarColumn(bar_width=12), TextColumn("{task.fields[told]}", markup=False))
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as bar:  # else it starts a thread
        task, shown = bar.add_task(doing, total=None, told=""), 0.0

        def advanced(outcome: Outcome) -> None:
            nonlocal shown
            pace.counts[outcome.status] += 1
            if refresh := time.monotonic() >= shown + REFRESH_SECONDS:
                shown = time.monotonic()
            bar.update(task, advance=1, total=pace.total or None, told=pace.told(), refresh=refresh)
            if outcome.status != "ok":
                bar.console.print(host_line(outcome), markup=False, highlight=False)

        yield chosen, advanced


def tell_host(run: Run, outcome: Outcome) -> None:
    """Says how a host ended; also with --quiet where that is not ok."""
    fields = {"host": outcome.hostname, "outcome": outcome.status, "reason": outcome.reason, "seconds": outcome.seconds}
    run.say(host_line(outcome), failed=outcome.status != "ok", **fields)


def host_line(outcome: Outcome) -> str:
    """A host that did not end ok, in one line."""
    return f"{outcome.hostname}: {outcome.status}" + (f" ({plain(outcome.reason)})" if outcome.reason else "")
