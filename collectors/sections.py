"""Numbered lines -> the sections of a form, keyed on headings, never on order.

A heading that nobody knows opens a section of its own, so that its lines can't leak into the table above.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

from collectors.index import Form, Section
from collectors.lines import MAX_WIDTH, Line


@dataclass(slots=True)
class SplitOutput:
    """The lines of each known section (headings included), and those that belong to none.

    `lost`: one of those would have continued a section that was left before, or a section whose rows count stands
    twice.
    """

    known: dict[Section, list[Line]]
    headings: set[int]
    strange: list[Line]
    lost: bool = False


def split(lines: Sequence[Line], form: Form) -> SplitOutput:
    """The parts of an output."""
    parts = SplitOutput({}, set(), [])
    current: Section | None = None
    for line, following in zip_longest(lines, lines[1:]):
        if len(line.text) > MAX_WIDTH:
            parts.strange.append(line)
            continue
        if not line.text[0].isspace() and not line.ruler:
            opened = _opened(line, form, current)
            if opened is not None:
                again = opened is not current and opened in parts.known and not _continues(opened, line)
                parts.lost = parts.lost or (again and opened.counted)
                current = opened
                parts.headings.add(line.number)
            elif _looks_like_heading(line, following) and not _continues(current, line):
                current = None
        if current is None:
            parts.strange.append(line)
            parts.lost = parts.lost or any(section.counted and _continues(section, line) for section in parts.known)
        else:
            parts.known.setdefault(current, []).append(line)
    return parts


def _opened(line: Line, form: Form, current: Section | None) -> Section | None:
    if _continues(current, line):
        return None
    return _headed(form, line.text)


@lru_cache(maxsize=8192)
def _headed(form: Form, text: str) -> Section | None:
    return next((section for section in form.sections if section.heading.fullmatch(text)), None)


def _continues(current: Section | None, line: Line) -> bool:
    return current is not None and current.continues is not None and bool(current.continues.fullmatch(line.text))


def _looks_like_heading(line: Line, following: Line | None) -> bool:
    underlined = following is not None and following.number == line.number + 1 and following.ruler
    return line.text.endswith(":") or underlined
