"""`licsweep site`."""

from datetime import UTC, datetime
from pathlib import Path

import click

from licsweep import serialization
from licsweep.cli.common import PATH, Run, shared
from licsweep.cli.render import Out, data_options
from licsweep.settings import expanded


@click.group()
def command() -> None:
    """Carry what was collected at a site without a line to the centre, in a signed file."""


@command.command("export")
@click.argument("snapshots", type=int, nargs=-1, required=True, metavar="SNAPSHOT...")
@click.option("-o", "--output", type=PATH, required=True, help="File to write.")
@click.option("--site", required=True, help="Name of this site, as the centre's allowed_signers has it.")
@click.option("--key", required=True, help="Private key of this site; ssh-keygen asks for its passphrase.")
@shared
def export(run: Run, snapshots: tuple[int, ...], output: Path, site: str, key: str) -> None:
    """At the site: write snapshots with their texts, and the courier's ledger with its files, signed."""
    from licsweep.jobs import sites

    made = sites.export(run.project(), snapshots, output, site=site, key=expanded(key))
    hosts = sum(sum(one.outcomes.values()) for one in made.snapshots)
    run.say(f"{output}: {len(made.snapshots)} snapshots with {hosts} results, signed as {site}")


@command.command("import")
@click.argument("file", type=PATH)
@data_options
def import_(run: Run, file: Path, out: Out) -> None:
    """At the centre: take in what a known site has signed, whole or not at all; a second time changes nothing."""
    from licsweep.jobs import sites

    found, new = sites.import_file(run.project(may_begin=True), file)
    out.rows("site-import", found)
    run.say(f"{new} of {len(found)} snapshots are new")


@command.command("list")
@data_options
def list_(run: Run, out: Out) -> None:
    """At the centre: list the sites, and how old what they brought is."""
    from licsweep.store import reading

    now = datetime.now(UTC)
    with reading(run.project()) as store:
        found = store.sites(now)
    out.rows("site-list", [serialization.plain(one) | {"age_days": (now - one.last_at).days} for one in found])
