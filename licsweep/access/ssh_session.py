"""A conversation over SSH: Netmiko's connection with our own reading and writing (shell.py). The kinds of session are
in session.py.

What Netmiko would send by itself (a look for the prompt before every command, configuration mode checks) is not sent.
"""

import re
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import paramiko
from netmiko.base_connection import BaseConnection

from licsweep import errors
from licsweep.access.accounts import Accounts
from licsweep.access.allowlist import AllowList, Purpose
from licsweep.access.client import Client
from licsweep.access.conversation import Answer, Level
from licsweep.access.failures import in_plain_words
from licsweep.access.hostkeys import KnownHosts
from licsweep.access.jump import JumpHosts
from licsweep.access.login import Limits, Login
from licsweep.access.shell import Shell, last_line
from licsweep.access.terminal import clean
from licsweep.platforms import UNKNOWN, Platform

LAST_LINE = "exit"
# The kinds between which an open session can change, with what each may send of its own.
CHANGEABLE: dict[str, tuple[str, ...]] = {"ios": ("enable",), "nxos": (), "asa": ("enable",), "xr": ()}
_SECRET_PROMPT = re.compile(rb"[Pp]assword:")
# What devices print between login and prompt, before they close or wait.
_LOGIN_ANSWERS: tuple[tuple[str, type[errors.AccessError], str], ...] = (
    (r"authorization failed", errors.AuthFailed, "this user may not start a session"),
    (r"password.{0,30}expired|change it now|must change", errors.AuthFailed, "the password has expired"),
    (r"\b(new|current)\b.{0,8} password", errors.AuthFailed, "it asks for another password"),
    (r"session limit|too many (users|sessions)|no free|all .{0,20}lines", errors.LinesFull, "its vty lines are full"),
)


class Session(BaseConnection):
    """Connects, learns the prompt, asks commands, ends within its deadline; NX-OS and IOS XR need no more.

    `refused` tells whether an answer is the device saying no: then `enable` is tried once, where there is a secret.
    """

    lines: tuple[str, ...] = ()  # what this kind of session may send of its own
    keys: tuple[str, ...] = ()  # and single keys for its pagers, beside the blank
    terminal: type[Shell] = Shell
    notes: Sequence[str] = ()
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
        accounts: Accounts | None = None,
        refused: Callable[[str], object] = lambda _: False,
        purpose: Purpose = "sweep",
    ) -> None:
        self._login, self._limits, self._refused, self._purpose = login, limits, refused, purpose
        self._accounts = accounts or Accounts()
        self._jump_hosts = jump_hosts or JumpHosts(known_hosts, limits.connect, accounts)
        self._client = Client(login, known_hosts, limits.connect, self._accounts)
        self._ends = time.monotonic() + limits.device
        self._shell: Shell | None = None
        self._paging_off = self._secret_sent = False
        self._level: Level = "login"
        self._set(platform)
        super().__init__(host=login.address, device_type=platform.name, auto_connect=False)

    def _set(self, platform: Platform) -> None:
        self._platform = platform
        self._may_enable = platform != UNKNOWN and "enable" in self.lines
        self._allowed = AllowList(platform, "scan" if platform == UNKNOWN else self._purpose, self.lines, self.keys)

    def open(self) -> None:
        """Connects, logs in and switches paging off. Raises an AccessError that says why it could not."""
        with in_plain_words():
            try:
                self.sock = self._jump_hosts.connect(self._login)
                self.establish_connection()
                self.session_preparation()
            except (errors.SessionDropped, errors.SessionTimeout) as error:
                self.close()
                for pattern, kind, what in _LOGIN_ANSWERS:
                    if re.search(pattern, error.why, re.IGNORECASE):
                        raise kind(what, why=error.why) from error
                raise
            except BaseException:
                self.close()
                raise

    @property
    def login_began(self) -> bool:
        """True once a credential may have been sent: then nobody connects again in this sweep."""
        return self._client.logging_in.began

    def _build_ssh_client(self) -> Client:
        """Netmiko's hook for the client: ours has its key policy already."""
        return self._client

    @property
    def waited(self) -> float:
        """Seconds spent waiting for the turn of the password, which no deadline counts."""
        return self._client.logging_in.waited

    def session_preparation(self) -> None:
        """Learns the prompt and switches paging off."""
        self._shell = self.terminal(self.remote_conn, self.check, self._limits, self._ends + self.waited)
        pager_off = self._platform.pager_off or ""
        raw = self._shell.greet(pager_off)
        self._paging_off = raw is not None and not self._cleaned(raw, pager_off).strip()

    @property
    def shell(self) -> Shell:
        """The open session's terminal."""
        assert self._shell is not None  # noqa: S101 - open() made it
        return self._shell

    def check(self, data: str) -> None:
        """Raises CommandNotAllowed for what may not be sent."""
        self._allowed.check(data)

    def _cleaned(self, raw: bytes, command: str) -> str:
        text, prompt = (part.decode("utf-8", "replace") for part in (self.shell.without_prompt(raw), self.shell.prompt))
        return clean(text, command, prompt)

    @property
    def privileged(self) -> bool:
        """True where the prompt ends in `#`."""
        return self.shell.prompt.endswith(b"#")

    def continue_as(self, platform: Platform) -> bool:
        """From here on the found platform's list and pager switch count; False where its sessions are of a kind that
        an open one can't become."""
        before = self._platform.pager_off
        if platform.session not in CHANGEABLE:
            return False
        self.lines = CHANGEABLE[platform.session]
        self._set(platform)
        if platform.pager_off and platform.pager_off != before:
            self._paging_off = not self.ask(platform.pager_off).strip()
        return True

    def ask(self, command: str) -> str:
        """The device's answer to one allow-listed command, without echo, prompt and pager, lines ending in \n."""
        with in_plain_words():
            return self._cleaned(self.shell.ask(command), command)

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
        shell, lines = self.shell, [command + "\n" for command in commands]
        for line in lines:
            self.check(line)
        raw = b""
        with in_plain_words():
            shell.channel.sendall("".join(lines).encode())
            while sum(raw.count(before + shell.prompt) for before in (b"\r", b"\n")) < len(commands):
                raw += shell.read_until(shell.at_prompt)
        return self._cut_apart(raw, commands)

    def _cut_apart(self, raw: bytes, commands: Sequence[str]) -> list[str] | None:
        """The answers to commands typed ahead: each ends where the prompt stands with the echo of the next command."""
        prompts = re.finditer(rb"[\r\n]" + re.escape(self.shell.prompt) + rb" ?(?P<echo>[^\r\n]*)", raw)
        texts, start = [], 0
        for command, following in zip(commands, [*commands[1:], ""], strict=True):
            echo = following.encode()
            end = next((p for p in prompts if p["echo"].rstrip() == (echo or None) or p.end() == len(raw)), None)
            if end is None or end["echo"].rstrip() != echo:
                return None
            texts.append(self._cleaned(raw[start : end.start() + 1], command))
            start = end.start() + 1
        return texts

    def enable(self) -> bool:  # type: ignore[override]
        """Tries the enable secret once; true where the prompt became privileged. The secret is typed only behind our
        `enable`, and only to the platform's own prompt for it. Refused secrets count like passwords, in a row of their
        own: a login that succeeds does not end it. Raises EnableRefused."""
        account = f"{self._login.account} (enable)"
        try:
            ticket = self._accounts.may_send(account, self._login.lockout_after)
        except errors.LoginWithheld as error:
            raise errors.EnableRefused("the enable secret was not sent", why=error.what) from error
        try:
            self._type_secret()
        finally:
            self._accounts.came_of_it(account, ticket, accepted=self.privileged if self._secret_sent else None)
        if self._secret_sent and not self.privileged:
            raise errors.EnableRefused("the enable secret was refused")
        return self.privileged

    def _type_secret(self) -> None:
        shell = self.shell
        levels = tuple(shell.prompt[:-1] + end for end in (b">", b"#"))

        def settled(line: bytes) -> bool:
            return line in levels or bool(_SECRET_PROMPT.fullmatch(line))

        with in_plain_words():
            line = last_line(shell.ask("enable", settled))
            if line not in levels:
                self._secret_sent = True
                shell.channel.sendall(f"{self._login.enable_secret}\n".encode())
                line = last_line(shell.read_until(settled))
            for _ in range(2):  # a box that asks again gets empty lines, never the secret twice
                if line not in levels:
                    self.write_channel("\n")
                    line = last_line(shell.read_until(settled))
        if line in levels:
            shell.prompt = line

    def write_channel(self, out_data: str) -> None:
        """Netmiko's hook for all that it writes."""
        self.shell.write(out_data)

    def cleanup(self, command: str = LAST_LINE) -> None:
        """Sends `exit`, so that the vty line is free at once (Netmiko calls this from disconnect)."""
        shell = self._shell
        if shell and shell.prompt and self.remote_conn is not None and not shell.asks(last_line(shell.tail)):
            self.remote_conn.settimeout(1.0)
            with suppress(OSError, errors.AccessError):  # the line may be gone already
                self.write_channel(command + "\n")

    def paramiko_cleanup(self) -> None:
        """Netmiko's hook: the connection ends as a whole, its one channel with it."""
        self._client.close()
        self.remote_conn = self.remote_conn_pre = None

    def close(self) -> None:
        """Ends the session; never raises."""
        self.disconnect()
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
