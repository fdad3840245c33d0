"""Text of a command -> numbered lines without what the terminal added.

Numbers are those of the text as stored, from 1, so that every value can be walked back to its line.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from licsweep.errors import InputError

MAX_BYTES = 8 * 1024 * 1024
MAX_LINES = 200_000
MAX_WIDTH = 500

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_PAGER = re.compile(r" ?<?-{2,4} ?More ?-{2,4}>?[ \x08\r]*", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00\x07\x08\x0b\x0c\x1c-\x1f\x7f\ufeff]")
_BANNER = re.compile(
    r"Load for five secs:|Time source is |No time source"
    r"|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} +\d+ [\d:.]+ \S+$"  # IOS XR, before each output
)
_SYSLOG = re.compile(r"[^%]{0,90}%[A-Z][A-Z0-9_]*(?:-[A-Z0-9_]+)?-[0-7]-[A-Z0-9_]+:")
_ECHO = re.compile(r"(?:[\w.\-/()@:~*]{1,64}[#>] ?)?sh(?:ow?)? +[\w -]+(?:\|.*)?", re.IGNORECASE)
_PROMPT = re.compile(r"[\w.\-/()@:~*]{1,64}[#>](?: ?exit)?")
_RULER = re.compile(r"[=\-]{3}[=\- ]*")
_EDGE = 3


class Line(NamedTuple):
    """One line: its number in the stored text, and its words without padding."""

    number: int
    text: str

    @property
    def ruler(self) -> bool:
        """An underline: it carries nothing."""
        return self.text[-1] in "=-" and _RULER.fullmatch(self.text.strip()) is not None


def numbered(text: str) -> list[Line]:
    """The lines that say something; InputError over 8 MiB or 200,000 lines."""
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise InputError("the output is larger than 8 MiB", why="no command that is read here prints as much")
    if "\n" not in text:
        text = text.replace("\r", "\n")
    if text.count("\n") > MAX_LINES:
        raise InputError(f"the output has more than {MAX_LINES} lines", why="no command that is read here has as many")
    return _without_margin(_without_edges(list(_said(text))))


def _said(text: str) -> Iterator[Line]:
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip()
        if not line.isprintable():
            line = _clean(line)
        if not line or _BANNER.match(line) or ("%" in line and _SYSLOG.match(line)):
            continue
        yield Line(number, line)


def _clean(line: str) -> str:
    """What a terminal would show: no escapes, no pager residue, nothing that a carriage return overwrote."""
    line = _PAGER.sub("", _ESCAPE.sub("", line))
    line = _CONTROL.sub("", line.rpartition("\r")[2])
    return line.expandtabs().rstrip()


def _without_edges(lines: list[Line]) -> list[Line]:
    """Echo and prompt stand among the first and the last lines only; elsewhere such a line is device text."""
    last = len(lines) - _EDGE
    return [
        line
        for place, line in enumerate(lines)
        if not (
            (place < _EDGE or place >= last)
            and (_ECHO.fullmatch(line.text) is not None or _PROMPT.fullmatch(line.text) is not None)
        )
    ]


def _without_margin(lines: list[Line]) -> list[Line]:
    """An output that is indented as a whole stands in the first column."""
    margin = min((len(line.text) - len(line.text.lstrip()) for line in lines), default=0)
    return [Line(line.number, line.text[margin:]) for line in lines] if margin else lines
