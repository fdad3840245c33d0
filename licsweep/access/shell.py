"""A device's terminal: what it writes is read up to its prompt, which is learned and not guessed.

Every read waits in a blocking receive with its own deadline: no sleeps, no polls. After some seconds of silence one
empty line is sent, unless the device asks something: a syslog line may stand behind the prompt, the login may wait for
a key, the prompt may look like nothing that is known. What then comes back is the prompt.
"""

import re
import time
from collections.abc import Callable
from typing import Any

from licsweep.access.allowlist import PAGER_KEY
from licsweep.access.login import Limits
from licsweep.access.terminal import ESCAPE_BYTES, quoted
from licsweep.errors import SessionDropped, SessionTimeout

MAX_OUTPUT_BYTES = 8 * 1024 * 1024
SILENCE, SILENCE_AFTER_EMPTY_LINE = 3.0, 1.0  # seconds
_TAIL = 512  # a prompt or a pager line is shorter
_USUAL_PROMPT = re.compile(rb"\S{1,200}[>#]")
_PAGER_AT_END = re.compile(rb"(?:--More--|<--- More --->)[^\r\n]{0,12}$")
# What stands in a line that asks something, whose answer may change the device; `pin-r1#` and `fw-ny/no1#` are names.
_QUESTION = re.compile(
    rb"[:?\]]$|\(y\)|\[y(?:es)?\]|pass(?:code|word)|user[ _-]?name|type '?yes"
    rb"|(?<![a-z0-9.-])(?:y(?:es)?/no?|pin|secret|token|selection|choice|accept)(?![a-z0-9.-])",
    re.IGNORECASE,
)
_PROMPT_ENDS = (b">", b"#", b"$", b"%")
AtEnd = Callable[[bytes], object]


def last_line(raw: bytes) -> bytes:
    """What stands behind the last line end, without escapes and the blanks around it."""
    tail = raw[-_TAIL:]
    plain = ESCAPE_BYTES.sub(b"", tail) if b"\x1b" in tail else tail
    return re.split(rb"[\r\n]", plain.rstrip(b" \x07\0"))[-1].strip(b" \t\x07\0")


def usual_prompt(line: bytes) -> object:
    """Whether a line looks like the prompts of most devices."""
    return _USUAL_PROMPT.fullmatch(line) and _may_be_prompt(line)


def is_question(line: bytes) -> bool:
    """Whether a line asks something: nothing is sent to it, not even `exit`."""
    return bool(_QUESTION.search(line))


def _may_be_prompt(line: bytes) -> bool:
    return line.endswith(_PROMPT_ENDS) and not is_question(line)


class Shell:
    """Over an open channel; `check` raises for what may not be sent, `ends` is the session's deadline (monotonic).

    Kinds of session whose terminals differ override what a line is (`line_at_end`), where an answer begins and ends
    (`has_begun`, `at_prompt`), what is typed within it (`key_for`), what a silence is (`patience`), and when a login is
    over (`greet`).
    """

    def __init__(self, channel: Any, check: Callable[[str], None], limits: Limits, ends: float) -> None:
        self.channel, self._check, self._limits, self._ends = channel, check, limits, ends
        self.prompt = self.tail = b""
        self._nudged = False
        self._begun = True  # whether the echo of what was typed came: a prompt before it is not the answer's end

    def write(self, data: str) -> None:
        """The lowest layer: nothing goes out that the allow-list does not know, secrets apart."""
        self._check(data)
        try:
            self.channel.sendall(data.encode())
        except OSError as error:
            raise SessionDropped("the device closed the session", why=self.last_words or str(error)) from error

    def ask(self, command: str, at_end: AtEnd | None = None, *, learning: bool = False) -> bytes:
        """What comes after a command up to the prompt, echo included."""
        self.write(command + "\n")
        return self.read_until(at_end or self.at_prompt, command.encode(), learning=learning)

    def at_prompt(self, line: bytes) -> bool:
        """Whether the exact prompt stands alone in its line."""
        return line == self.prompt

    def line_at_end(self, raw: bytes) -> bytes:
        """The line that tells whether an answer is over."""
        return last_line(raw)

    def has_begun(self, got: bytes | bytearray, echo: bytes) -> bool:
        """Whether an answer is on its way: before its echo no prompt ends it."""
        return echo in got

    def key_for(self, line: bytes, *, silent: bool) -> str:
        """What is typed within an answer: the pager's key, or nothing; `silent` after a silence."""
        return PAGER_KEY if not silent and _PAGER_AT_END.search(line) else ""

    def patience(self, line: bytes) -> float:  # noqa: ARG002 - other kinds look at the line
        """Seconds of silence after which it is looked once more where the line stands."""
        return SILENCE

    @property
    def nudges(self) -> bool:
        """Whether an empty line is sent in a silence, to bring the prompt."""
        return True

    def more_follows(self) -> bool:
        """Whether something stands behind what was read."""
        return bool(self.channel.recv_ready())

    def asks(self, line: bytes) -> bool:
        """Whether the device waits at a question: nothing is sent to it, not even `exit`."""
        return is_question(line) and not (self.prompt and self.at_prompt(line))

    def greet(self, pager_off: str) -> bytes | None:
        """Waits for a prompt, switches paging off and takes the line behind its echo for the prompt: a banner may look
        like one, but no banner comes behind the echo. Returns the answer, of which nothing means that paging is off;
        None for a terminal without such a switch."""
        self.prompt = last_line(self.read_until(usual_prompt, learning=True))
        if self.prompt == b">":  # CLISH, which has no pager and would leave a refused line typed
            pager_off = ""
        usual = usual_prompt(self.prompt)
        raw = self.ask(pager_off, usual_prompt if usual else None, learning=True)
        self.prompt = last_line(raw)
        return raw

    def read_until(self, at_end: AtEnd, echo: bytes = b"", *, learning: bool = False, seconds: float = 0.0) -> bytes:
        """Everything up to where `at_end` is true of the last line, with nothing waiting behind it; answers the pager.

        While `learning`, what comes back to the empty line ends it too. `seconds` is the least time for it, where the
        limit of a command is shorter.
        """
        ends = min(time.monotonic() + max(self._limits.command, seconds), self._ends)
        got, answered, self._nudged, line = bytearray(), 0, False, b""
        self._begun = not echo
        while True:
            data = self._receive(ends, SILENCE_AFTER_EMPTY_LINE if self._nudged and learning else self.patience(line))
            got += data
            if len(got) > MAX_OUTPUT_BYTES:
                raise SessionTimeout("endless output", why=f"more than {MAX_OUTPUT_BYTES // 1024 // 1024} MiB")
            self.tail = bytes(got[max(answered, len(got) - _TAIL) :])
            line = self.line_at_end(self.tail)
            self._begun = self._begun or self.has_begun(got, echo)
            if key := self.key_for(line, silent=not data):
                self.write(key)
                answered = len(got)  # the device wipes the pager line next: that is no second pager
            elif data:
                if self._begun and at_end(line) and not self.more_follows():
                    return bytes(got)
            elif self._ended(line, at_end, echoed=b"\n" in got, learning=learning and self._nudged):
                return bytes(got)
            elif self.nudges and not self._nudged and not self.asks(line):
                self._nudged = True
                self.write("\n")

    def without_prompt(self, raw: bytes) -> bytes:
        """An answer without the prompt behind it; after an empty line was sent, without the lines that stood behind the
        first one."""
        if last_line(raw) != self.prompt:
            return raw
        raw = raw[: raw.rindex(self.prompt)]
        if self._nudged and (found := list(re.finditer(rb"[\r\n]" + re.escape(self.prompt) + rb" *[\r\n]", raw))):
            return raw[: found[-1].start() + 1]
        return raw

    def _ended(self, line: bytes, at_end: AtEnd, *, echoed: bool, learning: bool) -> bool:
        """In a silence: whether the prompt stands there, though its echo was cut at the width of the terminal or it
        looks like none."""
        return bool(line) and ((echoed and bool(at_end(line))) or (learning and _may_be_prompt(line)))

    def _receive(self, ends: float, silence: float) -> bytes:
        """What comes next; nothing where the device is silent for so many seconds."""
        left = ends - time.monotonic()
        if left <= 0:
            raise SessionTimeout("no prompt in time", why=self.last_words or "the device printed nothing")
        self.channel.settimeout(min(left, silence, self._limits.command / 3))
        try:
            data: bytes = self.channel.recv(65536)
        except TimeoutError:
            return b""
        if not data:
            raise SessionDropped("the device closed the session", why=self.last_words or "it printed nothing")
        return data

    @property
    def last_words(self) -> str:
        """The last line that is not empty, fit for a message."""
        lines = [quoted(line) for line in self.tail.decode("utf-8", "replace").splitlines()]
        return next((f"the last line is {line!r}" for line in reversed(lines) if line), "")
