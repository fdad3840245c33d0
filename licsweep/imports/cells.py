"""Cells of an export as quantities and dates: read only where the text leaves no doubt, else an error says why."""

import re
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
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
_NUMBERS = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2[0-9]{4}(?=$|,? )")
# Dates as strptime reads them once `_plain_date` has taken marks and long names of months away.
_BY_ORDER = {"dmy": "%d %m %Y", "mdy": "%m %d %Y"}
_DAYS = ("%Y %m %d", "%Y %b %d", "%d %b %Y", "%b %d %Y")
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
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


@lru_cache(maxsize=10_000)
def moment(text: str, order: Order | None = None) -> datetime | None:
    """A moment in UTC; a bare date is its first second, no zone means UTC; None where the cell says that there is none.

    Raises ValueError, also where day and month could swap; `order` is theirs in this file, None where it is not known.
    """
    text = " ".join(text.split())
    if text.casefold() in NOTHING:
        return None
    with suppress(ValueError):
        return as_utc(datetime.fromisoformat(text))
    known = order_of(text)
    if known == "open" and order is None:
        raise ValueError("is ambiguous: day and month could be swapped; type --dates dmy or --dates mdy")
    numbers = (_BY_ORDER[order or known or "dmy"],) if _NUMBERS.match(text) else ()
    for form in (f"{day}{clock}" for day in (*numbers, *_DAYS) for clock in _CLOCKS if text.isascii()):
        with suppress(ValueError):
            return datetime.strptime(_plain_date(text), form).replace(tzinfo=UTC)
    raise ValueError("is not a date that exists in a known form; write it as 2026-11-24")


def order_of(text: str) -> Order | Literal["open"] | None:
    """The order of day and month that a date proves, because one of them is above 12; `open` where it could be both."""
    said = _NUMBERS.match(" ".join(text.split()))
    if said is None or said[1] == said[3]:
        return None
    if max(int(said[1]), int(said[3])) <= _LAST_MONTH:
        return "open"
    return "dmy" if int(said[1]) > _LAST_MONTH else "mdy"


def _plain_date(text: str) -> str:
    """`Sept. 3, 2026 10:15PM UTC` as `Sep 3 2026 10:15 PM`."""
    text = re.sub(r" ?(?:UTC|GMT|Z)$", "", text, flags=re.IGNORECASE)
    text = re.sub(r"(?<=[0-9])([AP]M)$", r" \1", text, flags=re.IGNORECASE)
    return re.sub(r"([A-Za-z]{3})[A-Za-z]*", r"\1", " ".join(re.sub(r"[-/.,]", " ", text).split()))
