"""JSON that a device printed -> lines, `key: value` each, so that templates read it as they read text."""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

from collectors.lines import Line

_DEEPEST = 20
_PLAIN = re.compile(r"[^\\/]{1,40}")
"""The beginning of a JSON text that can be written in one way only."""
_ENVELOPES = (("ins_api", "outputs", "output", "body"), ("result", "body"))


def flattened(said: Sequence[Line]) -> list[Line]:
    """The leaves of a JSON object in their order, each with the number of the line that printed it.

    An object or list is its name and a colon, and so is each of a list's rows: one row alone is no list on NX-OS. Text
    of several lines is its name and those lines. Of an answer of NX-API only the body counts. What is no whole JSON
    object stays as it is.
    """
    lines = list(said)
    if not lines or not lines[0].text.startswith("{"):
        return lines
    text = "\n".join(line.text for line in lines)
    try:
        return list(_Walk(lines, text).walk("", _body(loads(text))))
    except (ValueError, RecursionError):
        return lines


def _body(answer: Any) -> Any:
    for path in _ENVELOPES:
        inner = answer
        for name in path:
            inner = inner[0] if isinstance(inner, list) and len(inner) == 1 else inner
            inner = inner.get(name) if isinstance(inner, dict) else None
        if inner is not None:
            return inner
    return answer


def loads(text: str) -> Any:
    """The value of a JSON text; half a surrogate pair is `?`. Raises ValueError, for a name that stands twice too: of
    two lists one would be lost."""
    value = json.loads(text, object_pairs_hook=_once)
    if "\\ud" not in text.lower():
        return value
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


class _Walk:
    """Follows the text while it walks the values, so that each key is found where it stands."""

    def __init__(self, lines: Sequence[Line], text: str) -> None:
        self.lines, self.text, self.place, self.searching = lines, text, 0, True
        self.starts = list(accumulate((len(line.text) + 1 for line in lines), initial=0))

    def walk(self, key: str, value: Any, depth: int = 0) -> Iterator[Line]:
        if depth > _DEEPEST:
            raise ValueError("no device nests as deep")
        if isinstance(value, list):
            for item in value:
                if isinstance(item, str):
                    self._follow(_PLAIN.match(json.dumps(item))[0])  # type: ignore[index]  # it fits any text
                yield from self.walk(key, item, depth + 1)
        elif isinstance(value, dict):
            if key:
                yield Line(self._number(), f"{key}:")
            for name, inner in value.items():
                self._follow(json.dumps(name))
                yield from self.walk(name, inner, depth + 1)
        elif isinstance(value, str) and "\n" in value:
            yield Line(self._number(), f"{key}:")
            yield from (Line(self._number(), line.rstrip()) for line in value.split("\n") if line.strip())
        else:
            yield Line(self._number(), f"{key}: {'' if value is None else value}".rstrip())

    def _follow(self, name: str) -> None:
        """To where the name stands next; once one is written otherwise, numbers stay (a search in vain takes long)."""
        found = self.text.find(name, self.place) if self.searching else -1
        self.searching = found >= 0
        self.place = found + len(name) if self.searching else self.place

    def _number(self) -> int:
        return self.lines[bisect_right(self.starts, max(self.place - 1, 0)) - 1].number
