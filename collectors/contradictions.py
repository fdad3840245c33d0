"""Where an answer over HTTPS says otherwise than the CLI of the same box: the CLI counts, and a person is told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from licsweep.model import Contradiction, Evidence, Observation

_STATES = ("registration_status", "authorization_status")
Pair = tuple[Contradiction, list[Evidence]]
Count = tuple[str, list[Evidence]]


def contradictions(read: Sequence[Observation]) -> tuple[tuple[Contradiction, ...], tuple[Evidence, ...]]:
    """What texts and requests say differently, in the order of the answers, with the lines of both."""
    texts = [one for one in read if not of_request(one)]
    found = [pair for other in read if of_request(other) for one in texts for pair in _between(one, other)]
    lines = (replace(line, field=f"contradictions[{at}]") for at, (_, lines) in enumerate(found) for line in lines)
    return tuple(one for one, _ in found), tuple(lines)


def of_request(one: Observation) -> bool:
    """Whether it is read from an answer over HTTPS: its evidence names paths."""
    return any(item.path for item in one.evidence)


def _between(one: Observation, other: Observation) -> Iterator[Pair]:
    for field in _STATES:
        said, otherwise = getattr(one, field), getattr(other, field)
        if said and otherwise and said != otherwise:
            lines = [item for item in (*one.evidence, *other.evidence) if item.field == field]
            yield Contradiction(field=field, said=said, otherwise=otherwise), lines
    if not (one.licenses and other.licenses and one.complete and other.complete) or one.licensing_model == "pak":
        return
    mine, theirs = _counted(one), _counted(other)
    if mine.keys().isdisjoint(theirs):  # one of them prints names for tags: only the numbers can be compared
        mine, theirs = _as_one(mine), _as_one(theirs)
    for tag in [*mine, *(tag for tag in theirs if tag not in mine)]:
        said, otherwise = (counted[tag][0] if tag in counted else "0" for counted in (mine, theirs))
        if said != otherwise:
            lines = [line for counted in (mine, theirs) if tag in counted for line in counted[tag][1]]
            yield Contradiction(field="licenses", name=tag, said=said, otherwise=otherwise), lines


def _counted(one: Observation) -> dict[str | None, Count]:
    """The count of each license by its tag, with the lines that print it."""
    counted: dict[str | None, Count] = {}
    for place, use in enumerate(one.licenses):
        lines = [item for item in one.evidence if item.field == f"licenses[{place}].count"]
        counted[use.entitlement_tag or use.name] = (str(use.count or 0), lines)
    return counted


def _as_one(counted: Mapping[str | None, Count]) -> dict[str | None, Count]:
    rows = sorted((row for row in counted.values() if row[0] != "0"), key=lambda row: int(row[0]))
    return {None: (" + ".join(count for count, _ in rows) or "0", [line for _, lines in rows for line in lines])}
