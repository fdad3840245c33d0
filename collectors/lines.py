"""Text of a command -> numbered lines without what the terminal added.

Numbers are those of the text as stored, from 1, so that every value can be walked back to its line. No pattern here
takes more than a fixed number of steps a character, whatever the text is.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from licsweep.errors import InputError

MAX_BYTES = 8 * 1024 * 1024
MAX_LINES = 200_000
MAX_WIDTH = 500

_ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]?[@-~]|\][^\x07\x1b]*\x07?|[()][0-9AB]|[=>78DEHMc\\])")
# The pager, and what was printed to erase it: blanks between backspaces or carriage returns, or, where a log kept no
# control characters, as many blanks as the pager is wide. The indentation of the line behind it stays.
_PAGER = re.compile(
    r" ?(?:<?-{2,4} ?More ?-{2,4}>?|Press <enter> for 1 line, <space> for one page, or <q> to quit) ?"
    r"(?:[ \x08\r]*[\x08\r]| {0,9})",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\ufeff]")
_MONTH_DAY = r"[A-Z][a-z]{2} +\d{1,2}"
_CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_STAMP = rf"[*.]?(?:(?:\d{{4}} )?(?:{_MONTH_DAY} (?:\d{{4}} )?)?{_CLOCK}(?: [A-Z]{{2,5}})?|(?:\d{{1,4}}[ywdh]){{1,2}})"
_NOISE = re.compile(
    r"Load for five secs:|Time source is |No time source"
    rf"|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) {_MONTH_DAY} (?:\d{{4}} )?{_CLOCK} \S+$"  # IOS XR, before each output
    # a log line starts with its time or its code: text of the device before it is no log line
    r"|(?:<\d{1,3}>)?(?:\d{1,9}: )?(?:\w{1,9}(?:/\w{1,9}){1,3}:)?"
    rf"(?:{_STAMP}: |\d{{4}} {_MONTH_DAY} {_CLOCK} +\S+ "
    rf"|(?:{_STAMP}:? +(?:[^\s%]+ +){{0,4}})?%[A-Z][A-Z0-9_]*(?:-[A-Z0-9_]+)?-[0-7]-[A-Z0-9_]+:)",
    re.ASCII,
)
_ECHO = re.compile(
    r"(?P<prompt>(?:\S.*[^\w\s]\s{0,2})?)(?:(?:do|run|admin)\s+)?"
    r"(?P<command>sh(?:ow?)?\s+\w[\w./:-]*(?:\s+[\w./:-]+){0,7}\s*(?:\|.*)?|xstatus(?: //)? \w+)",
    re.IGNORECASE,
)
_LICENSES_ASKED = re.compile(r"^[^#>\n]*[#>].* lic", re.IGNORECASE | re.MULTILINE)
_FILTER = re.compile(r"\|(?! *(?:no-more|json))")
_PROMPT = re.compile(r"(?:[^\s<]{0,80}(?: /[\w/-]{1,80})?\*? ?[#>]|admin:)(?: ?(?:exit|quit|logout))?")
_PROMPT_ENDS = "#>:t"  # the last letters of what it matches: looked for first
_RULER = re.compile(r"[=\-]{3}[=\- ]*")
_EDGE = 3
_LONGEST_ECHO = 250


class Line(NamedTuple):
    """One line: its number in the stored text, and its words without padding."""

    number: int
    text: str

    @property
    def ruler(self) -> bool:
        """An underline: it carries nothing."""
        return self.text[-1] in "=-" and _RULER.fullmatch(self.text.strip()) is not None


class Printed(NamedTuple):
    """The lines that say something, and the command that the echo names.

    `held_back`: a pager or a filter kept lines back, or a second command for licenses stands in the text, and
    nobody knows what answers which. `open_end`: neither a line end nor a prompt follows the last line.
    """

    lines: list[Line]
    echo: str | None = None
    held_back: bool = False
    open_end: bool = False


def printed(text: str) -> Printed:
    """What the text says; InputError over 8 MiB or 200,000 lines."""
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise InputError("the output is larger than 8 MiB", why="no command that is read here prints as much")
    if "\n" not in text:
        text = text.replace("\r", "\n")
    if text.count("\n") > MAX_LINES:
        raise InputError(f"the output has more than {MAX_LINES} lines", why="no command that is read here has as many")
    lines, paged_at = _said(text)
    echo = next((found for line in lines[:_EDGE] if (found := _echo(line))), None)
    last = lines[-1:]
    lines = _without_margin(_without_edges(lines, echo["prompt"].rstrip() if echo else ""))
    command = echo["command"] if echo else None
    held_back = paged_at > (lines[-1].number if lines else 0) or filters(command or "")
    held_back = held_back or (_LICENSES_ASKED.search(text) is not None and any(map(_asks_again, lines)))
    open_end = not text.rstrip(" \t\0").endswith(("\n", "\r")) and bool(lines) and lines[-1].number == last[0].number
    return Printed(lines, command, held_back, open_end)


def filters(command: str) -> bool:
    """Whether a command shows a part of its output (`| include`), or ends elsewhere."""
    return _FILTER.search(command) is not None


def _said(text: str) -> tuple[list[Line], int]:
    """The lines that say something, and the number of the last one that was a pager and nothing else."""
    lines, paged_at = [], 0
    pager_words = "--" in text and "more" in text.lower()  # looked for first: the pattern takes long
    paged = (pager_words or "<space>" in text) and _PAGER.search(text) is not None
    numbered = ((number, line) for number, raw in enumerate(text.split("\n"), 1) if (line := raw.rstrip()))
    if not paged and text.isascii() and text.replace("\n", "").isprintable():
        return [Line(number, line) for number, line in numbered if line[0] == " " or not _noise(line)], 0
    for number, line in numbered:
        if paged or not line.isprintable():
            pager = paged and _PAGER.search(line)
            line = _clean(line)
            if pager and line in ("", "q", "^C"):
                paged_at = number
                continue
        if line and (line[0] == " " or not _noise(line)):
            lines.append(Line(number, line))
    return lines, paged_at


def _noise(line: str) -> bool:
    """Whether it is no text of the device."""
    return _NOISE.match(line) is not None if len(line) > MAX_WIDTH else _short_noise(line)


@lru_cache(maxsize=8192)  # boxes print the same lines over and over
def _short_noise(line: str) -> bool:
    return _NOISE.match(line) is not None


def _clean(line: str) -> str:
    """What a terminal would show: no escapes, no pager, nothing that a carriage return or a backspace took back.

    Telnet sends a null byte behind a bare carriage return.
    """
    line = _PAGER.sub("", _ESCAPE.sub("", line.replace("\0", ""))).rstrip().rpartition("\r")[2]
    if "\x08" in line:
        shown: list[str] = []
        for letter in line:
            if letter == "\x08":
                del shown[-1:]
            else:
                shown.append(letter)
        line = "".join(shown)
    return _CONTROL.sub("", line).replace("\xa0", " ").expandtabs().rstrip()


def _echo(line: Line) -> re.Match[str] | None:
    text = line.text
    maybe = len(text) <= _LONGEST_ECHO and ("sh" in (low := text.lower()) or "xs" in low)  # the pattern takes long
    return _ECHO.fullmatch(text) if maybe else None


def _asks_again(line: Line) -> bool:
    """Whether it is a prompt with a command for licenses behind it."""
    return _LICENSES_ASKED.search(line.text) is not None and _echo(line) is not None


def _without_edges(lines: list[Line], prompt: str) -> list[Line]:
    """Echo and prompt stand among the first and the last lines only; elsewhere such a line is device text."""
    first, last = _EDGE, max(_EDGE, len(lines) - _EDGE)
    head, tail = ([line for line in edge if not _typed(line, prompt)] for edge in (lines[:first], lines[last:]))
    return head + lines[first:last] + tail


def _typed(line: Line, prompt: str) -> bool:
    """Whether it is a prompt, and what a person typed behind it; `prompt` is that of the echo."""
    text = line.text
    if prompt and text.startswith(prompt):
        return True
    return bool(_echo(line) or (text[-1] in _PROMPT_ENDS and _PROMPT.fullmatch(text)))


def _without_margin(lines: list[Line]) -> list[Line]:
    """An output that is indented as a whole stands in the first column."""
    if any(line.text[0] != " " for line in lines):
        return lines
    margin = min((len(line.text) - len(line.text.lstrip()) for line in lines), default=0)
    return [Line(line.number, line.text[margin:]) for line in lines] if margin else lines
