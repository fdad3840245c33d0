"""`licsweep plan`."""

from datetime import datetime
from typing import Any

import click

from licsweep import serialization
from licsweep.cli.common import MOMENT, Run
from licsweep.cli.render import Out, data_options, table
from licsweep.errors import UsageError
from licsweep.reports.plain_tables import folded

_AS_OF = click.option("--as-of", type=MOMENT, help="A date (its end) or a timestamp (default: now).")
_LEAD = click.option("--lead-days", type=click.IntRange(0, 1000), help="Days that a case with Cisco takes.")


@click.group()
def command() -> None:
    """Plan changes of the estate and of smart accounts; nothing is stored or sent."""


@command.command("what-if")
@click.option("--retire", multiple=True, metavar="HOST", help="Retire these hosts (names or patterns).")
@click.option("--add", multiple=True, metavar="N:MODEL[:ACCOUNT]", help="Add N boxes like the first one of a model.")
@click.option("--end", multiple=True, metavar="ID", help="End the terms of this subscription.")
@_AS_OF
@data_options
def assume(run: Run, out: Out, **given: Any) -> None:
    """Show pools, suites and findings before and after an assumption."""
    from licsweep.jobs.judge import gather
    from reconcile.plans.what_if import Added, what_if

    if not (given["retire"] or given["add"] or given["end"]):
        raise UsageError("nothing is assumed", why="a plan changes something", hint="--retire, --add or --end")
    add = [Added.read(text) for text in given["add"]]
    parts = {"pools": "plan-what-if", "suites": "suites", "new_findings": "findings", "gone_findings": "findings"}
    made = what_if(gather(run.project(), as_of=given["as_of"]), retire=given["retire"], add=add, end=given["end"])
    _put(out, "plan-what-if", made, parts, made.assumed)


@command.command("merge")
@click.argument("a")
@click.argument("b")
@_LEAD
@_AS_OF
@data_options
def merge(run: Run, out: Out, a: str, b: str, as_of: datetime | None, lead_days: int | None) -> None:
    """Plan the merger of smart account A into B."""
    from licsweep.jobs.judge import gather
    from reconcile.plans import corporate

    made = corporate.merge(gather(run.project(), as_of=as_of), a, b, lead_days=lead_days)
    notes = (*(f"virtual account in both: {name}" for name in made.collisions), *made.contract_overlaps)
    _put(out, "plan-merge", made, {"licenses": "plan-merge", "instances": "instances"}, notes, made.steps)


@command.command("divest")
@click.argument("hosts", nargs=-1)
@click.option("--virtual-account", "virtual_accounts", multiple=True, help="All boxes of this virtual account.")
@_LEAD
@_AS_OF
@data_options
def divest(run: Run, out: Out, hosts: tuple[str, ...], **given: Any) -> None:
    """Plan what leaves with boxes (host names or patterns), and what is short on each side."""
    from licsweep.jobs.judge import gather
    from reconcile.plans import corporate

    made = corporate.divest(gather(run.project(), as_of=given.pop("as_of")), hosts, **given)
    parts = {"licenses": "plan-divest", "instances": "instances", "suites": "suites"}
    _put(out, "plan-divest", made, parts, (), made.steps)


def _put(
    out: Out, kind: str, made: Any, parts: dict[str, str], notes: tuple[str, ...], steps: tuple[str, ...] = ()
) -> None:
    """JSON whole, CSV the first part, text all parts; each part has the columns of a kind."""
    rows = [(columns, part, [_row(row) for row in getattr(made, part)]) for part, columns in parts.items()]
    if out.form != "table":
        out.rows(kind, rows[0][2], whole=made)
        return
    shown = [table(columns, found, part.replace("_", " ").capitalize()) for columns, part, found in rows if found]
    listed = [folded(f"{number}. {step}", 3) for number, step in enumerate(steps, 1)]
    out.put("\n\n".join(filter(None, ("\n".join(map(folded, notes)), *shown, "\n".join(listed)))) or "nothing changes")


def _row(record: Any) -> dict[str, Any]:
    """A record with the values of its parts as `part_key`; a finding's subject is its id."""
    row: dict[str, Any] = serialization.plain(record)
    inner = {f"{part}_{key}": v for part, value in row.items() if isinstance(value, dict) for key, v in value.items()}
    return row | inner | ({"subject": row["subject"]["id"]} if "subject" in row else {})
