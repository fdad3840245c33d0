"""`licsweep entitlements`."""

from collections.abc import Callable, Sized
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from licsweep import serialization
from licsweep.cli.common import MOMENT, PATH, Run, shared
from licsweep.cli.render import Out, columns, data_options, plain, put
from licsweep.errors import UsageError
from licsweep.imports.cells import ORDERS
from licsweep.imports.files import KINDS, some
from licsweep.settings import Project

if TYPE_CHECKING:
    from licsweep.imports.entitlements import ImportedFile
    from licsweep.jobs.entitlements import Replacing

IMPORTS = "entitlements-imports"


def _number(found: Sized, what: str) -> str:
    return f"{len(found)} {what}{'' if len(found) == 1 else 's'}"


def _replacing(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that say what an import replaces."""
    verb = click.option("--dry-run", is_flag=True, help="Show what would be replaced; store nothing.")(verb)
    verb = click.option("--partial", is_flag=True, help="Replace only the virtual accounts that the file names.")(verb)
    return click.option("--whole-account", is_flag=True, help="Replace all that was imported of the smart account.")(
        verb
    )


@click.group()
def command() -> None:
    """Import, fetch, list and explain what was bought: CSSM exports and own YAML."""


@command.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=PATH)
@click.option("--as", "kind", type=click.Choice(KINDS), help="Kind of file (default: by its content).")
@click.option("--smart-account", help="Smart account of rows that name none.")
@click.option(
    "--virtual-account", help="Virtual account of rows that name none; the file speaks for that account alone."
)
@click.option("--exported-at", type=MOMENT, help="When it was exported (default: what the file says, else its time).")
@click.option("--map", "mapped", multiple=True, metavar="COLUMN=FIELD", help="What a column of the file means.")
@click.option("--dates", type=click.Choice(ORDERS), help="Order of day and month if the file does not show it.")
@_replacing
@shared
def import_(run: Run, files: tuple[Path, ...], mapped: tuple[str, ...], **said: Any) -> None:
    """Import exports of CSSM or SSM On-Prem (licenses, product instances, alerts), API answers, or own YAML.

    A file that names several virtual accounts is the export of its whole smart account and replaces what was imported
    of it; a file of one virtual account replaces that account alone. Several files are imported together or not at
    all; the pages of one API answer must be given together.
    """
    from licsweep.imports.entitlements import read_all

    pairs = [text.rpartition("=") for text in mapped]
    if any(not column or not field for column, _, field in pairs):
        raise UsageError("--map wants COLUMN=FIELD", why=f"got {', '.join(mapped)}", hint='--map "Lic. name=license"')
    replacing = {name: said.pop(name) for name in ("whole_account", "partial", "dry_run")}
    read = read_all(files, column_map={column: field for column, _, field in pairs}, **said)
    _take(run, run.project(may_begin=True), read, **replacing)


def _take(
    run: Run, project: Project, read: "list[ImportedFile]", *, whole_account: bool, partial: bool, dry_run: bool
) -> None:
    """Imports what was read, and says what came of it."""
    from licsweep.jobs.entitlements import import_files

    if whole_account and partial:
        raise UsageError("--whole-account and --partial exclude each other", hint="type one of them")
    for note in (note for one in read for note in one.notes):
        run.say(plain(note))
    replacing: Replacing | None = "whole" if whole_account else "partial" if partial else None
    for line in import_files(project, read, replacing=replacing, dry_run=dry_run):
        run.say(plain(line))
    for one in read:
        alerts = [alert for listed in one.alerts for alert in listed.alerts]
        counts = [(one.entitlements, "entitlement"), (one.instances, "product instance"), (alerts, "alert")]
        told = " and ".join(_number(found, what) for found, what in counts if found) or "no alert"
        put(f"{told} {'would be ' if dry_run else ''}imported from {some(one.paths)}")


@command.command("fetch")
@click.argument("source")
@_replacing
@shared
def fetch(run: Run, source: str, dry_run: bool, **replacing: bool) -> None:
    """Fetch entitlements from the API of SSM On-Prem or CSSM and import them: all pages or nothing.

    SOURCE is a table [entitlements.SOURCE] of licsweep.toml, such as onprem or cssm; its credential set holds client_id
    and client_secret. Only lists are read. The answers are kept in entitlements/fetched.
    """
    from licsweep.jobs.fetch import fetched

    project = run.project()
    with fetched(project, source, keep=not dry_run) as read:
        _take(run, project, read, dry_run=dry_run, **replacing)


@command.command("remove")
@click.argument("import_id", metavar="IMPORT", type=int)
@shared
def remove(run: Run, import_id: int) -> None:
    """Take one import back, by its number in `entitlements list --imports`: what it replaced counts again."""
    from licsweep.jobs import entitlements

    for line in entitlements.remove(run.project(), import_id):
        put(plain(line))


@command.command("list")
@click.option("--as-of", type=MOMENT, help="The exports that count then: a date (its end) or a timestamp.")
@click.option("--imports", is_flag=True, help="List the imports with their numbers instead.")
@data_options
def list_(run: Run, as_of: datetime | None, imports: bool, out: Out) -> None:
    """List the entitlements that count: the newest export of each account and source. One row per term."""
    from licsweep.jobs import entitlements, project_files

    project = run.project()
    for note in project_files.unused(project):
        run.say(plain(note))
    if imports:
        known = [
            {key: getattr(one, key, None) for key in columns(IMPORTS)} | {"rows": one.number, "counts": counts}
            for one, counts in entitlements.imports(project)
        ]
        whole = serialization.plain(known, list[dict[str, Any]])
        rows = [row | {"virtual_accounts": ", ".join(row["virtual_accounts"])} for row in whole]
        out.rows(IMPORTS, rows, whole=whole)
        return
    found = entitlements.bought(project, as_of)
    rows = [row | term for row in map(serialization.plain, found) for term in row["terms"] or [{}]]
    out.rows("entitlements-list", rows, whole=found)
    run.say(_number(found, "entitlement"))


@command.command("explain")
@click.argument("license_name", metavar="LICENSE")
@data_options
def explain(run: Run, license_name: str, out: Out) -> None:
    """Explain how a license name was matched: its names, labels and tags, where each stands, and what joined them.

    LICENSE is a name, an entitlement tag, a printed label, or a feature name.
    """
    from licsweep.jobs import judge

    out.rows("entitlements-explain", judge.explain_license(run.project(), license_name))
