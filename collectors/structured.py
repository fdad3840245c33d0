"""JSON that a device printed -> lines, `key: value` each, so that templates read it as they read text."""

import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

from collectors.lines import Line


def flattened(said: Sequence[Line]) -> list[Line]:
    """The leaves of a JSON object in their order, each with the number of the line that printed it.

    An object or list is its name and a colon, and so is each of a list's rows: one row alone is no list on NX-OS.
    Text that is no whole JSON object stays as it is.
    """
    lines = list(said)
    if not lines or not lines[0].text.startswith("{"):
        return lines
    text = "\n".join(line.text for line in lines)
    try:
        return list(_Walk(lines, text).walk("", json.loads(text)))
    except (ValueError, RecursionError):
        return lines


class _Walk:
    """Follows the text while it walks the values, so that each key is found where it stands."""

    def __init__(self, lines: Sequence[Line], text: str) -> None:
        self.lines, self.text, self.place = lines, text, 0
        self.starts = list(accumulate((len(line.text) + 1 for line in lines), initial=0))

    def walk(self, key: str, value: Any) -> Iterator[Line]:
        if isinstance(value, list):
            for item in value:
                yield from self.walk(key, item)
        elif isinstance(value, dict):
            if key:
                yield Line(self._number(), f"{key}:")
            for name, inner in value.items():
                self.place = max(self.text.find(json.dumps(name), self.place), self.place)
                yield from self.walk(name, inner)
        else:
            yield Line(self._number(), f"{key}: {'' if value is None else value}".rstrip())

    def _number(self) -> int:
        return self.lines[bisect_right(self.starts, self.place) - 1].number
