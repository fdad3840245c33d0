"""Sessions with CLISH, the command line of FTD and, from 6.5 on, of FMC.

Its prompt is `> ` for every device, and outputs hold such a line too: it is the prompt where nothing follows. A refused
command stays typed behind the next prompt until the line is cleared. The ways out of CLISH (`system support
diagnostic-cli`, `expert`) are on no list; where a login or a command ends at another prompt, nothing more is read.
"""

import re
import time

from licsweep.access.failures import in_plain_words
from licsweep.access.shell import SILENCE, AtEnd, Shell, last_line
from licsweep.access.ssh_session import Session
from licsweep.access.terminal import quoted
from licsweep.errors import AuthFailed, SessionDropped

PROMPT = b">"
CLEAR_LINE = "\x15\n"
_QUIET, _LONGEST_QUIET = 0.3, 1.5  # seconds of silence behind a prompt, in a stream that flows and in one that drips
_OTHER_PROMPT = re.compile(rb"\[?[\w.@-]*(?:(?::| )[~/][\w./~-]*)?\]?(?:\([\w-]+\))?[#$>]")
_REFUSED = re.compile(rb"(?:^|[\r\n])Syntax error:")
_TYPED_AGAIN = re.compile(rb"(?<=[\r\n]> )[^\r\n]*$")


class ClishShell(Shell):
    """The terminal of CLISH; `typed` is the command that a refusal leaves behind the prompt."""

    typed = b""
    _pause = 0.0  # the longest one within a line: those behind a line are the device's work

    def greet(self, _pager_off: str) -> None:
        """Waits for the prompt. AuthFailed where the login gets another one."""
        line = last_line(self.read_until(self.at_prompt, learning=True))
        if line != PROMPT:
            hint = (
                "use an account whose login gets the CLI; an FMC older than 6.5 gives a Linux shell: read it over REST"
            )
            raise AuthFailed("the login does not get the CLI (`> `)", why=_prompt_is(line), hint=hint)
        self.prompt = PROMPT

    def at_prompt(self, line: bytes) -> bool:
        return line == PROMPT or (bool(self.typed) and line == PROMPT + b" " + self.typed)

    def more_follows(self) -> bool:
        return True  # a silence tells

    def patience(self, line: bytes) -> float:
        if not self.at_prompt(line):
            return SILENCE
        return min(max(_QUIET, 3 * self._pause), _LONGEST_QUIET) if self._begun else _LONGEST_QUIET

    def _receive(self, ends: float, silence: float) -> bytes:
        began = time.monotonic()
        data = super()._receive(ends, silence)
        if data and not self.tail.endswith(b"\n"):
            self._pause = max(self._pause, time.monotonic() - began)
        return data

    def ask(self, command: str, at_end: AtEnd | None = None, *, learning: bool = False) -> bytes:
        self.typed, self._pause = command.encode(), 0.0
        return super().ask(command, at_end, learning=learning)

    def clear_line(self) -> None:
        """Takes away what a refusal left behind the prompt."""
        self.typed = b""
        self.write(CLEAR_LINE)
        self.read_until(self.at_prompt)

    def _ended(self, line: bytes, at_end: AtEnd, *, echoed: bool, learning: bool) -> bool:  # noqa: ARG002
        if not self.at_prompt(line):
            return self._nudged and bool(_OTHER_PROMPT.fullmatch(line))
        # without its echo, or where the echo was painted over, a text before the prompt is the answer
        return self._begun or self._nudged or bool(self.tail.removesuffix(line).strip(b"\r\n >"))


class ClishSession(Session):
    """FTD; the command line of FMC."""

    keys = (CLEAR_LINE,)
    terminal = ClishShell

    def ask(self, command: str) -> str:
        """The answer to one allow-listed command; behind a refused one the line is cleared."""
        shell = self.shell
        assert isinstance(shell, ClishShell)  # noqa: S101 - `terminal` made it
        with in_plain_words():
            raw = shell.ask(command)
            line = last_line(raw)
            if not shell.at_prompt(line):
                raise SessionDropped("the session left the CLI (`> `)", why=_prompt_is(line))
            text = self._cleaned(_TYPED_AGAIN.sub(b"", raw), command)
            if line != PROMPT or _REFUSED.search(raw):
                shell.clear_line()
        return text


def _prompt_is(line: bytes) -> str:
    return f"its prompt is {quoted(line.decode(errors='replace'))!r}"
