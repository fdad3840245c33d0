"""Writes docs/cli.md, findings.md, settings.md and schemas/*.json. `make docs` runs it, a test compares."""

import json
from dataclasses import fields
from pathlib import Path

import click

from licsweep import serialization
from licsweep.cli import main
from licsweep.cli.outputs import kinds as verb_outputs
from licsweep.reports.schema import schemas
from licsweep.settings import Settings
from reconcile.findings.kinds import kinds

FOLDER = Path(__file__).parent


def documents() -> dict[Path, str]:
    """Path and text of each generated page."""
    pages = {FOLDER / "cli.md": _cli(), FOLDER / "findings.md": _findings(), FOLDER / "settings.md": _settings()}
    for name, kind in verb_outputs().items():
        pages[FOLDER / "schemas" / f"{name}.json"] = json.dumps(serialization.schema(kind), indent=1) + "\n"
    for name, schema in schemas().items():
        pages[FOLDER / "schemas" / f"{name}.json"] = json.dumps(schema, indent=1) + "\n"
    return pages


def _cli() -> str:
    parts = ["# The command line\n\nGenerated from the program: `make docs`.\n"]
    context = click.Context(main, info_name="licsweep", **main.context_settings)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        if command is not None:
            parts += _help(command, click.Context(command, info_name=name, parent=context))
    return "\n".join(parts)


def _help(command: click.Command, context: click.Context) -> list[str]:
    context.terminal_width = 100
    parts = [f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n"]
    if isinstance(command, click.Group):
        for name, sub in command.commands.items():
            parts += _help(sub, click.Context(sub, info_name=name, parent=context))
    return parts


def _findings() -> str:
    """Every kind of finding with its meaning, cause and remedy."""
    parts = ["# Findings\n\nMade from `reconcile/tables/findings.yaml`; `licsweep explain CODE` prints one of them.\n"]
    for kind in kinds():
        parts.append(
            f"\n## {kind.code} {kind.slug} ({kind.severity})\n\n{kind.meaning}\n\n"
            f"- Cause: {kind.cause}\n- Remedy: {kind.remedy}\n"
        )
    return "".join(parts)


def _settings() -> str:
    """Every setting with its default, range and meaning."""
    parts = [
        "# Settings\n\nMade from licsweep/settings.py. A setting stands in `licsweep.toml`, or in the environment as\n"
        "`LICSWEEP_` and its name in capitals; a flag of a verb counts before both. `licsweep config` shows each\n"
        "value and where it came from. Paths are relative to the project folder; `~` is a home folder. What is out of\n"
        "range, and a name that is no setting, is refused with file and line. Secrets are never settings:\n"
        "[credentials.md](credentials.md). `max_auth_failures = N` of the first releases is read as\n"
        "`lockout_after = N + 1`. Tables: `[inventory]` ([inventory.md](inventory.md)), `[credentials.NAME]`,\n"
        "`[export.netbox]` ([export](how-to/export.md)), `[entitlements.NAME]` ([fetch](how-to/on-prem.md)).\n\n"
        "| setting | default | range | meaning |\n|---|---|---|---|\n"
    ]
    for one in fields(Settings):
        least, most = one.metadata["least"], one.metadata["most"]
        limits = "" if isinstance(one.default, str) else f"{least:,} to {most:,}"
        parts.append(f"| `{one.name}` | `{json.dumps(one.default)}` | {limits} | {one.metadata['meaning']} |\n")
    return "".join(parts)


if __name__ == "__main__":
    for path, text in documents().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path)
