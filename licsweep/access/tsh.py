"""Sessions with tsh, the shell of Expressway and VCS. It has no prompt: an answer opens with `*s` and ends with a line
`OK`, or is `ERROR` or `Command not recognized.` alone.
"""

import re
import time

from licsweep.access.shell import MAX_OUTPUT_BYTES, Shell, last_line
from licsweep.access.ssh_session import Session
from licsweep.access.terminal import ESCAPE_BYTES, clean
from licsweep.errors import AuthFailed, SessionTimeout

_OVER = (b"OK", b"ERROR", b"Command not recognized.")
_OPENED = re.compile(rb"(?:^|[\r\n]) *(?:\*s |ERROR\s*[\r\n]|Command not recognized\.)")
_UNIX_PROMPT = re.compile(rb"(?=[^#$]*[\w~])(?:\S{1,80} )?\S{0,80}[#$]")
_GREETING = 60.0  # seconds
_QUIET = 2.0  # seconds of silence: then the login is ready
_UNFRAMED = 3.0  # and then an answer that opened with nothing is over
_FIRST, _LAST = 4096, 512  # bytes in which an answer opens and ends


class TshShell(Shell):
    """The terminal of tsh. The `OK` of the greeting, early or late, ends no answer."""

    @property
    def nudges(self) -> bool:
        return False

    def greet(self, _pager_off: str) -> None:
        """Reads what a login prints: up to `OK`, or to a silence where it prints something else, or nothing."""
        ends, got = min(time.monotonic() + _GREETING, self._ends), b""
        while self.line_at_end(got) != b"OK" and (data := self._receive(ends, _QUIET)):
            got += data
            if len(got) > MAX_OUTPUT_BYTES:
                raise SessionTimeout("endless output", why="no login prints as much")
            self.tail = got[-_LAST:]
        if _UNIX_PROMPT.fullmatch(last_line(got)):
            why = f"it gets a shell of the operating system: {self.last_words}"
            raise AuthFailed("this user gets no tsh", why=why, hint="log in as admin")
        if self.asks(last_line(got)):
            raise SessionTimeout("the device asks something that is not answered", why=self.last_words)
        self.prompt = b"OK"

    def line_at_end(self, raw: bytes) -> bytes:
        return last_line(ESCAPE_BYTES.sub(b"", raw[-_LAST:]).rstrip(b" \t\r\n\x07\0"))

    def at_prompt(self, line: bytes) -> bool:
        return line in _OVER

    def more_follows(self) -> bool:
        """An element goes on up to its `*s/end`, whatever its lines hold."""
        return super().more_follows() or (self.line_at_end(self.tail) == b"OK" and b"*s/end" not in self.tail)

    def has_begun(self, got: bytes | bytearray, echo: bytes) -> bool:  # noqa: ARG002 - the echo may come before the greeting
        return bool(_OPENED.search(ESCAPE_BYTES.sub(b"", got[:_FIRST])))

    def patience(self, line: bytes) -> float:  # noqa: ARG002
        return _UNFRAMED


class TshSession(Session):
    """Expressway and VCS."""

    terminal = TshShell

    def _cleaned(self, raw: bytes, command: str) -> str:
        return clean(raw.decode("utf-8", "replace"), command, "")
