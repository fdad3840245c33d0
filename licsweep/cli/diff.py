"""`licsweep diff`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from licsweep import serialization
from licsweep.cli.common import Run
from licsweep.cli.render import Out, columns, data_options
from reconcile.grouping import lists_by

if TYPE_CHECKING:
    from licsweep.jobs.diff import Diff

FEW = 3


@click.command()
@click.argument("a")
@click.argument("b")
@click.option("--all", "every", is_flag=True, help="Show each instance also where many changed in the same way.")
@data_options
def command(run: Run, a: str, b: str, every: bool, out: Out) -> None:
    """Show what changed from A to B, each a snapshot's id or a date: instances, licenses, findings.

    A snapshot stands for what was known of its hosts when it had ended. What changed in the same way on many instances
    is one row, without --all; JSON and CSV always hold each.
    """
    from licsweep.jobs import diff

    found = diff.diff(run.project(), a, b)
    changes = change_rows(found)
    if changes or out.form != "table":
        out.rows("diff", changes if every or out.form != "table" else together(changes), whole=found)
    else:
        out.put("nothing changed")
    sides = [
        f"{side.asked} ({side.instances} instances, {side.as_of:%Y-%m-%d %H:%M} UTC)"
        for side in (found.from_, found.to)
    ]
    run.say(f"{len(found.changes)} changes, {len(found.findings)} findings new or gone: {' to '.join(sides)}")


def together(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, those that say the same of more than FEW instances as one."""
    same = lists_by((tuple(row.get(key) for key in columns("diff") if key != "about"), row) for row in rows)
    merged = ([each[0] | {"about": f"{len(each)} instances"}] if len(each) > FEW else each for each in same.values())
    return [row for each in merged for row in each]


def change_rows(found: "Diff") -> list[dict[str, Any]]:
    """A row for each change and each finding that is new or gone."""
    changes = [serialization.plain(one) | {"about": one.hostname} for one in found.changes]
    for one in found.findings:
        said = {"new": "after", "gone": "before"}[one.change]
        about = f"{one.finding.subject.kind} {one.finding.subject.id}"
        row = {"about": about, "what": f"finding {one.finding.name}", "change": one.change, said: one.finding.message}
        changes.append(row)
    return changes
