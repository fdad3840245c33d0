"""Logging in over SSH with one credential: a key, the agent's keys, or a password that is typed once.

paramiko's own way sends the password a second time through keyboard-interactive, into whatever prompt comes.
"""

import re
import threading
from collections.abc import Callable, Sequence
from typing import Any

import paramiko
from paramiko.auth_handler import AuthOnlyHandler
from paramiko.common import cMSG_USERAUTH_REQUEST

from licsweep.access.accounts import Accounts, Turns
from licsweep.access.login import Login
from licsweep.access.terminal import quoted
from licsweep.errors import AuthFailed

SECONDS_TO_TYPE = 120.0  # a one-time code
AskCode = Callable[[str], str]
_ASKS_FOR_PASSWORD = re.compile(r"pass(?:word|wort)", re.IGNORECASE)
# The whole prompt, as IOS, NX-OS and OpenSSH print it; USER is our user name.
_OWN_PROMPT = (
    r"\s*(?:\(USER@[\w.:-]+\)\s*)?(?:USER(?:@[\w.:-]+)?'s\s+)?password(?:\s+for\s+USER(?:@[\w.:-]+)?)?\s*:?\s*"
)
# `Enable secret:`, `New password:`, `Password expired. Change it now?`, `PASSCODE:` want something else.
_ANOTHER_WORD = re.compile(
    r"(?<![^\W_])(?:enable|secret|new|old|current|change|retype|again|expired|confirm|one.?time|otp)(?![^\W_])",
    re.IGNORECASE,
)


class Handler(AuthOnlyHandler):
    """paramiko's, but that no answer can come before it is waited for, and for a server that lets a signed request be
    repeated (SSH-2.0-Cisco-1.25 answers the first one as if it had been a question)."""

    transport: Any
    _signed: paramiko.Message | None = None

    def send_auth_request(self, username: str, method: str, finish_message: Any = None) -> list[str]:
        self.auth_method, self.username = method, username
        message = paramiko.Message()
        message.add_byte(cMSG_USERAUTH_REQUEST)
        for text in (username, "ssh-connection", method):
            message.add_string(text)
        if finish_message:
            finish_message(message)
        self._signed = message if method == "publickey" else None
        self.auth_event = threading.Event()
        self.transport._send_message(message)
        left: list[str] = self.wait_for_response(self.auth_event)
        return left

    def _parse_userauth_info_request(self, m: paramiko.Message) -> None:
        if self.auth_method == "password":  # PASSWD_CHANGEREQ has the same number (RFC 4252 section 8)
            raise AuthFailed("the password has expired: the server asks for a new one", why=quoted(m.get_text()))
        if self._signed is not None:
            again, self._signed = self._signed, None
            self.transport._send_message(again)
        else:
            super()._parse_userauth_info_request(m)  # type: ignore[misc]


class LoggingIn:
    """One login. `began` is true once a credential may have left: from then on a failed connect is not repeated;
    `code_asked` once a one-time code was typed, so that nobody can log in again without asking."""

    _transport: Any

    def __init__(self, login: Login, accounts: Accounts, ask_code: AskCode | None) -> None:
        self._login, self._ask_code = login, ask_code
        self._turns = Turns(accounts, login.account, login.lockout_after)
        self._typed = self.began = self.code_asked = False

    @property
    def waited(self) -> float:
        """Seconds spent waiting for the password's turn so far."""
        return self._turns.waited

    def run(self, transport: Any) -> None:
        """Logs in over a transport whose host key was found good. Raises AuthFailed, LoginWithheld, or what paramiko
        raises."""
        self._transport = transport
        self.began = bool(self._login.key or self._login.use_agent)
        left = self._by_key() if self.began else self._methods()
        if not left:
            return
        with self._turns.turn() as sent:
            accepted = False
            try:
                left = self._by_password(left)
                accepted = not left
            finally:
                sent.accepted = accepted if self._typed or self.code_asked else None
        if left:
            raise AuthFailed("no way to log in with this credential", why=f"the device wants {quoted(', '.join(left))}")

    def _by_password(self, left: list[str]) -> list[str]:
        if not self._transport.is_active():  # devices don't wait without end
            raise EOFError("before its password's turn came")
        self.began = True
        try:
            if self._login.password and "password" in left:
                self._typed = True
                left = self._transport.auth_password(self._login.username, self._login.password, fallback=False)
            if left and "keyboard-interactive" in left:
                if self._ask_code:
                    self._transport.auth_timeout = SECONDS_TO_TYPE
                left = self._transport.auth_interactive(self._login.username, self._answer)
        except paramiko.SSHException as error:
            if self._typed and str(error).startswith("disconnected: "):
                what = "the server closed the connection in answer to the password"
                raise AuthFailed(what, why=str(error)) from error
            raise
        return left

    def _methods(self) -> list[str]:
        """What the device would take; nothing where it asks for no credential."""
        try:
            return self._transport.auth_none(self._login.username)  # type: ignore[no-any-return]
        except paramiko.BadAuthenticationType as error:
            return error.allowed_types

    def _by_key(self) -> list[str]:
        keys = [self._login.key] if self._login.key else paramiko.Agent().get_keys()
        refused: Exception = AuthFailed("no key to log in with", why="the agent holds none", hint="ssh-add")
        for key in keys:
            try:
                return self._transport.auth_publickey(self._login.username, key)  # type: ignore[no-any-return]
            except paramiko.AuthenticationException as error:
                if not self._transport.is_active():
                    raise
                refused = error
        raise refused

    def _answer(self, title: str, instructions: str, fields: Sequence[tuple[str, bool]]) -> list[str]:
        """Answers one round of keyboard-interactive (in paramiko's thread, which passes on what is raised)."""
        text = f"{title} {instructions} {' '.join(prompt for prompt, _ in fields)}"
        asked = quoted(text)
        own = re.compile(_OWN_PROMPT.replace("USER", re.escape(self._login.username)), re.IGNORECASE)
        answers, typed, code_asked = [], self._typed, self.code_asked
        for prompt, echo in fields:
            wants_password = not echo and _ASKS_FOR_PASSWORD.search(prompt)
            if wants_password and typed:
                raise AuthFailed("user name or password refused", why=f"it asks again: {asked}")
            if wants_password and self._login.password and own.fullmatch(prompt) and not _ANOTHER_WORD.search(text):
                typed = True
                answers.append(self._login.password)
            elif self._ask_code and not wants_password and not code_asked:
                code_asked = True
                answers.append(self._ask_code(asked))
            else:
                raise AuthFailed("the login asks for something else than the password", why=asked)
        self._typed, self.code_asked = typed, code_asked
        return answers
