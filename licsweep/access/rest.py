"""Conversations with managers over REST; a product says how it logs in and which of its paths are lists.

A command is `GET /path`, and each page is an answer of its own under the path and query that were asked. A path that is
refused or unknown is a note as long as another one that matters is answered.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, ClassVar

from licsweep import errors
from licsweep.access.accounts import Accounts, Turns
from licsweep.access.allowlist import RequestList
from licsweep.access.blanking import blank
from licsweep.access.conversation import Answer
from licsweep.access.hostkeys import KnownHosts
from licsweep.access.https import HttpsClient, Reply
from licsweep.access.jump import JumpHosts
from licsweep.access.login import Limits, Login
from licsweep.access.terminal import quoted
from licsweep.platforms import Platform
from licsweep.serialization import check_json

PAGE, MOST_PAGES = 200, 50
OK, UNAUTHORIZED, SERVER = range(200, 300), 401, range(500, 600)
_LOGINS, _GOODBYE = 2, 2.0
_FAULT = re.compile("<faultstring>([^<]{1,400})")
_OWN = "give licsweep a user, or a token, of its own: another login of a user ends the one before"
_MEANS: dict[int, tuple[type[errors.AccessError], str, str]] = {
    0: (errors.NoRestAnswer, "an unexpected answer", ""),
    401: (errors.TokenRefused, "the token is not accepted", _OWN),
    403: (errors.RoleTooSmall, "the role of this account may not read it", ""),
    404: (errors.PathUnknown, "this release does not have it", ""),
    429: (errors.TooManyRequests, "too many requests", ""),
    500: (errors.ServerFailed, "the server failed", ""),
}
"""What a status means, 500 all of its hundred and 0 every other one."""


class RestSession:
    """One login over REST, with its token kept fresh; `notes` say what was refused beside what was answered."""

    lines: ClassVar[tuple[str, ...]] = ()
    _refused_logins: ClassVar[tuple[int, ...]] = (UNAUTHORIZED,)
    _refreshes = 0

    def __init__(
        self,
        login: Login,
        platform: Platform,
        known_hosts: KnownHosts,
        limits: Limits,
        *,
        jump_hosts: JumpHosts | None = None,
        accounts: Accounts | None = None,
        **_: object,  # what sessions over SSH want to know
    ) -> None:
        self._login, self._platform = login, platform
        self._turns = Turns(accounts or Accounts(), login.account, login.lockout_after)
        jump_hosts = jump_hosts or JumpHosts(known_hosts, limits.connect, accounts)
        self._client = HttpsClient(login, RequestList(platform), limits, jump_hosts.connect)
        self._headers: dict[str, str] = {}
        self._logins = self._refreshed = 0
        self.notes: list[str] = []

    # What a product says.

    def _log_in(self) -> None:
        """Gets a token and puts it in `_headers`."""
        raise NotImplementedError

    def _refresh(self) -> bool:
        """Whether another token came of the one that is not accepted any more."""
        return False

    def _log_out(self) -> None:
        """Gives the token back."""

    def _target(self, path: str, offset: int) -> str:
        """What is asked for a path of the record; `offset` is the first object of a page."""
        raise NotImplementedError

    # What is common.

    @property
    def login_began(self) -> bool:
        """True once a credential may have been sent, which is all that a new connection is for."""
        return self._client.connected

    @property
    def waited(self) -> float:
        """Seconds spent waiting for the turn of the password, which no deadline counts."""
        return self._turns.waited

    def open(self) -> None:
        """Connects and logs in. Raises an AccessError that says why it could not."""
        self._logins += 1
        self._refreshed = 0
        self._log_in()

    def _with_password(self, send: Callable[[], Reply], what: str = "the login") -> Reply:
        """The answer to the one request that carries the password, sent when it is its turn."""
        before = self.waited
        with self._turns.turn() as sent:
            self._client.ends += self.waited - before
            try:
                reply = send()
                sent.accepted = self._failure("", reply) is None
            finally:
                if sent.accepted is None and self.login_began:
                    sent.accepted = False
        told = self._without_secrets(reply)
        if reply.status in self._refused_logins:
            raise errors.AuthFailed("user name or password refused", why=_said(told), hint="check the credentials")
        if failure := self._failure(what, told):
            raise failure
        return reply

    def answers(self, commands: Sequence[str], *, type_ahead: bool = False) -> Iterator[Answer]:  # noqa: ARG002
        """The answers to what begins with GET, in order. Raises where nothing that is required was answered."""
        failures: list[errors.AccessError] = []
        answered = False
        for command in commands:
            method, _, path = command.partition(" ")
            if method != "GET":
                continue
            try:
                for answer in self._pages(path):
                    answered = answered or command in self._platform.required
                    yield answer
            except (errors.RoleTooSmall, errors.PathUnknown, errors.NoRestAnswer, errors.ServerFailed) as error:
                self.notes.append(errors.plain_reason(error))
                failures += [error] if command in self._platform.required else []
        if failures and not answered:
            raise failures[0]

    def _pages(self, path: str) -> Iterator[Answer]:
        offset: int | None = 0
        for _ in range(MOST_PAGES):
            if offset is None:
                return
            target, began = self._target(path, offset), time.monotonic()
            text = self._asked(target)
            yield Answer(f"GET {target}", text, time.monotonic() - began, "login")
            offset = _next_offset(text, offset)

    def _asked(self, target: str) -> str:
        reply = self._client.get(target, self._headers)
        while reply.status == UNAUTHORIZED and self._renewed():
            reply = self._client.get(target, self._headers)
        reply = self._without_secrets(reply)
        if failure := self._failure(f"GET {target.partition('?')[0]}", reply):
            raise failure
        return reply.text

    def _failure(self, what: str, reply: Reply) -> errors.AccessError | None:
        """What a status means; None for an answer."""
        if failure := failure_of(what, reply):
            return failure
        if reply.text and not self._is_answer(reply.text.lstrip("\ufeff \r\n\t")):
            return errors.NoRestAnswer(f"{what}: no JSON", why=quoted(reply.text[:200]))
        return None

    def _is_answer(self, text: str) -> bool:
        """Whether a text may be an answer, and not the page of a proxy or a login."""
        return text.startswith(("{", "["))

    def _without_secrets(self, reply: Reply) -> Reply:
        """An answer in which the server does not repeat what was sent to it; the run's own words go later, as ever."""
        sent = [word for value in self._headers.values() for word in value.split()[-1:]]
        return reply._replace(text=blank(reply.text, sent))

    def _renewed(self) -> bool:
        """Whether there is a new token: a refreshed one, else that of one more login."""
        self._refreshed += 1
        if self._refreshed <= self._refreshes and self._refresh():
            return True
        if self._login.token or self._logins == _LOGINS:
            return False
        self.open()
        return True

    def continue_as(self, platform: Platform) -> bool:  # noqa: ARG002
        """Never: what a host is can't be told over REST."""
        return False

    def close(self) -> None:
        """Logs out and ends the connection; never raises."""
        with suppress(errors.LicsweepError):
            if self._headers:
                self._client.ends = min(self._client.ends, time.monotonic() + _GOODBYE)
                self._log_out()
        self._client.close()

    def abort(self) -> None:
        """Cuts the connection from another thread, so that a blocked read ends at once."""
        self._client.abort()


def failure_of(what: str, reply: Reply) -> errors.AccessError | None:
    """What a status means; None for an answer."""
    if reply.status in OK:
        return None
    kind, words, hint = _MEANS.get(reply.status, _MEANS[500 if reply.status in SERVER else 0])
    return kind(f"{what}: {words}", why=f"HTTP {reply.status} {_said(reply)}".rstrip(), hint=hint)


def tree(text: str) -> dict[str, Any]:
    """The object of an answer; nothing where the text is none."""
    with suppress(errors.InputError):
        found = check_json(text.lstrip("\ufeff"), Any, "the answer")
        return found if isinstance(found, dict) else {}
    return {}


def objects(found: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The objects of a list in an answer; none where it is no list."""
    items = found.get(key)
    return [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []


def _next_offset(text: str, offset: int) -> int | None:
    """The first object of the page behind this one; None where the list ends, or says something else than was asked."""
    found = tree(text)
    paging, items = found.get("paging"), found.get("items")
    if not isinstance(paging, dict) or not isinstance(items, list) or not items:
        return None
    count = paging.get("count")
    behind = offset + len(items)
    return behind if isinstance(count, int) and behind < count and paging.get("offset", offset) == offset else None


def _said(reply: Reply) -> str:
    """The words of a refusal, in the first of the places where managers put them."""
    if fault := _FAULT.search(reply.text):
        return quoted(fault[1])
    found: Any = tree(reply.text)
    error = found.get("error", found)
    error = error if isinstance(error, dict) else {}
    described = [one.get("description") for one in objects(error, "messages")]
    words = next((word for word in (*described, error.get("message"), error.get("data")) if isinstance(word, str)), "")
    return quoted(words)
