"""`licsweep parse`."""

import sys
from pathlib import Path
from typing import Any

import click

from licsweep import files, serialization
from licsweep.cli.common import EXIT_FINDINGS, PATH, Run
from licsweep.cli.render import Out, data_options
from licsweep.model import Observation

MAX_TEXT_BYTES = 8 * files.MIB


@click.command()
@click.argument("file", type=PATH)
@click.option("--platform", required=True, help="cisco_xe, cisco_nxos, ...")
@click.option("--command", "asked", help="Command that printed it (default: recognized from the text).")
@click.option("--timezone", help="Time zone of the device if its abbreviation is ambiguous, e.g. Asia/Kolkata.")
@data_options
def command(run: Run, file: Path, platform: str, asked: str | None, timezone: str | None, out: Out) -> None:
    """Parse one command output offline (`-` reads standard input). Exit 1 if it is not complete."""
    from collectors.parse import parse_text

    raw = sys.stdin.buffer.read(MAX_TEXT_BYTES + 1) if str(file) == "-" else files.read(file, MAX_TEXT_BYTES).raw
    observation = parse_text(files.decoded(raw), platform, asked, timezone=timezone)
    out.rows("parse", as_rows(observation), whole=observation)
    if observation.unclaimed_lines:
        run.say(f"{len(observation.unclaimed_lines)} lines are not matched by any template")
    if not observation.complete:
        run.say("not complete: the text is cut off, or a part is missing that it must have")
        sys.exit(EXIT_FINDINGS)


def as_rows(observation: Observation) -> list[dict[str, Any]]:
    """The stated values, one a line; each license, UDI, ... on its own, with the line number that printed it."""
    lines = {
        evidence.field: f"{evidence.command}:{evidence.path or evidence.line_number}"
        for evidence in observation.evidence
    }
    found: list[dict[str, Any]] = []
    for name, value in serialization.plain(observation).items():
        if name == "evidence" or value in (None, [], {}):
            continue
        each = {f"{name}[{n}]": row for n, row in enumerate(value)} if isinstance(value, list) else {name: value}
        found += [{"field": field, "value": _flat(one), "line": lines.get(field)} for field, one in each.items()]
    return found


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_flat(one)}" for key, one in value.items() if one not in (None, [], {}))
    if isinstance(value, list):
        return "; ".join(_flat(one) for one in value)
    return str(value)
