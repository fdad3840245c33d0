"""Lists of the licensing APIs of CSSM and SSM On-Prem, asked over HTTPS: each with all its pages, or an error.

What may be asked stands in fetch.yaml. Answers are written as they came, so that they are read like files.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from licsweep import files
from licsweep.access.dialing import dial
from licsweep.access.https import HttpsClient, Reply
from licsweep.access.login import Https, Limits, Login
from licsweep.access.rest import UNAUTHORIZED, failure_of, tree
from licsweep.errors import AuthFailed, CommandNotAllowed, NoRestAnswer
from licsweep.estate.credentials import Secret
from licsweep.imports import cssm_api
from licsweep.imports.files import LIMITS
from licsweep.model import Record
from licsweep.serialization import yaml_table

_HTTPS_PORT = 443
_FAILED = ("error", "failed", "failure")


class ApiRow(Record):
    """One API of fetch.yaml: `requests` are a method and a path by the key of the list that answers. `token_form`: the
    client is named in a form, not in JSON."""

    url: str | None = None
    token: str
    token_form: bool
    page: int
    requests: Mapping[str, str]


apis = yaml_table(__file__, "fetch.yaml", dict[str, ApiRow])


class LicensingApi:
    """One API, logged in as a client; `folder` takes the answers. All of it ends by `limits.device`."""

    def __init__(self, row: ApiRow, url: str, token_url: str, *, https: Https, limits: Limits, folder: Path) -> None:
        self._row, self._token_url, self._folder = row, token_url, folder
        token = urlsplit(token_url)
        self._client = _client(url, row.requests.values(), https, limits)
        self._token_client = _client(token_url, [f"POST {token.path}"], https, limits)
        self._headers: dict[str, str] = {}
        self._secrets: list[str] = []
        self._written = 0

    def log_in(self, client_id: str, secret: Secret) -> None:
        """Gets a token for a client. Raises an AccessError."""
        said = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret.reveal()}
        self._secrets = [secret.reveal()]
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if self._row.token_form else {}
        body = urlencode(said) if self._row.token_form else json.dumps(said)
        path = urlsplit(self._token_url).path
        text = self._asked(partial(self._token_client.post, path, headers, body.encode()), "the token", _REFUSED)
        token = tree(text).get("access_token")
        if not isinstance(token, str) or not re.fullmatch("[!-~]+", token):
            raise AuthFailed("the token: the answer holds none", hint=_CREDENTIALS)
        self._secrets.append(token)
        self._headers = {"Authorization": f"Bearer {token}"}

    def objects(self, what: str, named: str, account: str = "") -> list[dict[str, Any]]:
        """A list that comes in one answer; each has a name under `named`. Raises an AccessError, InputError."""
        _, document = self._answer(what, account, None)
        if not all(isinstance(one, dict) and isinstance(one.get(named), str) for one in document[what]):
            raise NoRestAnswer(f"{what}: not whole", why=f"one of them has no {named}")
        if (total := cssm_api.total_of(document)) and total != len(document[what]):
            raise NoRestAnswer(f"{what}: not whole", why=f"{len(document[what])} came, its total is {total}")
        return list(document[what])

    def pages(self, what: str, account: str, asked: Mapping[str, Any]) -> list[Path]:
        """The files of all pages of a list of rows, none where it is empty. Raises an AccessError, InputError."""
        limit, paths, unique = self._row.page, list[Path](), set[str]()
        held, total = 0, None
        while True:
            page = {"limit": limit} if limit < 0 else {"limit": limit, "offset": held}
            path, document = self._answer(what, account, {**asked, **page})
            rows, said = cssm_api.rows_of(path, document), cssm_api.total_of(document)
            held, before = held + len(rows), len(unique)
            unique |= {row.text for row in rows}
            most, why = LIMITS["rows"] if said is None else said, ""
            if len(rows) != len(document[what]):
                why = f"{len(document[what]) - len(rows)} of its rows have other keys than are known"
            elif paths and said != total:
                why = f"its total changed from {total} to {said} while it was read"
            elif not held <= most <= LIMITS["rows"] or (held < (said or 0) and (not rows or limit < 0)):
                why = f"{held} rows came, its total is {said}"
            elif what != "alerts" and len(unique) < before + len(rows):
                why = "a row came twice, so that another one is missing"
            if why:
                raise NoRestAnswer(f"{what} of {account}: not whole", why=why)
            total, paths = said, [*paths, path] if rows or what == "alerts" else paths
            if limit < 0 or not rows or (len(rows) < limit and held >= (said or 0)):  # a full page may have a next one
                return paths

    def close(self) -> None:
        """Ends the connections."""
        self._client.close()
        self._token_client.close()

    def _answer(self, what: str, account: str, body: Mapping[str, Any] | None) -> tuple[Path, dict[str, Any]]:
        """The file of an answer, and what it holds: an object with a list of this name."""
        method, _, path = self._row.requests[what].partition(" ")
        target = path.replace("ACCOUNT", quote(account, safe=""))
        content = json.dumps(body).encode() if body is not None else None
        text = self._asked(partial(self._client.read, method, target, self._headers, content), f"{method} {target}")
        document = tree(text)
        failed = str(document.get("status")).lower() in _FAILED  # which may stand beside a list of nothing
        if failed or not isinstance(document.get(what), list):
            why = cssm_api.api_words(document)
            raise NoRestAnswer(f"{method} {target}: no whole answer with a list of {what}", why=why)
        self._written += 1
        file = self._folder / f"{self._written:04}-{what}.json"
        files.write(file, text)
        return file, document

    def _asked(self, ask: Callable[[], Reply], what: str, refused: tuple[int, ...] = (UNAUTHORIZED,)) -> str:
        """The text of an answer. One that repeats the secret or the token is refused, since it could not be kept."""
        reply = ask()
        told = reply.text
        for word in self._secrets:
            told = told.replace(word, "<removed>")
        failure = failure_of(what, reply._replace(text=told))
        if failure and reply.status in refused:
            raise AuthFailed(f"{what}: the client is not accepted", why=failure.why, hint=_CREDENTIALS)
        if failure is None and told != reply.text:
            raise NoRestAnswer(f"{what}: the answer repeats the secret or the token of the client")
        if failure:
            raise failure
        return told


_CREDENTIALS = "check client_id and client_secret of its credential set (docs/credentials.md)"
_REFUSED = (400, UNAUTHORIZED)  # an OAuth server says 400 to a client that it does not know


class Requests:
    """The methods and paths of fetch.yaml that one server may be asked; an account is one part of a path, no dots."""

    def __init__(self, lines: Iterable[str]) -> None:
        pattern = "|".join(re.escape(line).replace("ACCOUNT", r"(?!\.+/)[\w.%~-]{1,600}") for line in lines)
        self._lines = re.compile(pattern, re.ASCII)

    def check(self, method: str, target: str, body: bytes = b"") -> None:  # noqa: ARG002
        """Raises CommandNotAllowed for what is not on the list."""
        if not self._lines.fullmatch(f"{method} {target}"):
            raise CommandNotAllowed(f"{f'{method} {target}'!r} was not sent", why="fetch.yaml does not list it")


def _client(url: str, lines: Iterable[str], https: Https, limits: Limits) -> HttpsClient:
    at = urlsplit(url)
    login = Login(address=at.hostname or "", port=at.port or _HTTPS_PORT, username="", https=https)
    return HttpsClient(login, Requests(lines), limits, lambda to: dial(to.address, to.port, limits.connect))
