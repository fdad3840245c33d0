"""Lines -> rows by TextFSM templates, with the line that gave each value and the lines that some rule knew."""

import io
import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from collectors.index import TableRef
from collectors.lines import Line

_REMEMBERED = 2048  # lines a state


class Row(NamedTuple):
    """One record: what was printed (a List value is its list), and the number of the line that printed it."""

    values: dict[str, Any]
    places: dict[str, int]


class _State:
    """The rules of a state, and which of them the lines seen lately match: boxes print the same lines over and over."""

    def __init__(self, rules: Iterable[Any]) -> None:
        self.rules = [(re.compile(rule.regex, re.I | re.A).match, rule) for rule in rules]
        self.seen: dict[str, list[tuple[Any, dict[str, str]]]] = {}

    def matching(self, text: str) -> list[tuple[Any, dict[str, str]]]:
        """TextFSM's rules that match, each with what it takes from the line; `seen` has those of lines seen lately."""
        if len(self.seen) >= _REMEMBERED:
            self.seen.clear()
        found = [(rule, matched.groupdict().items()) for match, rule in self.rules if (matched := match(text))]
        known = [(rule, {name: said for name, said in taken if said is not None}) for rule, taken in found]
        self.seen[text] = known
        return known


class Table:
    """A compiled template. Its rules mean what TextFSM documents; reading it here keeps the line numbers.

    Patterns match without regard to case, digits and blanks are those of ASCII, and a value that a record already has
    is not taken again: a part that nobody knows yet may print a `Count:` or `Status:` of its own, which then is drift.
    """

    def __init__(self, template: str) -> None:
        from textfsm import TextFSM

        parsed = TextFSM(io.StringIO(template))
        self._filldown, self._lists, self._required = (
            frozenset(parsed.GetValuesByAttrib(option)) for option in ("Filldown", "List", "Required")
        )
        self._states = {name: _State(rules) for name, rules in parsed.states.items()}
        self._ends_open = "EOF" not in parsed.states

    def rows(self, lines: Iterable[Line]) -> tuple[list[Row], set[int]]:
        """The rows, and the numbers of the lines that a rule knew."""
        rows: list[Row] = []
        claimed: set[int] = set()
        record = Row({}, {})
        state = self._states["Start"]
        for number, text in lines:
            matching = state.seen.get(text)
            for rule, printed in state.matching(text) if matching is None else matching:
                if printed and not self._take(record, printed, number):
                    continue
                if rule.record_op:
                    record = self._next(record, rows if rule.record_op == "Record" else None)
                if rule.line_op == "Continue":
                    continue
                claimed.add(number)
                if rule.new_state == "End":
                    return rows, claimed
                if rule.new_state:
                    state = self._states[rule.new_state]
                break
        if self._ends_open:
            self._next(record, rows)
        return rows, claimed

    def _take(self, record: Row, printed: dict[str, str], number: int) -> bool:
        """Takes what was printed; False where the record has one of the values already."""
        for name in printed:
            if name in record.values and name not in self._lists and name not in self._filldown:
                return False
        for name, text in printed.items():
            record.values[name] = [*record.values.get(name, ()), text] if name in self._lists else text
            record.places[name] = number
        return True

    def _next(self, record: Row, rows: list[Row] | None) -> Row:
        """The record after this one, which becomes a row where it has something and all that is required."""
        if not record.values:
            return record
        if rows is not None and all(record.values.get(name) for name in self._required):
            rows.append(record)
        if not self._filldown:
            return Row({}, {})
        kept = self._filldown & record.values.keys()
        return Row(*({name: part[name] for name in kept} for part in record))


def read(table: TableRef, lines: Iterable[Line]) -> tuple[list[Row], set[int]]:
    """The rows of a table of the index, and the numbers of the lines that it knows."""
    return compiled(table).rows(lines)


@lru_cache(maxsize=256)
def compiled(table: TableRef) -> Table:
    """The template of a table."""
    return Table(files(table.package).joinpath(table.template).read_text("utf-8"))
