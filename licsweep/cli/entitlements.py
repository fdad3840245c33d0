"""`licsweep entitlements import`."""

from datetime import datetime
from pathlib import Path

import click

from licsweep.cli.common import MOMENT, Run, shared
from licsweep.cli.render import plain, put
from licsweep.errors import UsageError


@click.group()
def command() -> None:
    """What was bought: CSSM exports and own YAML."""


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--as", "kind", type=click.Choice(["cssm-csv", "yaml"]), help="Kind of file (default: by its content).")
@click.option("--smart-account", help="Where the file does not say.")
@click.option("--virtual-account", help="Where the file does not say.")
@click.option("--exported-at", type=MOMENT, help="When it was exported (default: what the file says, else its time).")
@click.option("--map", "mapped", multiple=True, metavar="COLUMN=FIELD", help="What a column of the CSV means.")
@shared
def import_(
    run: Run,
    file: Path,
    kind: str | None,
    smart_account: str | None,
    virtual_account: str | None,
    exported_at: datetime | None,
    mapped: tuple[str, ...],
) -> None:
    """Import a licence export. A newer export of the same accounts takes the place of the older one."""
    from licsweep.jobs import judge

    pairs = [text.rpartition("=") for text in mapped]
    if any(not column or not field for column, _, field in pairs):
        raise UsageError("--map wants COLUMN=FIELD", why=f"got {', '.join(mapped)}", hint='--map "Lic. name=license"')
    read = judge.import_entitlements(
        run.project(),
        file,
        kind=kind,
        smart_account=smart_account,
        virtual_account=virtual_account,
        exported_at=exported_at,
        column_map={column: field for column, _, field in pairs},
    )
    for note in read.notes:
        run.say(plain(note))
    put(f"{len(read.entitlements)} entitlements imported from {file}", None)
