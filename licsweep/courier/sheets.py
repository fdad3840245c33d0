"""Sheets to print or to look at: one HTML file each, no script, no external asset. Their words are sheets.yaml."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import is_dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from licsweep.clean_text import clean
from licsweep.reports.view import Tone, values
from licsweep.serialization import load_yaml_file

Mark = tuple[int, Tone, str]
"""A stroke on a lane of a timeline: where it stands from 0 to 1000, its color, what it says."""
_PARTS: dict[str, Any] = {"note": "", "steps": (), "columns": {}, "empty": "None.", "fields": ()}


@cache
def words() -> Mapping[str, Any]:
    """sheets.yaml."""
    found: Mapping[str, Any] = load_yaml_file(Path(__file__).with_name("sheets.yaml"), dict[str, Any])
    return found


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
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case date():
            return value.isoformat()
        case list() | tuple():
            return ", ".join(clean(str(one)) for one in value) or "-"
        case _:
            return clean(str(value))
