"""What FMC, cdFMC and FDM answer over HTTPS: tokens, lists in pages, refusals. Knows nothing of sockets.

The documents are those of the design, by the end of their path (`smartlicenses`, `status default`); a list is one
document with all its items. What a sick one does otherwise is in `Manager.troubled`.
"""

import json
import secrets
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from licsweep.model import Record
from licsweep.simulator.account import Account

DOMAIN = "e276abec-e0f2-11e3-8169-6d9ed49b625f"  # that of `Global` on every FMC
_AUTH = "/api/fmc_platform/v1/auth/"
_REFRESHES = 3
_WEB_PAGE = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"


class Request(Record):
    """What was asked; names of headers are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


class Reply(Record):
    """What is answered."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


def refused(status: int, words: str, **headers: str) -> Reply:
    """An error as managers print it."""
    error = {"category": "FRAMEWORK", "messages": [{"description": words}], "severity": "ERROR"}
    return Reply(status=status, headers=headers, text=json.dumps({"error": error}))


class Manager:
    """One manager: whoever logs in last has its session."""

    page = 25

    def __init__(self, documents: Mapping[str, Callable[[], str]], account: Account, fault: str) -> None:
        self._documents, self._account, self._fault = documents, account, fault
        self._token = self._refresh_token = ""
        self._refreshed = self._asked = 0

    def answer(self, request: Request) -> Reply:
        """The answer, with the troubles of this manager."""
        self._asked += request.method == "GET"
        return self.troubled(request) or self._log_in(request) or self._read(request)

    def troubled(self, request: Request) -> Reply | None:
        """What the fault makes of a request; None where nothing."""
        reading = request.method == "GET"
        match self._fault:
            case "token-expired" | "refresh-refused" if self._asked == 2 and reading:  # noqa: PLR2004
                self._token = "expired"  # noqa: S105
                self._refresh_token = self._refresh_token if self._fault == "token-expired" else "expired"
            case "thrown-out" if reading:
                self._token = self._refresh_token = "another's"  # noqa: S105
            case "too-many-requests" | "switches-over" if reading and self._asked == 1:
                status = 429 if self._fault == "too-many-requests" else 503
                return refused(status, "Try again.", **{"Retry-After": "1"})
            case "never-free" if reading:
                return refused(429, "Too many requests", **{"Retry-After": "3600"})
            case "role-too-small" if reading:
                return refused(403, "Authorization failed")
            case "server-failed":
                return refused(500, "Internal error")
            case "web-page":
                return Reply(headers={"Content-Type": "text/html"}, text=_WEB_PAGE)
        return None

    def _log_in(self, request: Request) -> Reply | None:
        raise NotImplementedError

    def _given(self) -> tuple[str, str]:
        """New tokens, to log in with and to refresh with."""
        self._token, self._refresh_token = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        return self._token, self._refresh_token

    def _may_refresh(self, token: str) -> bool:
        self._refreshed += 1
        return token == self._refresh_token and self._refreshed <= _REFRESHES

    def _read(self, request: Request) -> Reply:
        """A document, or a page of one."""
        parts = urlsplit(request.target)
        names = [name for name in self._documents if parts.path.endswith("/" + name.replace(" ", "/"))]
        if request.method != "GET" or not names or (self._fault == "older-release" and "devicelicenses" in names):
            return refused(404, "Resource not found.")
        document = json.loads(self._documents[names[0]]())
        if "items" in document:
            document |= self._paged(document.pop("items"), dict(parse_qsl(parts.query)))
        return Reply(text=json.dumps(document, indent=2))

    def _paged(self, items: list[Any], query: Mapping[str, str]) -> dict[str, Any]:
        offset, most = int(query.get("offset", 0)), int(query.get("limit", self.page))
        paging = {"offset": offset, "limit": most, "count": len(items), "pages": -(-len(items) // most)}
        return ({"items": items[offset : offset + most]} if items else {}) | {"paging": paging}


class Fmc(Manager):
    """An FMC; behind `/fmc` it is a cdFMC, whose bearer token is the account's password."""

    def _log_in(self, request: Request) -> Reply | None:
        path, headers = urlsplit(request.target).path, request.headers
        if path.startswith("/fmc/"):
            right = headers.get("authorization") == f"Bearer {self._account.password}"
            return None if right else refused(401, "SCC token is invalid")
        if path == f"{_AUTH}generatetoken":
            words = b64decode(headers.get("authorization", "").removeprefix("Basic ")).decode().partition(":")
            self._refreshed = 0
            return self._tokens() if self._account.accepts(words[0], words[2]) else refused(401, "Access denied")
        if path == f"{_AUTH}refreshtoken":
            right = self._may_refresh(headers.get("x-auth-refresh-token", ""))
            return self._tokens() if right else refused(401, "Invalid refresh token")
        if headers.get("x-auth-access-token") != self._token:
            return refused(401, "Access token invalid")
        if path == f"{_AUTH}revokeaccess":
            self._token = self._refresh_token = ""
            return Reply(status=204)
        return None

    def _tokens(self) -> Reply:
        access, refresh = self._given()
        headers = {"X-auth-access-token": access, "X-auth-refresh-token": refresh, "DOMAIN_UUID": DOMAIN}
        return Reply(status=204, headers=headers)

    def _paged(self, items: list[Any], query: Mapping[str, str]) -> dict[str, Any]:
        found = super()._paged(items, query)
        if query.get("expanded") != "true" and items and all(item.keys() >= {"id", "name"} for item in items):
            found["items"] = [{key: item[key] for key in item.keys() & {"id", "name"}} for item in found["items"]]
        return found


class Fdm(Manager):
    """An FTD that manages itself."""

    page = 10

    def _log_in(self, request: Request) -> Reply | None:
        if urlsplit(request.target).path == "/api/fdm/latest/fdm/token":
            return self._granted(json.loads(request.body))
        right = request.headers.get("authorization") == f"Bearer {self._token}"
        return None if right else refused(401, "Invalid token")

    def _granted(self, asked: Mapping[str, str]) -> Reply:
        match asked.get("grant_type"):
            case "password" if self._account.accepts(asked.get("username", ""), asked.get("password", "")):
                self._refreshed = 0
            case "refresh_token" if self._may_refresh(asked.get("refresh_token", "")):
                pass
            case "revoke_token":
                self._token = self._refresh_token = ""
                return Reply(text='{"message": "OK"}')
            case _:
                return Reply(status=400, text='{"status_code": 400, "message": "Invalid username or password."}')
        access, refresh = self._given()
        given = {"access_token": access, "expires_in": 1800, "token_type": "Bearer", "refresh_token": refresh}
        return Reply(text=json.dumps(given | {"refresh_expires_in": 2400}))


class Collaboration(Manager):
    """A CUCM, Unity Connection or Expressway: every request carries the password."""

    def _log_in(self, request: Request) -> Reply | None:
        words = b64decode(request.headers.get("authorization", "").removeprefix("Basic ")).decode().partition(":")
        return None if self._account.accepts(words[0], words[2]) else refused(401, "Unauthorized")

    def _read(self, request: Request) -> Reply:
        call = next((name for name in self._documents if name.startswith("AXL ")), None)
        if request.target != "/axl/" or call is None or request.method != "POST":
            return super()._read(request)
        if f":{call.removeprefix('AXL ')}/>".encode() in request.body:
            return Reply(headers={"Content-Type": "text/xml"}, text=self._documents[call]())
        return Reply(status=500, text="<soapenv:Envelope><faultstring>Unknown call</faultstring></soapenv:Envelope>")


MANAGERS: dict[str, type[Manager]] = {"fmc": Fmc, "fdm": Fdm, "vos": Collaboration, "tsh": Collaboration}
"""Who answers for a kind of session over HTTPS."""
