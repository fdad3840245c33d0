"""What may be written to a device: the one list, checked just before the bytes leave.

A platform's lines are those of its record and those of its kind of session (`enable`, `exit`). Of a record only
reading commands and the pager switch of the own session get through, whatever it says (licsweep/line_patterns.py).
"""

from functools import cache
from typing import Literal

from licsweep.errors import CommandNotAllowed
from licsweep.line_patterns import matcher, objection, record_objection
from licsweep.platforms import Platform

PAGER_KEY = " "
Purpose = Literal["scan", "sweep"]
_EVERYWHERE = ("", "exit")
_JSON = " | json"  # the one pipe: NX-OS' own, behind `show license` only


class AllowList:
    """The lines for one platform and purpose: a `scan` tells what a device is, a `sweep` reads its licenses.

    Raises CommandNotAllowed where the platform's record or its kind of session holds a line that is never sent.
    """

    def __init__(
        self, platform: Platform, purpose: Purpose, kind_lines: tuple[str, ...] = (), keys: tuple[str, ...] = ()
    ) -> None:
        self._name, self._purpose, self._keys = platform.name, purpose, (PAGER_KEY, *keys)
        identifying = (*([platform.pager_off] if platform.pager_off else ()), platform.identity_command)
        record, kind = (identifying, _EVERYWHERE) if purpose == "scan" else (platform.sent, (*_EVERYWHERE, *kind_lines))
        found = [(line, record_objection(line, platform.session)) for line in record]
        for line, why in [*found, *((line, objection(line)) for line in kind)]:
            if why:
                raise self._refused(line, why)
        self._lines = _matcher((*record, *kind))

    def check(self, data: str) -> None:
        """Passes when `data` is a pager's key or one allowed line with its newline; else raises CommandNotAllowed."""
        if data in self._keys:
            return
        line = data.removesuffix("\n")
        if self._name == "cisco_nxos" and line.startswith("show license"):
            line = line.removesuffix(_JSON)
        if not data.endswith("\n") or not self._lines.fullmatch(line) or objection(line):
            raise self._refused(data, f"it is not on the list of what a {self._purpose} may send to {self._name}")

    @staticmethod
    def _refused(data: str, why: str) -> CommandNotAllowed:
        return CommandNotAllowed(f"{data!r} was not sent", why=why, hint="licsweep sweep --dry-run")


_matcher = cache(matcher)
