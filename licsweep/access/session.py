"""Conversations over SSH: Netmiko's classes with our own reading and writing, one for each kind of session.

Every read waits for the anchored prompt with its own deadline, in a blocking receive: no sleeps, no polls.
Every write passes the allow-list at the lowest layer. What Netmiko would send by itself (a look for the
prompt before every command, configuration mode checks) is not sent.
"""

import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from functools import lru_cache
from typing import Any

import paramiko
from netmiko.cisco.cisco_asa_ssh import CiscoAsaSSH
from netmiko.cisco.cisco_ios import CiscoIosSSH
from netmiko.cisco.cisco_nxos import CiscoNxosSSH
from netmiko.cisco.cisco_xr import CiscoXrSSH

from licsweep.access.algorithms import disabled
from licsweep.access.allowlist import PAGER_KEY, AllowList
from licsweep.access.client import Client, Guard, client_for
from licsweep.access.conversation import Answer, Conversation, Level
from licsweep.access.failures import classify
from licsweep.access.hostkeys import KnownHosts
from licsweep.access.jump import JumpHosts
from licsweep.access.login import Limits, Login
from licsweep.access.terminal import clean
from licsweep.errors import AccessError, SessionDropped, SessionTimeout, UsageError
from licsweep.platforms import UNKNOWN, Platform, load_entries

GROUP = "licsweep.sessions"
LAST_LINE = "exit"
MAX_OUTPUT_BYTES = 8 * 1024 * 1024
_TAIL = 256  # a prompt or a pager line is shorter
_PROMPT_AT_END = re.compile(rb"(?:^|[\r\n])(?P<prompt>[\w.\-/:()@]{1,80}[>#]) ?$")
_PROMPT_WITH_ECHO = re.compile(r"[\r\n](?P<prompt>[\w.\-/:()@]{1,80}[>#]) ?(?P<echo>[^\r\n]*)")
_PAGER_AT_END = re.compile(rb"(?:--More--|<--- More --->)[^\r\n]{0,12}$")
_PASSWORD_AT_END = re.compile(rb"[Pp]assword: ?$")
_AtEnd = Callable[[bytes], object]


class Session:
    """Mixed into a Netmiko class: connects, learns the prompt, asks commands, ends within its deadline.

    `refused` tells whether an answer is the device saying no: then `enable` is tried once, where there is a secret.
    """

    lines: tuple[str, ...] = ()  # what this kind of session may send of its own
    remote_conn: Any
    sock: Any

    def __init__(
        self,
        login: Login,
        platform: Platform,
        known_hosts: KnownHosts,
        limits: Limits,
        *,
        jump_hosts: JumpHosts | None = None,
        guard: Guard = nullcontext,
        refused: Callable[[str], object] = lambda _: False,
    ) -> None:
        self._login, self._limits, self._refused = login, limits, refused
        self._jump_hosts = jump_hosts or JumpHosts(known_hosts, limits.connect)
        self._client = client_for(login, known_hosts, guard)
        self._ends = time.monotonic() + limits.device
        self._prompt = b""
        self._paging_off = False
        self._level: Level = "login"
        self._set(platform)
        super().__init__(  # type: ignore[call-arg]
            host=login.address,
            port=login.port,
            username=login.username,
            password=login.password,
            pkey=login.key,
            device_type=platform.name,
            ssh_strict=True,
            allow_agent=login.use_agent,
            disabled_algorithms=disabled(legacy=login.legacy_ssh),
            conn_timeout=limits.connect,
            banner_timeout=limits.connect,
            auth_timeout=limits.connect,
            ssh_config_file=None,
            auto_connect=False,
        )

    def _set(self, platform: Platform) -> None:
        self._platform = platform
        self._may_enable = platform != UNKNOWN and "enable" in self.lines
        self._allowed = AllowList(platform, "scan" if platform == UNKNOWN else "sweep", self.lines)

    def open(self) -> None:
        """Connects, logs in and switches paging off. Raises an AccessError that says why it could not."""
        with self._in_plain_words():
            try:
                self.sock = self._jump_hosts.connect(self._login)
                self.establish_connection()  # type: ignore[attr-defined]
                self.session_preparation()
            except BaseException:
                self.close()
                raise

    @property
    def login_began(self) -> bool:
        """True once a credential may have been sent: then nobody connects again in this sweep."""
        return self._client.login_began

    def _build_ssh_client(self) -> Client:
        """Netmiko's hook for the client: ours has its key policy already."""
        return self._client

    def session_preparation(self) -> None:
        """Waits for a prompt, switches paging off and learns the exact prompt from the line after its echo."""
        self._read_until(_PROMPT_AT_END.search)
        pager_off = self._platform.pager_off or ""
        raw = self._ask(pager_off, _PROMPT_AT_END.search)
        self._prompt = _PROMPT_AT_END.findall(raw[-_TAIL:])[-1]
        self._paging_off = not clean(raw.decode("utf-8", "replace"), pager_off, self._shown).strip()

    @property
    def _shown(self) -> str:
        return self._prompt.decode("utf-8", "replace")

    @property
    def privileged(self) -> bool:
        """True where the prompt ends in `#`."""
        return self._prompt.endswith(b"#")

    def continue_as(self, platform: Platform) -> bool:
        """From here on the found platform's list and pager switch count; False where its sessions are of another kind
        that is not one of this module's."""
        kind, before = kinds()[platform.session], self._platform.pager_off
        if kind not in _OURS.values():
            return False
        self.lines = kind.lines
        self._set(platform)
        if platform.pager_off and platform.pager_off != before:
            self._paging_off = not self.ask(platform.pager_off).strip()
        return True

    def ask(self, command: str) -> str:
        """The device's answer to one allow-listed command, without echo, prompt and pager, lines ending in \n."""
        with self._in_plain_words():
            raw = self._ask(command, self._at_prompt)
        return clean(raw.decode("utf-8", "replace"), command, self._shown)

    def answers(self, commands: Sequence[str], *, type_ahead: bool = False) -> Iterator[Answer]:
        """The answers in order. `type_ahead` writes all commands at once, where paging is off; whatever can't be told
        apart then is asked again one by one. A refused command is asked once more where `enable` helps."""
        began, level = time.monotonic(), self._level
        texts = self._typed_ahead(commands) if type_ahead and commands and self._paging_off else None
        each = (time.monotonic() - began) / len(commands) if commands else 0.0
        for number, command in enumerate(commands):
            answer = Answer(command, texts[number], each, level) if texts else self._answer(command)
            if answer.level == "login" and self._refused(answer.text) and self._enabled():
                answer = self._answer(command)
            yield answer

    def _answer(self, command: str) -> Answer:
        began = time.monotonic()
        return Answer(command, self.ask(command), time.monotonic() - began, self._level)

    def _enabled(self) -> bool:
        """Whether the level is `enable`, trying once to get there."""
        if self._login.enable_secret and self._may_enable and not self.privileged:
            self._may_enable = False
            if self.enable():
                self._level = "enable"
        return self._level == "enable"

    def _typed_ahead(self, commands: Sequence[str]) -> list[str] | None:
        lines = [command + "\n" for command in commands]
        for line in lines:
            self._allowed.check(line)
        raw = b""
        with self._in_plain_words():
            self.remote_conn.sendall("".join(lines).encode())
            while sum(raw.count(before + self._prompt) for before in (b"\r", b"\n")) < len(commands):
                raw += self._read_until(self._at_prompt)
        return self._cut_apart(raw.decode("utf-8", "replace"), commands)

    def _cut_apart(self, text: str, commands: Sequence[str]) -> list[str] | None:
        """The answers to commands typed ahead: each ends where the prompt stands with the echo of the next command."""
        prompts = (found for found in _PROMPT_WITH_ECHO.finditer(text) if found["prompt"] == self._shown)
        texts, start = [], 0
        for command, following in zip(commands, [*commands[1:], None], strict=True):
            end = next((p for p in prompts if p["echo"].rstrip() == following or p.end() == len(text)), None)
            if end is None or (end["echo"].rstrip() or None) != following:
                return None
            texts.append(clean(text[start : end.start() + 1], command, self._shown))
            start = end.start() + 1
        return texts

    def enable(self) -> bool:
        """Tries the enable secret once; true where the prompt became privileged."""
        with self._in_plain_words():
            self.write_channel("enable\n")
            raised = re.compile(re.escape(self._prompt[:-1]) + rb"[>#] ?$")
            either = re.compile(_PASSWORD_AT_END.pattern + rb"|" + raised.pattern).search
            raw = self._read_until(either, echo=b"enable")
            if _PASSWORD_AT_END.search(raw):
                self.remote_conn.sendall(f"{self._login.enable_secret}\n".encode())
                raw = self._read_until(either)
            for _ in range(2):  # a box that asks again gets empty lines, never the secret twice
                if _PASSWORD_AT_END.search(raw):
                    self.write_channel("\n")
                    raw = self._read_until(either)
            if found := raised.search(raw):
                self._prompt = found[0].strip()
        return self.privileged

    def _at_prompt(self, tail: bytes) -> bool:
        """Whether the exact prompt stands at the end, alone in its line."""
        before, prompt, after = tail.rpartition(self._prompt)
        return bool(prompt) and after in (b"", b" ") and before[-1:] in (b"", b"\r", b"\n")

    def _ask(self, command: str, prompt: _AtEnd) -> bytes:
        self.write_channel(command + "\n")
        return self._read_until(prompt, echo=command.encode())

    def write_channel(self, out_data: str) -> None:
        """The lowest layer: nothing goes out that the allow-list does not know."""
        self._allowed.check(out_data)
        self.remote_conn.sendall(out_data.encode())

    def _read_until(self, at_end: _AtEnd, echo: bytes = b"") -> bytes:
        """Everything up to where `at_end` is true of the tail, with nothing waiting behind it; answers the pager."""
        ends = min(time.monotonic() + self._limits.command, self._ends)
        got, answered = bytearray(), 0
        seen_echo = not echo
        while True:
            got += self._receive(ends)
            if len(got) > MAX_OUTPUT_BYTES:
                raise SessionTimeout("endless output", why=f"more than {MAX_OUTPUT_BYTES // 1024 // 1024} MiB")
            seen_echo = seen_echo or echo in got
            tail = bytes(got[max(answered, len(got) - _TAIL) :])
            if _PAGER_AT_END.search(tail):
                self.write_channel(PAGER_KEY)
                answered = len(got)  # the device wipes the pager line next: that is no second pager
            elif seen_echo and at_end(tail) and not self.remote_conn.recv_ready():
                return bytes(got)

    def _receive(self, ends: float) -> bytes:
        left = ends - time.monotonic()
        if left <= 0:
            raise SessionTimeout("no prompt in time", why="the device did not finish its answer")
        self.remote_conn.settimeout(left)
        try:
            data: bytes = self.remote_conn.recv(65536)
        except TimeoutError as error:
            raise SessionTimeout("no prompt in time", why="the device did not finish its answer") from error
        if not data:
            raise SessionDropped("the device closed the session", why="end of output")
        return data

    def cleanup(self, command: str = LAST_LINE) -> None:
        """Says goodbye so that the vty line is free at once (Netmiko calls this from disconnect)."""
        if self._prompt and self.remote_conn is not None:
            self.remote_conn.settimeout(1.0)
            with suppress(OSError, AccessError):  # the line may be gone already
                self.write_channel(command + "\n")

    def paramiko_cleanup(self) -> None:
        """Netmiko's hook: the connection ends as a whole, its one channel with it."""
        self._client.close()
        self.remote_conn = self.remote_conn_pre = None

    def close(self) -> None:
        """Ends the session; never raises."""
        self.disconnect()  # type: ignore[attr-defined]
        if self.sock is not None:
            self.sock.close()

    def abort(self) -> None:
        """Cuts the line from another thread, so that a blocked read ends at once."""
        line = self.sock
        with suppress(OSError):
            if isinstance(line, socket.socket):
                line.shutdown(socket.SHUT_RDWR)
            elif isinstance(line, paramiko.Channel):
                line.close()

    @staticmethod
    def _in_plain_words() -> "_PlainWords":
        return _PlainWords()


class _PlainWords:
    """Turns what the libraries raise into an AccessError; a mistake of ours stays what it is."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and (known := classify(error)) is not None and known is not error:
            raise known from None


class IosSession(Session, CiscoIosSSH):  # type: ignore[misc]
    """IOS and IOS XE."""

    lines = ("enable",)


class NxosSession(Session, CiscoNxosSSH):  # type: ignore[misc]
    """NX-OS: its leading carriage return before the prompt and `\r\r\n` are cleaned like every other."""


class AsaSession(Session, CiscoAsaSSH):  # type: ignore[misc]
    """ASA: nothing of Netmiko's own preparation is sent, which would enter configuration mode."""

    lines = ("enable",)


class XrSession(Session, CiscoXrSSH):  # type: ignore[misc]
    """IOS XR."""


_OURS: dict[str, type[Session]] = {"ios": IosSession, "nxos": NxosSession, "asa": AsaSession, "xr": XrSession}


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, type[Session]]:
    """The kinds of session by name: ours, and those of other packages (entry points `licsweep.sessions`).

    Raises UsageError that names the package of a kind that can't be used.
    """
    return _OURS | {name: kind for name, (kind, _) in load_entries(GROUP, taken=_OURS).items()}


def conversation(
    login: Login, platform: Platform, known_hosts: KnownHosts, limits: Limits, **more: Any
) -> Conversation:
    """The conversation of the platform's kind, not yet opened; `more` as in Session. UsageError where there is none."""
    if platform.session not in kinds():
        raise UsageError(
            f"platform {platform.name} can't be swept",
            why=f"no package brings sessions of the kind {platform.session}",
            hint="licsweep ingest reads text gathered by other means",
        )
    return kinds()[platform.session](login, platform, known_hosts, limits, **more)
