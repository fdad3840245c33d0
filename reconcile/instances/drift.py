"""Lines that no template knows, over the estate: one row for each shape of line, agent and command."""

import re
from collections.abc import Iterable

from licsweep.model import Observation
from licsweep.position_types import DriftLine
from reconcile.grouping import lists_by
from reconcile.instances.identity import ProductInstance, capture_of


def drift(units: Iterable[ProductInstance]) -> tuple[DriftLine, ...]:
    """The shapes on most instances first, each with its first line as an example.

    Lines of an output that was cut off are left out: it has a finding of its own.
    """
    whole = [(unit, unit.observation) for unit in units if unit.observation and unit.observation.complete]
    found = lists_by(
        ((_software(seen), row.command, fold(row.text)), (unit, row))
        for unit, seen in whole
        for row in seen.unclaimed_lines
    )
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
                path=first.path,
                text=first.text,
                capture=capture_of(unit.state, command),
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.instances, -row.lines, row.agent, row.command, row.shape)))


def _software(seen: Observation) -> str:
    if seen.agent_version:
        return f"agent {seen.agent_version}"
    return f"{seen.platform or 'a box'} {seen.release or ''}".strip()


def fold(text: str) -> str:
    """The shape of a line: digits and quoted words folded, blanks collapsed, so that one cause is one row."""
    return re.sub(r"\d+", "0", re.sub(r'"[^"]*"|(?<!\w)\'[^\']*\'(?!\w)', '"…"', " ".join(text.split())))
