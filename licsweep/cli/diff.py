"""`licsweep diff`."""

from typing import TYPE_CHECKING, Any

import click

from licsweep import serialization
from licsweep.cli.common import Run
from licsweep.cli.render import Out, data_options

if TYPE_CHECKING:
    from licsweep.jobs.diff import Diff


@click.command()
@click.argument("a")
@click.argument("b")
@data_options
def command(run: Run, a: str, b: str, out: Out) -> None:
    """Show what changed from A to B, each a snapshot's id or a date: instances, licenses, findings.

    A snapshot stands for what was known of its hosts when it had ended.
    """
    from licsweep.jobs import diff

    found = diff.diff(run.project(), a, b)
    changes = _rows(found)
    if changes or out.form != "table":
        out.rows("diff", changes, whole=found)
    else:
        out.put("nothing changed")
    sides = [
        f"{side.asked} ({side.instances} instances, {side.as_of:%Y-%m-%d %H:%M} UTC)"
        for side in (found.from_, found.to)
    ]
    run.say(f"{len(found.changes)} changes, {len(found.findings)} findings new or gone: {' to '.join(sides)}")


def _rows(found: "Diff") -> list[dict[str, Any]]:
    changes = [serialization.plain(one) | {"about": one.hostname} for one in found.changes]
    for one in found.findings:
        said = {"new": "after", "gone": "before"}[one.change]
        about = f"{one.finding.subject.kind} {one.finding.subject.id}"
        row = {"about": about, "what": f"finding {one.finding.name}", "change": one.change, said: one.finding.message}
        changes.append(row)
    return changes
