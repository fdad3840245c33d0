"""`licsweep reconcile`."""

import sys
from datetime import datetime

import click

from licsweep import serialization
from licsweep.cli.common import EXIT_FINDINGS, MOMENT, Run
from licsweep.cli.render import Out, data_options, outcomes, table
from licsweep.position_types import SEVERITIES, Finding, Judgement
from licsweep.reports.plain_tables import folded
from licsweep.reports.view import percent

TOP = 20


@click.command()
@click.option("--snapshot", type=int, help="Judge only this snapshot.")
@click.option("--as-of", type=MOMENT, help="A date (its end) or a timestamp (default: now).")
@click.option(
    "--fail-on", type=click.Choice(SEVERITIES), help="Exit 1 if any unwaived finding has at least this severity."
)
@data_options
def command(run: Run, snapshot: int | None, as_of: datetime | None, fail_on: str | None, out: Out) -> None:
    """Compare what is used with what was bought: coverage, pools, findings. JSON holds everything."""
    from licsweep.jobs import judge, project_files

    project = run.project()
    result = judge.reconcile(project, as_of=as_of, snapshot_id=snapshot)
    judgement = result.judgement
    for note in project_files.unused(project, result):
        run.say(note)
    if out.form == "table":
        out.put(as_text(judgement))
    else:
        out.rows("reconcile", judgement.pools, whole=judgement)
    if fail_on and any(SEVERITIES.index(f.severity) >= SEVERITIES.index(fail_on) for f in unwaived(judgement)):
        sys.exit(EXIT_FINDINGS)


def as_text(judgement: Judgement, top: int = TOP) -> str:
    """Coverage, pools and the most severe findings, for a terminal."""
    coverage = judgement.coverage
    left = f"; {coverage.left_inventory} more left the inventory and are counted" if coverage.left_inventory else ""
    told = f"coverage {percent(coverage.percent)} of {coverage.selected} hosts: {outcomes(coverage.outcomes)}{left}"
    parts = [folded(told)]
    pools = [serialization.plain(pool) for pool in judgement.pools]
    parts.append(table("pools", pools, "Pools") if pools else "no pools: nothing is used or owned")
    found = sorted(unwaived(judgement), key=lambda f: -SEVERITIES.index(f.severity))
    shown = [serialization.plain(f) | {"subject": f.subject.id} for f in found[:top]]
    parts.append(table("findings", shown, f"Findings ({len(shown)} of {len(found)})") if shown else "no findings")
    return "\n\n".join(parts)


def unwaived(judgement: Judgement) -> list[Finding]:
    """Findings that nobody has waived."""
    return [finding for finding in judgement.findings if finding.waived_by is None]
