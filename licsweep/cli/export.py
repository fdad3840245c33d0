"""`licsweep export`."""

from dataclasses import replace
from datetime import datetime

import click

from licsweep.cli.common import MOMENT, Run
from licsweep.cli.render import Out, data_options, formats, plain

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


@command.command("netbox")
@click.option("--dry-run", is_flag=True, help="Show what would change; write nothing.")
@click.option("--make-fields", is_flag=True, help="Make the custom fields in NetBox where they are missing.")
@data_options
def as_netbox(run: Run, dry_run: bool, make_fields: bool, out: Out) -> None:
    """Write licenses, compliance state, deadline and last reading into custom fields of NetBox's devices.

    Only fields of its own are written (licsweep_...), and only where they differ; prints what changed. The server is
    that of [export.netbox] in licsweep.toml, else of the inventory source netbox.
    """
    from licsweep.jobs.export_netbox import export_netbox

    done = export_netbox(run.project(), dry_run=dry_run, make_fields=make_fields)
    if done.changes or out.form != "table":
        out.rows("export-netbox", done.changes, whole=done)
    for name, reason in done.left_out.items():
        run.say(plain(f"not written: {name}: {reason}"), failed=True, host=name)
    devices = len({one.device_id for one in done.changes})
    made = f"custom fields {', '.join(done.fields_made)}, " if done.fields_made else ""
    run.say(f"{made}{len(done.changes)} values of {devices} devices {'are' if done.written else 'would be'} written")
