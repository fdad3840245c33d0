"""What is owned on a day, by the dates of the terms alone; the end date is the last valid day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from licsweep.position_types import CountedAs, Term

_COUNTED_AS: Mapping[str, CountedAs] = {"perpetual": "owned", "term": "owned", "demo": "demo", "usage": "no limit"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """Quantities on one day; `unlimited` where a usage-billed term is in force."""

    owned: int
    demo: int
    future: int
    ending: int
    unlimited: bool


def in_force(term: Term, day: date) -> bool:
    """Whether the term is valid on a day; a perpetual license has no last day."""
    started = term.start is None or term.start <= day
    return started and (term.type == "perpetual" or term.end is None or day <= term.end)


def counted_as(term: Term, day: date) -> CountedAs:
    """How a term counts on a day."""
    if in_force(term, day):
        return _COUNTED_AS[term.type]
    return "future" if term.start and term.start > day else "ended"


def holdings(terms: Sequence[Term], day: date, ending_days: int) -> Holdings:
    """What a pool holds on a day; `ending` counts what is owned now and ends within `ending_days`."""
    bought = [t for t in terms if t.type in ("perpetual", "term")]
    return Holdings(
        owned=sum(t.quantity for t in bought if in_force(t, day)),
        demo=sum(t.quantity for t in terms if t.type == "demo" and in_force(t, day)),
        future=sum(t.quantity for t in bought if t.start and t.start > day),
        ending=sum(t.quantity for t in _ending(terms, day, ending_days)),
        unlimited=any(t.type == "usage" and in_force(t, day) for t in terms),
    )


def lapses(terms: Sequence[Term], day: date, ending_days: int) -> list[date]:
    """The first days without a term that is in force now and ends within `ending_days`."""
    return sorted({t.end + timedelta(days=1) for t in _ending(terms, day, ending_days) if t.end})


def _ending(terms: Iterable[Term], day: date, ending_days: int) -> list[Term]:
    until = day + timedelta(days=ending_days)
    return [t for t in terms if t.type == "term" and in_force(t, day) and t.end and t.end <= until]
