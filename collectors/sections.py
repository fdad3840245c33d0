"""Numbered lines -> the sections of a form, keyed on headings, never on order.

A heading that nobody knows opens a section of its own, so that its lines can't leak into the table above.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

from collectors.index import NEVER, Form, Section
from collectors.lines import MAX_WIDTH, Line


@dataclass(slots=True)
class SplitOutput:
    """The lines of each known section (headings included), and those that belong to none.

    `lost`: a license may be missing or count twice, because a section of licenses has a line that is too long to be
    read, or is opened twice; or because the first heading stands twice, so that the text holds two outputs.
    """

    known: dict[Section, list[Line]]
    headings: set[int]
    strange: list[Line]
    lost: bool = False


def split(lines: Sequence[Line], form: Form) -> SplitOutput:
    """The parts of an output."""
    parts = SplitOutput({}, set(), [])
    current: Section | None = None  # VOS prints one blank before what has no name, and it opens a section all the same
    part = parts.strange
    first = ""
    for line, following in zip_longest(lines, lines[1:]):
        text = line.text
        if len(text) > MAX_WIDTH:
            parts.strange.append(line)
            parts.lost = parts.lost or (current is not None and current.counted)
            continue
        goes_on = text[:2] == "  " or (text[-1] in "=-" and line.ruler)
        if not goes_on and current and current.continues is not NEVER:
            goes_on = current.continues.fullmatch(text) is not None
        if not goes_on:
            opened = _headed(form, text)
            if opened is not None:
                parts.lost = parts.lost or text == first or (opened.counted and opened in parts.known)
                first = first or (text if text.strip("*") else "")  # a frame is none
                current, part = opened, parts.known.setdefault(opened, [])
                parts.headings.add(line.number)
            elif text[0] != " " and _looks_like_heading(line, following):
                current, part = None, parts.strange
        part.append(line)
    return parts


@lru_cache(maxsize=8192)
def _headed(form: Form, text: str) -> Section | None:
    return next((section for section in form.sections if section.heading.fullmatch(text)), None)


@lru_cache(maxsize=8192)
def is_known(section: Section, text: str) -> bool:
    """Whether a line that no table of the section took is one that it is known to have."""
    return section.known.fullmatch(text) is not None


def _looks_like_heading(line: Line, following: Line | None) -> bool:
    underlined = following is not None and following.number == line.number + 1 and following.ruler
    return line.text.endswith(":") or underlined
