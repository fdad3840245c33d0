"""Patterns of lines that may be sent: literal words and typed slots, and the words that no pattern may let through.

`show license rum id RUM_ID detail` has one slot. There is no raw regular expression, so no pattern can hold a pipe, a
redirection, a separator or a control character.
"""

import re
from functools import lru_cache

SLOTS = {
    "FILE": r"[A-Za-z0-9][A-Za-z0-9_/:-]{0,80}(?:\.[A-Za-z0-9_-]{1,20}){0,3}",
    "DAYS": r"[0-9]{1,4}",
    "RUM_ID": r"[0-9]{1,20}",
    "NAME": r"[A-Za-z0-9][A-Za-z0-9_-]{0,80}(?:\.[A-Za-z0-9_-]{1,80}){0,3}",
    "FS": r"[a-z][a-z0-9-]{0,20}:",
    "OUR_FILE": r"[a-z][a-z0-9-]{0,20}:licsweep_[A-Za-z0-9_-]{1,80}(?:\.[a-z]{1,8})?",
}
_LITERAL = re.compile(r"[A-Za-z0-9/][A-Za-z0-9/_.:-]*")
# `show license trace` reads, but follows a log without end; configurations and the whole of tech-support hold secrets.
_NEVER = (
    ["configure"],
    ["write"],
    ["reload"],
    ["erase"],
    ["set"],
    ["xcommand"],
    ["register"],
    ["deregister"],
    ["factory", "reset"],
    ["authorization", "return"],
    ["license", "trace"],
    ["license", "smart"],
    ["copy"],
    ["delete"],
    ["show", "running-config"],
    ["show", "startup-config"],
    ["show", "tech-support"],
    ["show", "configuration"],
)
# Words behind `show` name what is read, and can't configure: `show high-availability config`.
_SHOWN = (["configure"],)
# What the lines of a record begin with, by kind of session; kinds of other packages read with `show` alone.
_READING = {
    "ios": ("show",),
    "nxos": ("show",),
    "asa": ("show",),
    "xr": ("show",),
    "clish": ("show",),
    "fxos": ("show", "scope", "top"),
    "fmc": ("GET", "show"),
    "fdm": ("GET",),
    "vos": ("show", "GET", "AXL getSmartLicenseStatus"),
    "tsh": ("xStatus", "GET"),
}
_REQUEST = ("GET ", "AXL ")
_TERMINAL = re.compile(r"terminal (?:(?:length|width|pager(?: lines)?) [0-9]{1,4}|datadump)")
_SHORTEST_ABBREVIATION = 2  # behind the first word; `show license all` must not be taken for one of an `a...`


@lru_cache(maxsize=1024)  # it is asked of the same lines for each session
def objection(line: str) -> str | None:
    """Why a line or a pattern may never be sent, whatever a record says; None where nothing stands against it.

    Devices take abbreviations (`conf t`), so a word counts as every forbidden word that it begins.
    """
    if not line:
        return None
    if any(not _LITERAL.fullmatch(word) for word in line.split(" ")):
        return "only words of letters, digits and / _ . : - with one blank between them can be sent"
    words = line.lower().split(" ")
    for phrase in _NEVER:
        if phrase in _SHOWN and words[0] == "show":
            continue
        for start in range(len(words) - len(phrase) + 1):
            shortest = _SHORTEST_ABBREVIATION if start else 1
            taken = words[start : start + len(phrase)]
            if all(len(word) >= shortest and full.startswith(word) for word, full in zip(taken, phrase, strict=True)):
                return f"`{' '.join(phrase)}` is never sent"
    return None


def record_objection(line: str, session: str) -> str | None:
    """Why no record of that kind of session may hold the line: it is no reading command and no pager switch."""
    words = _READING.get(session, ("show",))
    if f"{line} ".startswith(tuple(f"{word} " for word in words)) or _TERMINAL.fullmatch(line):
        return objection(line)
    return objection(line) or f"a record holds lines that begin with {' or '.join(words)}, and `terminal length 0`"


def matcher(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One expression for all the patterns; a line is one of them where it matches whole."""
    words = (" ".join(SLOTS.get(word) or re.escape(word) for word in pattern.split(" ")) for pattern in patterns)
    return re.compile("|".join(words))


def is_request(line: str) -> bool:
    """Whether a line of a record is asked over HTTPS and never typed at a terminal."""
    return line.startswith(_REQUEST)
