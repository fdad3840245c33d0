"""What a printed word means, by the field it is for: dates with their zones, numbers, flags, vocabularies.

The type of a field in the model chooses its converter; words and zones are data (templates/words.yaml).
"""

import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, is_dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from collectors.index import data
from licsweep.checked import MAX_DAYS, MAX_SECONDS
from licsweep.errors import UsageError
from licsweep.model import LAST_YEAR, Observation, PolicyClass, Udi

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME = r"(?P<hour>\d\d?):(?P<minute>\d\d):(?P<second>\d\d)(?:\.\d+)?"
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE | re.ASCII)
    for pattern in (
        rf"(?:[a-z]{{3}} +)?(?P<month>[a-z]{{3}}) +(?P<day>\d\d?) +{_TIME} +(?P<year>\d{{4}})(?: +(?P<zone>\S+))?",
        rf"(?:[a-z]{{3}} +)?(?P<month>[a-z]{{3}}) +(?P<day>\d\d?) +(?P<year>\d{{4}}) +{_TIME}(?: +(?P<zone>\S+))?",
        rf"(?:[a-z]{{3}} +)?(?P<month>[a-z]{{3}}) +(?P<day>\d\d?) +{_TIME} +(?P<zone>[a-z]+) +(?P<year>\d{{4}})",
        rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)[t ]{_TIME} ?(?P<zone>[a-z]+|[+-]\d\d:?\d\d)?",
        r"(?P<year>\d{4})[- ](?P<month>[a-z]{3})[- ](?P<day>\d\d?)(?: +(?P<zone>\S+))?",
        r"(?P<day>\d\d?)[- ](?P<month>[a-z]{3})[- ](?P<year>\d{4})(?: +(?P<zone>\S+))?",
        r"(?P<month>[a-z]{3}) +(?P<day>\d\d?) +(?P<year>\d{4})",
    )
)
_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(
    r"(?<!\d)(\d{1,9}) *([wdhms])(?:eeks?|ays?|(?:ou)?rs?|in(?:ute)?s?|ec(?:ond)?s?)?(?![a-z]),?",
    re.IGNORECASE | re.ASCII,
)
_OFFSET = re.compile(r"([+-])([01][0-9]|2[0-3]):?([0-5][0-9])")
_BRACKETED_NUMBER = re.compile(r" ?\(\d+\)$", re.ASCII)
_EPOCH_YEAR = 1970
_WHOLE_NUMBER = re.compile(r"[0-9]{1,12}")  # more digits are no number of anything that is read
_MILLISECONDS = re.compile(r"\d{12,13}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Meaning:
    """The value of a field, and whether the words were understood whole."""

    value: Any
    known: bool = True


UNKNOWN = Meaning(None, known=False)


@lru_cache(maxsize=1)
def kinds() -> dict[str, str]:
    """Every path of an observation (`licenses.count`) and the name of its type.

    Two tables have rows of their own shape: a class of the policy, an authorized license with its unit.
    """
    rows = _leaves(PolicyClass, "policy.") + _leaves(Udi, "authorizations.licenses.")
    return dict(_leaves(Observation, "") + rows)


def _leaves(record: type, prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, hint in get_type_hints(record).items():
        kind = inner(hint)
        if isinstance(kind, type) and is_dataclass(kind):
            found += _leaves(kind, f"{prefix}{name}.")
        elif kind is not None:
            found.append((prefix + name, "word" if get_origin(kind) is Literal else kind.__name__))
    return found


def inner(hint: Any) -> Any:
    """The type without `| None`, or the item of a tuple; None for what is no field (a ClassVar)."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return next(inner(part) for part in get_args(hint) if part is not type(None))
    if origin is tuple:
        return get_args(hint)[0]
    return hint if origin in (None, Literal) else None


@lru_cache(maxsize=1)
def book() -> dict[str, Any]:
    """templates/words.yaml, its keys folded."""
    words: dict[str, Any] = data("words.yaml")
    words["none"] = frozenset(words["none"])
    words["ambiguous"] = frozenset(words["ambiguous"])
    words["fields"] = {
        path: {fold(key): value for key, value in map_.items()} for path, map_ in words["fields"].items()
    }
    return words


def fold(text: str) -> str:
    """A word as the vocabularies spell it."""
    return re.sub(r" *- *", " - ", _BRACKETED_NUMBER.sub("", " ".join(text.lower().replace("_", " ").split())))


def local_zone(name: str | None) -> tzinfo | None:
    """A host's time zone, an IANA name or +05:30; UsageError where there is none of that name."""
    if name is None:
        return None
    offset = _OFFSET.fullmatch(name)
    if offset:
        sign = -1 if offset[1] == "-" else 1
        return timezone(sign * timedelta(hours=int(offset[2]), minutes=int(offset[3])))
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        hint = "an IANA name as Asia/Kolkata, or an offset as +05:30"
        raise UsageError(f"unknown time zone {name!r}", why="the host's `timezone` names no zone", hint=hint) from error


def meaning(path: str, text: str, zone: tzinfo | None) -> Meaning:
    """What the printed `text` says for the field `path`; a path that the model lacks is never understood."""
    text = text.strip()
    absent = not text or text.lower() in book()["none"]
    if path.endswith("_set"):
        return Meaning(not absent)
    if absent:
        return Meaning(None)
    vocabulary: Mapping[str, Any] = book()["fields"].get(path, {})
    if fold(text) in vocabulary:
        return Meaning(vocabulary[fold(text)])
    kind = kinds().get(path, "")
    if "seconds" in path:
        return _duration(text)
    if kind == "datetime":
        return _date(text, zone)
    found = UNKNOWN if vocabulary or kind not in _PLAIN else _PLAIN[kind](text)
    return UNKNOWN if path.endswith("_days") and (found.value or 0) > MAX_DAYS else found


def _integer(text: str) -> Meaning:
    return Meaning(int(text)) if _WHOLE_NUMBER.fullmatch(text) else UNKNOWN


def _flag(text: str) -> Meaning:
    flags: dict[str, bool] = book()["flags"]
    return Meaning(flags[text.lower()]) if text.lower() in flags else UNKNOWN


_PLAIN: dict[str, Callable[[str], Meaning]] = {"int": _integer, "bool": _flag, "str": Meaning}


def _duration(text: str) -> Meaning:
    """`89 days, 1 hours, 33 minutes, 51 seconds` and `10D 1H`, in seconds; no box counts a hundred years."""
    if _DURATION.sub("", text).strip():
        return UNKNOWN
    seconds = sum(int(count) * _UNITS[unit.lower()] for count, unit in _DURATION.findall(text))
    return Meaning(seconds) if seconds <= MAX_SECONDS else UNKNOWN


def _date(text: str, zone: tzinfo | None) -> Meaning:
    """A moment in UTC. The first day of 1970 stands for no date, a year beyond reach for a broken clock; a zone that
    nobody knows is read as UTC.

    Interfaces give milliseconds since 1970, or a time in numbers; the host's zone counts where that names none.
    """
    found = next((match for pattern in _DATES if (match := pattern.fullmatch(text))), None)
    parts = found.groupdict() if found else {}
    month = parts.get("month", "").lower()
    there = _zone(parts.get("zone"), zone)
    if month.isdecimal() and not parts["zone"]:
        there = zone or UTC
    hour, minute, second = (int(parts.get(unit) or 0) for unit in ("hour", "minute", "second"))
    try:
        if _MILLISECONDS.fullmatch(text):
            moment, there = datetime.fromtimestamp(int(text) // 1000, UTC), UTC
        else:
            number = int(month) if month.isdecimal() else _MONTHS.index(month) + 1
            day = datetime(int(parts["year"]), number, int(parts["day"]), tzinfo=there or UTC)
            moment = day.replace(hour=hour, minute=minute, second=second).astimezone(UTC)
    except (ValueError, OverflowError):
        return UNKNOWN
    if moment.year <= _EPOCH_YEAR:
        return Meaning(None)
    if moment.year > LAST_YEAR:
        return UNKNOWN
    return Meaning(moment, known=there is not None or "hour" not in parts)


def _zone(printed: str | None, local: tzinfo | None) -> tzinfo | None:
    if printed is None:
        return None
    name = printed.upper()
    if name in book()["ambiguous"] and local is not None:
        return local
    if _OFFSET.fullmatch(name):
        return local_zone(name)
    hours = book()["zones"].get(name)
    return None if hours is None else timezone(timedelta(hours=hours))
