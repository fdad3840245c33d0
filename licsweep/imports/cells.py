"""Cells of an export as quantities and dates: read only where the text leaves no doubt, else an error says why."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from licsweep.model import as_utc

Order = Literal["dmy", "mdy"]
ORDERS: tuple[Order, ...] = ("dmy", "mdy")
ENDLESS = frozenset({"never", "never expires", "does not expire", "no expiration", "perpetual", "permanent"})
NOTHING = ENDLESS | {"", "-", "--", "n/a", "na", "none", "null"}
EXCEL_ROUNDED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)
_WHOLE = re.compile(r"[0-9]{1,12}")
_GROUPED = re.compile(r"[0-9]{1,3}(?:([,.' \u00a0\u202f])[0-9]{3})(?:\1[0-9]{3}){0,3}")
_RESERVED = re.compile(r"(?P<head>.+?)\s*\(\s*(?P<plus>\+?)\s*(?P<reserved>\S+) reserved\s*\)", re.IGNORECASE)
_OF = re.compile(r"(?P<part>\S+) of (?P<all>\S+)", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = (
    re.compile(r"(?P<y>[0-9]{4})([-/.])(?P<m>[0-9]{1,2})\2(?P<d>[0-9]{1,2})"),
    re.compile(r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})"),
    re.compile(r"(?P<y>[0-9]{4})[- ](?P<m>[A-Za-z]+)[- ](?P<d>[0-9]{1,2})"),
    re.compile(r"(?P<d>[0-9]{1,2})[- ](?P<m>[A-Za-z]+)[-, ]+(?P<y>[0-9]{4})"),
    re.compile(r"(?P<m>[A-Za-z]+)\.? (?P<d>[0-9]{1,2}),? (?P<y>[0-9]{4})"),
)
_SLASHED = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(?:Z|[+-][0-9]{2}:?[0-9]{2})?")
_CLOCK = re.compile(
    r"(?P<day>.+?),? (?P<time>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)(?: ?(?P<half>[AP])M)?(?: ?(?:UTC|GMT|Z))?",
    re.IGNORECASE,
)
_LAST_MONTH, _NOON = 12, 12


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
    head, _, fraction = text.partition(decimal)
    if _WHOLE.fullmatch(head) and re.fullmatch(r"|0{1,2}|0{4,}", fraction):
        return int(head)
    grouped = _GROUPED.fullmatch(text)
    if grouped and grouped[1] == decimal and text.count(decimal) == 1 and (decimal == "." or fraction == "000"):
        raise ValueError("can be read with a decimal point or a thousand separator; write it without either")
    if grouped:
        return int(re.sub(r"\D", "", text))
    raise ValueError("is not a whole number of licenses")


def counted(text: str, *, decimal: str, owned: bool) -> tuple[int | None, int | None]:
    """A count and how many of it are reserved, as CSSM's tables print both: `48 (+ 2 reserved)` is 50, 2 of them.

    `8 of 48` is 48 where the column tells what is `owned`, else 8. Raises ValueError.
    """
    reserved: int | None = None
    plus = 0
    if said := _RESERVED.fullmatch(text.strip()):
        text, reserved = said["head"], quantity(said["reserved"], decimal=decimal)
        plus = (reserved or 0) if said["plus"] else 0
    if said := _OF.fullmatch(text.strip()):
        text = said["all" if owned else "part"]
    number = quantity(text, decimal=decimal)
    return (None if number is None else number + plus), reserved


def day(text: str, order: Order | None = None) -> date | None:
    """A date, None where the cell says that there is none. Raises ValueError, also where day and month could swap.

    `order` is the order of day and month in this file, None where it is not known.
    """
    found = moment(text, order)
    return found.date() if found else None


def moment(text: str, order: Order | None = None) -> datetime | None:
    """A moment in UTC; a bare date is its first second, no zone means UTC. None and ValueError as with `day`."""
    text = " ".join(text.split())
    if text.casefold() in NOTHING:
        return None
    try:
        if _ISO.fullmatch(text):
            return as_utc(datetime.fromisoformat(text))
        clock = _CLOCK.fullmatch(text)
        year, month, number = _parts(clock["day"] if clock else text, order)
        head = datetime(year, month, number, tzinfo=UTC)
        return head + _since_midnight(clock["time"], clock["half"]) if clock else head
    except _Unclear as error:
        raise ValueError(str(error)) from error
    except ValueError as error:
        raise ValueError("is not a date that exists; write it as 2026-11-24") from error


def order_of(text: str) -> Order | Literal["open"] | None:
    """The order of day and month that a date proves, because one of them is above 12; `open` where it could be both."""
    clock = _CLOCK.fullmatch(text := " ".join(text.split()))
    said = _SLASHED.fullmatch(clock["day"] if clock else text)
    if said is None or said[1] == said[3]:
        return None
    if max(int(said[1]), int(said[3])) <= _LAST_MONTH:
        return "open"
    return "dmy" if int(said[1]) > _LAST_MONTH else "mdy"


class _Unclear(ValueError):
    """Words for the person, unlike what the date types say."""


def _parts(text: str, order: Order | None) -> tuple[int, int, int]:
    for pattern in _DAYS:
        if found := pattern.fullmatch(text):
            return int(found["y"]), _month(found["m"]), int(found["d"])
    if not (said := _SLASHED.fullmatch(text)):
        raise _Unclear("is not a date that is known; write it as 2026-11-24")
    first, second = int(said[1]), int(said[3])
    known = order or order_of(text) or "dmy"
    if known == "open":
        raise _Unclear("is ambiguous: day and month could be swapped; type --dates dmy or --dates mdy")
    return (int(said[4]), second, first) if known == "dmy" else (int(said[4]), first, second)


def _month(word: str) -> int:
    if word.isdigit():
        return int(word)
    short = word[:3].casefold()
    if short not in _MONTHS:
        raise _Unclear(f"{word!r} is not the name of a month; write the date as 2026-11-24")
    return _MONTHS.index(short) + 1


def _since_midnight(clock: str, half: str | None) -> timedelta:
    at = time.fromisoformat(clock.zfill(len("10:00")) if clock.count(":") == 1 else clock.zfill(len("10:00:00")))
    hour = at.hour % _NOON + (_NOON if half in ("P", "p") else 0) if half else at.hour
    return timedelta(hours=hour, minutes=at.minute, seconds=at.second)
