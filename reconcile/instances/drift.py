"""Lines that no template knows, over the estate: one row for each shape of line, agent and command."""

import re
from collections.abc import Iterable

from licsweep.model import UnclaimedLine
from licsweep.position_types import DriftLine
from reconcile.instances.identity import ProductInstance, capture_of


def drift(units: Iterable[ProductInstance]) -> tuple[DriftLine, ...]:
    """The shapes on most instances first, each with its first line as an example.

    Lines of an output that was cut off are left out: it has a finding of its own.
    """
    found: dict[tuple[str, str, str], list[tuple[ProductInstance, UnclaimedLine]]] = {}
    for unit in units:
        seen = unit.observation
        if seen is None or not seen.complete:
            continue
        software = f"{seen.platform or 'a box'} {seen.release or ''}".strip()
        agent = f"agent {seen.agent_version}" if seen.agent_version else software
        for row in seen.unclaimed_lines:
            found.setdefault((agent, row.command, fold(row.text)), []).append((unit, row))
    rows = []
    for (agent, command, shape), lines in found.items():
        unit, first = lines[0]
        rows.append(
            DriftLine(
                agent=agent,
                command=command,
                shape=shape,
                instances=len({unit.hostname for unit, _ in lines}),
                lines=len(lines),
                hostname=unit.hostname,
                line=first.line_number,
                text=first.text,
                capture=capture_of(unit.state, command),
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.instances, -row.lines, row.agent, row.command, row.shape)))


def fold(text: str) -> str:
    """The shape of a line: digits and quoted words folded, blanks collapsed, so that one cause is one row."""
    return re.sub(r"\d+", "0", re.sub(r'"[^"]*"|(?<!\w)\'[^\']*\'(?!\w)', '"…"', " ".join(text.split())))
