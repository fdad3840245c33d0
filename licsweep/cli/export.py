"""`licsweep export`."""

from dataclasses import replace
from datetime import datetime

import click

from licsweep.cli.common import MOMENT, Run
from licsweep.cli.render import Out, formats

TABLES = ("instances", "pools", "licenses")


@click.group()
def command() -> None:
    """Give other systems the position: pools, product instances, and the license lines behind them."""


@command.command("json")
@click.option("--as-of", type=MOMENT, help="A date (its end) or a timestamp (default: now).")
@formats("json")
def as_json(run: Run, as_of: datetime | None, out: Out) -> None:
    """Write pools, instances and licenses as one JSON document (docs/schemas/export-json.json)."""
    from licsweep.jobs import judge
    from licsweep.reports.export import export

    out.rows("export-json", (), whole=export(judge.reconcile(run.project(), as_of=as_of)))


@command.command("csv")
@click.option("--table", type=click.Choice(TABLES), default=TABLES[0], help="Which one, where -o is no folder.")
@click.option("--as-of", type=MOMENT, help="A date (its end) or a timestamp (default: now).")
@formats("csv")
def as_csv(run: Run, table: str, as_of: datetime | None, out: Out) -> None:
    """Write instances, pools or licenses as CSV; into a folder (-o DIR/) all three, always under the same names."""
    from licsweep.jobs import judge
    from licsweep.reports.export import csv_of, export

    found = export(judge.reconcile(run.project(), as_of=as_of))
    if out.path and out.new_folder:
        for name in TABLES:
            replace(out, path=out.path.with_name(f"licsweep-{name}.csv")).put(csv_of(found, name))
    else:
        out.put(csv_of(found, table))
