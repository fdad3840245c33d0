"""`licsweep reconcile`."""

import sys
from collections.abc import Iterator, Sequence
from typing import Any, get_args

import click

from licsweep import serialization
from licsweep.action_types import Action
from licsweep.cli.common import EXIT_FINDINGS, MOMENT, Run
from licsweep.cli.render import Out, data_options, outcomes, plain, table
from licsweep.position_types import SEVERITIES, Finding, Judgement, JudgementResult, Pool, PoolStatus
from licsweep.reports.plain_tables import folded
from licsweep.reports.view import layout
from reconcile.actions import actions
from reconcile.instances.percent import percent

TOP = 5
STATUSES = ("shortage", *(status for status in get_args(PoolStatus) if status != "shortage"))


@click.command()
@click.option("--snapshot", "snapshot_id", type=int, help="Judge only this snapshot.")
@click.option("--as-of", type=MOMENT, help="A date (its end) or a timestamp (default: now).")
@click.option("--all", "every", is_flag=True, help="Show everything to do, then all pools and findings.")
@click.option("--status", "statuses", multiple=True, type=click.Choice(STATUSES), help="Show the pools of this status.")
@click.option("--findings", "only_findings", is_flag=True, help="Show all findings, worst first.")
@click.option(
    "--fail-on", type=click.Choice(SEVERITIES), help="Exit 1 if any unwaived finding has at least this severity."
)
@data_options
def command(
    run: Run, every: bool, statuses: tuple[str, ...], only_findings: bool, fail_on: str | None, out: Out, **asked: Any
) -> None:
    """Compare what is used with what was bought and show what to do: what is short, late, ending, not measured.

    What stops service comes first, then the largest. CSV holds the pools, or the findings; JSON holds everything.
    """
    from licsweep.jobs import judge, project_files

    project = run.project()
    result = judge.reconcile(project, **asked) if out.form == "table" else None
    if result:
        judgement, agreements = result.judgement, result.agreements
    else:
        judgement, agreements = judge.position(project, **asked)
    for note in project_files.unused(project, judgement, agreements):
        run.say(note)
    pools = [pool for pool in judgement.pools if not statuses or pool.status in statuses]
    findings = _finding_rows(judgement) if only_findings or every else []
    if out.form == "json":
        out.rows("reconcile", (), whole=judgement)
    elif result is None:
        out.rows("findings" if only_findings else "reconcile", findings if only_findings else pools)
    elif every or statuses or only_findings:
        said = [as_text(result, top=None)] if every else []
        said += [_pool_table(pools)] if every or statuses else []
        said += [table("findings", findings, f"Findings ({len(findings)})")] if every or only_findings else []
        out.put("\n\n".join(said))
    else:
        out.put(as_text(result))
    if fail_on and any(SEVERITIES.index(f.severity) >= SEVERITIES.index(fail_on) for f in unwaived(judgement)):
        sys.exit(EXIT_FINDINGS)


def as_text(result: JudgementResult, top: int | None = TOP) -> str:
    """What to do, for a terminal: coverage, then of each part the first `top` actions, or what was looked at."""
    judgement, found = result.judgement, actions(result)
    coverage = judgement.coverage
    left = f"; {coverage.left_inventory} more left the inventory and are counted" if coverage.left_inventory else ""
    never = f"; {coverage.never_tried} more of the inventory were never tried" if coverage.never_tried else ""
    read = f"coverage {percent(coverage.percent)} of {coverage.selected} hosts: {outcomes(coverage.outcomes)}"
    told = f"{read if coverage.selected else 'no host was collected'}{left}{never}"
    lines = [folded(told), ""]
    for part in found.parts:
        title = layout()["tables"][part.part]["title"]
        if not part.actions:
            lines.append(folded(f"{title}: nothing; looked at: {part.looked_at}", 2))
            continue
        lines.append(f"{title} ({part.actions})")
        shown = [one for one in found.actions if one.part == part.part][:top]
        lines += [line for one in shown for line in _told(one)]
        if part.actions > len(shown):
            lines.append(f"     ... and {part.actions - len(shown)} more: licsweep reconcile --all")
    more = f"{len(judgement.pools)} pools, {len(unwaived(judgement))} findings"
    return "\n".join([*lines, "", f"{more}: licsweep reconcile --all, --status, --findings"])


def _told(one: Action) -> Iterator[str]:
    where = f", {one.virtual_account}" if one.virtual_account and one.purchased is not None else ""
    owner = f" [{one.owner}]" if one.owner else ""
    stops = "SERVICE IMPACT: " if one.service_affecting else ""
    yield folded(plain(f"{one.number:4} {stops}{one.about}{where}: {one.what}{owner}"), 5)
    prices = {one.money_with_buffers: " with every buffer", one.money: ""}  # one price where both are the same
    amounts = ((f"{price:,.2f} {one.currency or ''}".rstrip(), kept) for price, kept in prices.items() if price)
    money = "".join(reversed([f"; {amount}{kept}" for amount, kept in amounts]))
    if one.do:
        yield folded(f"     -> {plain(one.do)}{money}", 8)


def _pool_table(pools: Sequence[Pool]) -> str:
    """Pools, what is wrong first and largest first."""
    order = sorted(pools, key=lambda pool: (STATUSES.index(pool.status), -(pool.shortage or 0)))
    return table("pools", [serialization.plain(pool) for pool in order], f"Pools ({len(order)})")


def _finding_rows(judgement: Judgement) -> list[dict[str, Any]]:
    return [serialization.plain(one) | {"subject": one.subject.id} for one in unwaived(judgement)]


def unwaived(judgement: Judgement) -> list[Finding]:
    """Findings that nobody has waived."""
    return [finding for finding in judgement.findings if finding.waived_by is None]
