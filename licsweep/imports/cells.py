"""Cells of an export as quantities and dates: read only where the text leaves no doubt, else an error says why."""

import re
from datetime import UTC, date, datetime, time

from licsweep.model import as_utc

NOTHING = frozenset({"", "-", "n/a", "na", "none", "null", "never", "perpetual"})
_GROUPED = re.compile(r"\d{1,3}(?:([,.' \u00a0\u202f])\d{3})(?:\1\d{3})*")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = (
    re.compile(r"(?P<y>\d{4})[- ](?P<m>[A-Za-z]+)[- ](?P<d>\d{1,2})"),
    re.compile(r"(?P<d>\d{1,2})[- ](?P<m>[A-Za-z]+)[-, ]+(?P<y>\d{4})"),
    re.compile(r"(?P<m>[A-Za-z]+)\.? (?P<d>\d{1,2}),? (?P<y>\d{4})"),
)
_SLASHED = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].*)?")
_CLOCK = re.compile(r"(?P<day>.+?),? (?P<time>\d{2}:\d{2}(?::\d{2})?)(?: ?(?:UTC|GMT|Z))?")
_LAST_MONTH = 12


def one_line(text: str | None) -> str | None:
    """A text without surplus blanks; None where nothing is left."""
    return " ".join((text or "").split()) or None


def quantity(text: str, *, decimal: str) -> int | None:
    """Whole licenses, None for none said; thousand separators and a fraction of zeros are read. Raises ValueError.

    `decimal` is the file's decimal point: `10.000` is refused where that point could make it ten.
    """
    text = text.strip()
    if text.casefold() in NOTHING:
        return None
    if re.fullmatch(r"\d+", text):
        return int(text)
    head, _, fraction = text.partition(decimal)
    if re.fullmatch(r"\d+", head) and re.fullmatch(r"0{1,2}|0{4,}", fraction):
        return int(head)
    grouped = _GROUPED.fullmatch(text)
    if grouped and grouped[1] == "." == decimal:
        raise ValueError("can be read with a decimal point or a thousand separator; write it without either")
    if grouped:
        return int(re.sub(r"\D", "", text))
    raise ValueError("is not a whole number of licenses")


def day(text: str) -> date | None:
    """A date, None where the cell says that there is none. Raises ValueError, also where day and month could swap."""
    text = " ".join(text.split())
    if text.casefold() in NOTHING:
        return None
    if _ISO.fullmatch(text):
        moment = datetime.fromisoformat(text)
        return as_utc(moment).date()
    for pattern in _NAMED:
        if found := pattern.fullmatch(text):
            return date(int(found["y"]), _month(found["m"]), int(found["d"]))
    if found := _SLASHED.fullmatch(text):
        return _slashed(*map(int, found.groups()))
    raise ValueError("is not a date that is known; write it as 2026-11-24")


def _month(word: str) -> int:
    short = word[:3].casefold()
    if short not in _MONTHS:
        raise ValueError(f"{word!r} is not the name of a month; write the date as 2026-11-24")
    return _MONTHS.index(short) + 1


def _slashed(first: int, second: int, year: int) -> date:
    if first != second and max(first, second) <= _LAST_MONTH:
        raise ValueError("is ambiguous: day and month could be swapped; write it as 2026-11-24")
    return date(year, second, first) if first > _LAST_MONTH else date(year, first, second)


def moment(text: str) -> datetime | None:
    """A moment in UTC; a bare date is its first second, no zone means UTC. None and ValueError as with `day`."""
    text = " ".join(text.split())
    if _ISO.fullmatch(text):
        return as_utc(datetime.fromisoformat(text))
    found = _CLOCK.fullmatch(text)
    head = day(found["day"] if found else text)
    if head is None:
        return None
    return datetime.combine(head, time.fromisoformat(found["time"]) if found else time(), UTC)
