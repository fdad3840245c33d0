"""Sessions with FXOS, the supervisor of a 4100 or 9300 chassis.

Its prompt names the scope, with a star where changes are pending (`fw /system/services* #`); a line of the log may
stand behind it. Where a scope is refused, what would be asked in it is not asked. Modules, `connect` and
`commit-buffer` are on no list.
"""

import re
from collections.abc import Iterator, Sequence

from licsweep.access.conversation import Answer
from licsweep.access.failures import in_plain_words
from licsweep.access.shell import SILENCE, AtEnd, Shell, last_line
from licsweep.access.ssh_session import Session
from licsweep.access.terminal import quoted
from licsweep.errors import AuthFailed

_QUIET, _WITHOUT_ECHO = 0.3, 1.0  # seconds of silence behind a prompt, and behind one before which no echo was seen
_SCOPES = rb"(?: ?\*)?(?: (?P<scope>/[^\s#*]*)\*?)? ?#"
_PROMPT = re.compile(rb"(?P<host>[^\s#>*]+)" + _SCOPES)
_BEFORE_LOG = re.compile(r"^\S+[^#\n]{0,80}# ?(?=\d{4} [A-Z][a-z]{2} [ \d]\d )", re.MULTILINE)
_MODULE = re.compile(rb"\S+-module\d+")


class FxosShell(Shell):
    """The terminal of the supervisor; `host` is what its prompts begin with."""

    host = b""

    def greet(self, pager_off: str) -> None:
        """Learns the prompt: that behind the echo of the pager switch, where no banner comes. AuthFailed where it is
        none of FXOS."""
        self._learn(self.read_until(self.at_prompt, learning=True))
        self._learn(self.ask(pager_off, learning=True))
        self.host = _host(self.prompt)

    def _learn(self, raw: bytes) -> None:
        self.prompt = last_line(raw)
        if not _host(self.prompt):
            why = f"its prompt is {quoted(self.prompt.decode(errors='replace'))!r}"
            raise AuthFailed("the login does not get the CLI of FXOS", why=why, hint="for FTD: platform: cisco_ftd")

    def at_prompt(self, line: bytes) -> bool:
        host = _host(line)
        return bool(host) and self.host in (b"", host)

    def more_follows(self) -> bool:
        return True  # outputs hold prompts of every scope: a silence tells

    def patience(self, line: bytes) -> float:
        if not self.at_prompt(line):
            return SILENCE
        return _QUIET if self._begun else _WITHOUT_ECHO

    def _ended(self, line: bytes, at_end: AtEnd, *, echoed: bool, learning: bool) -> bool:  # noqa: ARG002
        return super()._ended(line, at_end, echoed=True, learning=learning)


def _host(line: bytes) -> bytes:
    found = _PROMPT.fullmatch(line)
    return found["host"] if found and not _MODULE.fullmatch(found["host"]) else b""


class FxosSession(Session):
    """FXOS on 4100 and 9300."""

    terminal = FxosShell

    def ask(self, command: str) -> str:
        """The answer to one allow-listed command, whatever scope it ends in."""
        with in_plain_words():
            raw = self.shell.ask(command)
            self.shell.prompt = last_line(raw)
        return self._cleaned(raw, command)

    def _cleaned(self, raw: bytes, command: str) -> str:
        return _BEFORE_LOG.sub("", super()._cleaned(raw, command))

    def answers(self, commands: Sequence[str], *, type_ahead: bool = False) -> Iterator[Answer]:  # noqa: ARG002
        """The answers in order; none of the commands between a scope that was refused and `top`."""
        elsewhere = False
        for command in commands:
            elsewhere = elsewhere and command != "top"
            if not elsewhere:
                yield self._answer(command)
                elsewhere = command.startswith("scope ") and not self._stands_in(command.split()[-1])

    def _stands_in(self, scope: str) -> bool:
        found = _PROMPT.fullmatch(self.shell.prompt)
        return bool(found and found["scope"] and found["scope"].endswith(f"/{scope}".encode()))
