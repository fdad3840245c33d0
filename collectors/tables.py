"""Lines -> rows through TextFSM, with the line that gave each value and the lines that some rule knew."""

import io
import re
import threading
from collections.abc import Iterable
from importlib.resources import files
from typing import Any, NamedTuple

from textfsm import TextFSM

from collectors.index import TableRef
from collectors.lines import Line


class Row(NamedTuple):
    """One record: what was printed (a List value is its list), and the number of the line that printed it."""

    values: dict[str, Any]
    places: dict[str, int]


class Table(TextFSM):  # type: ignore[misc]
    """A compiled template that remembers line numbers. One a thread: a TextFSM holds state while it reads.

    `own` templates are matched without regard to case, and a value that a record already has is not taken again:
    a part that nobody knows yet may print a `Count:` or `Status:` of its own, which then is drift.
    """

    _cur_state: Any
    _cur_state_name: str

    def __init__(self, template: str, *, own: bool) -> None:
        super().__init__(io.StringIO(template))
        self._names: list[str] = list(self.header)
        options = [self.GetValuesByAttrib(option) for option in ("Filldown", "List")]
        self._once = set(self._names).difference(*options) if own else set()
        for rule in (rule for state in self.states.values() for rule in state):
            rule.regex_obj = re.compile(rule.regex, re.IGNORECASE if own else 0)
        self._lasting = set(self.GetValuesByAttrib("Filldown"))
        self._slots = {value.name: value for value in self.values}

    def rows(self, lines: Iterable[Line]) -> tuple[list[Row], set[int]]:
        """The rows, and the numbers of the lines that a rule knew."""
        self.Reset()
        self._places: dict[str, int] = {}
        self._claimed: set[int] = set()
        self._kept: list[dict[str, int]] = []
        for line in lines:
            self._number = line.number
            self._CheckLine(line.text)
            if self._cur_state_name in ("End", "EOF"):
                break
        if self._cur_state_name != "End" and "EOF" not in self.states:
            self._AppendRecord()
        read = [
            Row({name: value for name, value in zip(self._names, values, strict=True) if name in places}, places)
            for values, places in zip(self._result, self._kept, strict=True)
        ]
        return read, self._claimed

    # Upstream's own methods, overridden. The loop over the rules is upstream's, and takes notes; in place of a call
    # a rule (_CheckRule) it asks the pattern itself, which pays for the notes.

    def _CheckLine(self, line: str) -> None:  # noqa: N802
        for rule in self._cur_state:
            matched = rule.regex_obj.match(line)
            if not matched or not self._note(rule, matched):
                continue
            if self._Operations(rule, line):
                if rule.new_state:
                    if rule.new_state not in ("End", "EOF"):
                        self._cur_state = self.states[rule.new_state]
                    self._cur_state_name = rule.new_state
                break

    def _note(self, rule: Any, matched: re.Match[str]) -> bool:
        """Assigns what was printed; False where the record has one of the values already."""
        printed = matched.groupdict()
        if any(name in self._places and name in self._once for name, text in printed.items() if text is not None):
            return False
        if rule.line_op != "Continue":
            self._claimed.add(self._number)
        for name, text in printed.items():
            if text is not None:
                self._slots[name].AssignVar(text)
                self._places[name] = self._number
        return True

    def _AppendRecord(self) -> None:  # noqa: N802
        places, before = dict(self._places), len(self._result)
        super()._AppendRecord()
        if len(self._result) > before:
            self._kept.append(places)

    def _ClearRecord(self) -> None:  # noqa: N802
        super()._ClearRecord()
        self._places = {name: place for name, place in self._places.items() if name in self._lasting}


_compiled = threading.local()


def read(table: TableRef, lines: Iterable[Line]) -> tuple[list[Row], set[int]]:
    """The rows of a table of the index, and the numbers of the lines that it knows."""
    return compiled(table).rows(lines)


def compiled(table: TableRef) -> Table:
    """This thread's template of a table."""
    cache: dict[tuple[str, str], Table] = _compiled.__dict__.setdefault("tables", {})
    own = table.template is not None
    key = (table.package, table.template or "") if own else ("ntc_templates", f"templates/{table.ntc}")
    if key not in cache:
        package, path = key
        cache[key] = Table(files(package).joinpath(path).read_text("utf-8"), own=own)
    return cache[key]
