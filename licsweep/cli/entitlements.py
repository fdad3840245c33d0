"""`licsweep entitlements`."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from licsweep import serialization
from licsweep.cli.common import MOMENT, Run, shared
from licsweep.cli.render import Out, data_options, plain, put, titled
from licsweep.errors import UsageError
from licsweep.imports.entitlements import KINDS

TERMS = titled(
    "smart_account virtual_account license entitlement_tag type quantity start end subscription_id cssm_in_use"
    " exported_at source_file source_row",
    license="License",
    entitlement_tag="Tag",
    subscription_id="Subscription",
    cssm_in_use="In use by CSSM",
    exported_at="Exported",
    source_file="File",
    source_row="Row",
)
NAMES = titled("license kind name tag why count where", license="License")


@click.group()
def command() -> None:
    """What was bought: CSSM exports and own YAML."""


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--as", "kind", type=click.Choice(KINDS), help="Kind of file (default: by its content).")
@click.option("--smart-account", help="Where the file does not say.")
@click.option("--virtual-account", help="Where the file does not say.")
@click.option("--exported-at", type=MOMENT, help="When it was exported (default: what the file says, else its time).")
@click.option("--map", "mapped", multiple=True, metavar="COLUMN=FIELD", help="What a column of the CSV means.")
@shared
def import_(run: Run, file: Path, mapped: tuple[str, ...], **said: Any) -> None:
    """Import what CSSM or SSM On-Prem exports (licenses, product instances), API answers, or own YAML.

    A newer export of the same accounts takes the place of the older one.
    """
    from licsweep.imports import entitlements
    from licsweep.jobs.entitlements import import_entitlements

    pairs = [text.rpartition("=") for text in mapped]
    if any(not column or not field for column, _, field in pairs):
        raise UsageError("--map wants COLUMN=FIELD", why=f"got {', '.join(mapped)}", hint='--map "Lic. name=license"')
    project = run.project()
    read = entitlements.read(file, column_map={column: field for column, _, field in pairs}, **said)
    for note in (*read.notes, *import_entitlements(project, file, read)):
        run.say(plain(note))
    counts = [(read.entitlements, "entitlements"), (read.instances, "product instances")]
    told = " and ".join(f"{len(found)} {what}" for found, what in counts if found) or "nothing"
    put(f"{told} imported from {file}")


@command.command("list")
@click.option("--as-of", type=MOMENT, help="The exports that count then: a date (its end) or a timestamp.")
@data_options
@shared
def list_(run: Run, as_of: datetime | None, out: Out) -> None:
    """The entitlements that count: of each account and source the newest export. One row a term."""
    from licsweep.jobs.entitlements import bought

    found = bought(run.project(), as_of)
    if out.form == "json":
        out.put(serialization.envelope("entitlements", [serialization.plain(one) for one in found]))
        return
    terms = [
        serialization.plain(one) | term
        for one in found
        for term in [serialization.plain(term) for term in one.terms] or [{}]
    ]
    out.rows("entitlements", terms, TERMS)
    run.say(f"{len(found)} entitlements")


@command.command("explain")
@click.argument("license_name", metavar="LICENSE")
@data_options
@shared
def explain(run: Run, license_name: str, out: Out) -> None:
    """Why two names meet: every name, label and tag of a license, where it stands, and the step that joined it.

    LICENSE is a name, an entitlement tag, a printed label, or a feature name.
    """
    from licsweep.jobs import judge

    found = [serialization.plain(one) for one in judge.explain_license(run.project(), license_name)]
    out.rows("entitlements-explain", found, NAMES)
