"""Writes docs/cli.md, docs/findings.md and docs/schemas/*.json. `make docs` runs it, a test compares."""

import json
from pathlib import Path

import click

from licsweep import serialization
from licsweep.cli import main
from licsweep.cli.outputs import kinds as verb_outputs
from reconcile.findings.kinds import kinds

FOLDER = Path(__file__).parent


def documents() -> dict[Path, str]:
    """Path and text of each generated page."""
    pages = {FOLDER / "cli.md": _cli(), FOLDER / "findings.md": _findings()}
    for name, kind in verb_outputs().items():
        pages[FOLDER / "schemas" / f"{name}.json"] = json.dumps(serialization.schema(kind), indent=1) + "\n"
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


if __name__ == "__main__":
    for path, text in documents().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path)
