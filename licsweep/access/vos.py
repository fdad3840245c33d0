"""Sessions with the Voice Operating System: CUCM, Unity Connection.

The prompt comes seconds after the login, behind a splash; it is `admin:` for every account. An ordinary account (level
0) may not switch paging off, so that both pagers are answered. A reading command may ask whether it shall go on: the
answer is no, and any other question ends the session.
"""

import re

from licsweep.access.shell import Shell, is_question, last_line
from licsweep.access.ssh_session import Session
from licsweep.access.terminal import ESCAPE, ESCAPE_BYTES, clean
from licsweep.errors import SessionTimeout

SPLASH = 60.0  # seconds to the prompt, where the limit of a command is shorter
_SETTLED = 0.3  # seconds of silence behind the first prompt: it may come twice
_SLOW = 10.0  # seconds of silence: commands take five and more
_AT_PROMPT = 1.0  # and where the prompt stands without an echo before it
# `set commandcount enable` puts a number into the prompt; in which form is in no public source.
_PROMPT = r"[\[(]?\d{0,6}[\])]?[: ]?admin[: ]?[\[(]?\d{0,6}[\])]?:"
_PASSED_PROMPT = re.compile(rf"(?:^|[\r\n]){_PROMPT} *[\r\n]".encode())
_IS_PROMPT = re.compile(_PROMPT.encode())
_MOVED = r"(?:\x1b\[[\d;]*[HfJK]){1,4}(?=admin)"  # moving or erasing begins a line as well
_PAGE = r"press\b[^\r\n]{0,120}?(?:to quit|\b(?:quit|continue|any key)\b)[.:>)]{0,3}"
_OPTIONS = r"options:[^\r\n]{0,80}\bn=next\b[^\r\n]{0,80}?:"
_PAGER_AT_END = re.compile(rf"(?:{_PAGE}|{_OPTIONS})$".encode(), re.IGNORECASE)
_LAST_PAGE = re.compile(rb"\(lines \d+ - (\d+) of \1\)")
_PAGER_TRACE = re.compile(rf"(?:{_PAGE}|{_OPTIONS} ?)(?:[\x08 ]*\x08|\r *\r(?!\n)|\r(?!\n))*", re.IGNORECASE)
_GO_ON = re.compile(
    rb"\b(?:continue|proceed|are you sure)\b[^\r\n]{0,60}[\[(] ?(?P<yes>y|yes) ?/ ?(?P<no>n|no) ?[\])] ?\??:?$",
    re.IGNORECASE,
)
_ASKED = re.compile(rb"\?$|[\[(] ?y(?:es)? ?/|password:$", re.IGNORECASE)
_LAST_PROMPTS = re.compile(rf"(?:^|[\r\n])(?:\s*{_PROMPT}\s*)+$")
_BLANKS = re.compile(rb"[\s\x08\0\x07]+")
_FIRST, _LAST = 4096, 512  # bytes in which the echo and the last prompts stand


class VosShell(Shell):
    """The terminal of VOS."""

    def greet(self, _pager_off: str) -> None:
        """Waits through the splash, up to a prompt that nothing follows."""
        self.read_until(self.at_prompt, seconds=SPLASH)
        self.prompt = b"admin:"
        while more := self._receive(self._ends, _SETTLED):
            self.tail = (self.tail + more)[-_LAST:]

    @property
    def nudges(self) -> bool:
        """Only where something was printed behind the prompt: a splash and a command may be silent for long."""
        return bool(_PASSED_PROMPT.search(self.tail))

    def line_at_end(self, raw: bytes) -> bytes:
        return last_line(re.sub(_MOVED.encode(), b"\r", raw))

    def at_prompt(self, line: bytes) -> bool:
        return bool(_IS_PROMPT.fullmatch(line))

    def has_begun(self, got: bytes | bytearray, echo: bytes) -> bool:
        plain = ESCAPE_BYTES.sub(b"", got[:_FIRST])
        return _BLANKS.sub(b"", echo) in _BLANKS.sub(b"", plain)

    def patience(self, line: bytes) -> float:
        return _AT_PROMPT if self.at_prompt(line) else _SLOW

    def key_for(self, line: bytes, *, silent: bool) -> str:
        if silent and is_question(line) and _ASKED.search(line):
            raise SessionTimeout("the device asks something that is not answered", why=self.last_words)
        if silent:
            return ""
        if asked := _GO_ON.search(line):
            return asked["no"].decode() + "\n"
        if _PAGER_AT_END.search(line):
            return _pager_key(line.lower())
        return super().key_for(line, silent=silent)


def _pager_key(line: bytes) -> str:
    if line.startswith(b"options"):
        return "q" if _LAST_PAGE.search(line) else "n"
    return " " if b"space" in line or b"any key" in line else "\n"


class VosSession(Session):
    """CUCM and Unity Connection."""

    lines = ("n", "no")
    keys = ("n", "q")
    terminal = VosShell

    def _cleaned(self, raw: bytes, command: str) -> str:
        return cleaned(raw.decode("utf-8", "replace"), command)


def cleaned(text: str, command: str) -> str:
    """Terminal text of VOS as plain lines: pagers, escapes, echo and the prompts behind it gone."""
    plain = _PAGER_TRACE.sub("", ESCAPE.sub("", re.sub(_MOVED, "\n", text)))
    return clean(plain[:-_LAST] + _LAST_PROMPTS.sub("\n", plain[-_LAST:]), command, "")
