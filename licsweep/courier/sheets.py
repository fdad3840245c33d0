"""Sheets to print or to look at: one HTML file each, no script, no external asset. Their words are sheets.yaml."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any

from licsweep.clean_text import clean
from licsweep.reports.view import Column, Tone, shown, values
from licsweep.serialization import yaml_table

Mark = tuple[int, Tone, str]
"""A stroke on a lane of a timeline: where it stands from 0 to 1000, its color, what it says."""
_CELL = Column(key="", title="", missing="-")
_PARTS: dict[str, Any] = {"note": "", "steps": (), "columns": {}, "empty": "None.", "fields": ()}


words = yaml_table(__file__, "sheets.yaml", dict[str, Any])


def page(
    kind: str,
    figures: Mapping[str, Any],
    facts: Mapping[str, object],
    rows: Mapping[str, Iterable[Any]],
    lanes: Mapping[str, Sequence[Mark]] | None = None,
) -> bytes:
    """The HTML of a kind of sheet; `figures` stand in its words, `facts` on its head.

    `rows` are records or dicts for the tables of its sections, by their names; `lanes` those of the timeline.
    """
    from licsweep.reports.html import filled

    layout = _filled(words()[kind], {name: _text(value) for name, value in figures.items()})
    shown, sections = {name: _text(value) for name, value in facts.items()}, []
    for name, part in layout["sections"].items():
        cells = _cells(part.get("columns", {}), rows.get(name, ()))
        sections.append(_PARTS | part | {"rows": cells, "lanes": part.get("lanes") and lanes})
    return filled("licsweep.courier", "sheet.html.j2", "sheet.css", layout=layout, facts=shown, sections=sections)


def _filled(words: Any, figures: Mapping[str, Any]) -> Any:
    if isinstance(words, dict):
        return {key: _filled(value, figures) for key, value in words.items()}
    if isinstance(words, list):
        return [_filled(value, figures) for value in words]
    return words.format_map(figures) if isinstance(words, str) else words


def _cells(columns: Mapping[str, str], records: Iterable[Any]) -> list[list[str]]:
    found = (values(one) if is_dataclass(one) else one for one in records)
    return [[_text(record[key]) for key in columns] for record in found]


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(clean(str(one)) for one in value) or _CELL.missing
    return f"{value:,}" if type(value) is int else shown(value, _CELL)
