"""NetBox 4's REST API through pynetbox (the extra `netbox`): one server, its certificate checked, bounded answers.

Every page is asked for by its place, never by the address that an answer names, so that the token goes to one server
only. All objects of a list or none: what changes or ends in between is an error.
"""

import io
import re
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from licsweep import errors, files
from licsweep.clean_text import one_line
from licsweep.errors import AccessError, InputError, InventoryError, LicsweepError, did_you_mean
from licsweep.estate.credentials import token_of
from licsweep.settings import DEFAULT_SET, FILE_NAME, Project, is_https, where

if TYPE_CHECKING:
    import requests

PAGE, MAX_DEVICES, MAX_PAGE_BYTES, MAX_SECONDS = 500, 200_000, 64 * files.MIB, 900
_REDIRECT, _REFUSED, _BUSY, _LEAST_TOKEN = 300, 403, 429, 8
_STATUSES: dict[int, tuple[type[errors.LicsweepError], str]] = {
    400: (errors.InputError, "NetBox does not take what it is sent"),
    401: (errors.TokenRefused, "NetBox does not take the token"),
    403: (errors.TokenRefused, "NetBox does not take the token"),
    404: (errors.PathUnknown, "no NetBox API is there"),
    429: (errors.TooManyRequests, "NetBox wants fewer requests"),
    **dict.fromkeys((301, 302, 303, 307, 308), (errors.NoRestAnswer, "a redirect is not followed")),
}


def connect(project: Project, given: Mapping[str, Any], table: tuple[str, ...] = ("inventory",)) -> Any:
    """pynetbox's API of the server that `url`, `credentials` and `ca` of a table of licsweep.toml name.

    Raises InputError, CredentialError, MissingExtra; each of its calls an AccessError for what the server does.
    """
    file, url, name = project.folder / FILE_NAME, given["url"].rstrip("/"), given.get("credentials", DEFAULT_SET)
    check_url(url, f"{where(file, *table, 'url')}: ")
    if name not in project.credential_sets:
        why = did_you_mean(name, project.credential_sets)
        raise InputError(f"{where(file, *table, 'credentials')}: no such credential set: {name}", why=why)
    with errors.optional("NetBox can't be asked", "netbox"):
        import pynetbox
    token = token_of(project.credential_sets[name]).reveal().removeprefix("Bearer ").removeprefix("Token ").strip()
    client = pynetbox.api(url, token=token)
    client.http_session = _session(project, given, url, token)
    return client


def check_url(url: str, at: str = "") -> None:
    """Raises InputError, which begins with `at` and does not repeat what may hold a password."""
    if not is_https(url, r"(?:/[\w.~/-]*)?"):
        raise InputError(f"{at}url: not the address of a NetBox", why="https://HOST is expected, without a user")


@contextmanager
def answering(url: str) -> Iterator[None]:
    """Raises NoRestAnswer for what pynetbox makes of an answer that is none of NetBox's."""
    try:
        yield
    except LicsweepError:
        raise
    except Exception as error:
        what = f"{url}: it answers, but not as NetBox's API does"
        raise errors.NoRestAnswer(what, why=type(error).__name__) from None


def every(endpoint: Any, filters: Mapping[str, Any], url: str) -> list[dict[str, Any]]:
    """Every object that the filters give, page by page, in the order of their numbers."""
    rows: list[dict[str, Any]] = []
    count = None
    while count is None or len(rows) < count:
        asked = {**filters, "ordering": "id", "exclude": "config_context", "limit": PAGE, "offset": len(rows)}
        with answering(url):
            answer = endpoint.filter(**asked)
            page, now = list(answer.response), int(answer.request.count)
            known = {row["id"] for row in (*rows, *page)}
        rows += page
        if now != (count or now) or len(known) != len(rows) or not (page or now == 0) or now > MAX_DEVICES:
            why = f"{len(known)} of {now} came in {len(rows)} rows" + f", {count} at first" * (count is not None)
            raise InventoryError(f"{url}: {endpoint.name} changed while they were read", why=why, hint="run it again")
        count = now
    return rows


def _session(project: Project, given: Mapping[str, Any], url: str, token: str) -> "requests.Session":
    """A session for one server: its certificate checked, nothing of the environment, no redirect, bounded answers, from
    which the token is removed."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3 import Retry
    from urllib3.exceptions import HTTPError

    settings, ends = project.settings, time.monotonic() + MAX_SECONDS
    system = ssl.get_default_verify_paths()

    class Session(requests.Session):
        def request(self, *arguments: Any, **more: Any) -> requests.Response:
            more |= {"timeout": (settings.connect_timeout, settings.command_timeout), "stream": True}
            body = bytearray()
            try:
                response = super().request(*arguments, **more | {"allow_redirects": False})
                late = min(ends, time.monotonic() + settings.command_timeout)
                while part := response.raw.read1(64 * 1024):  # as it comes, so that a server that drips is cut in time
                    body += part
                    if len(body) > MAX_PAGE_BYTES or time.monotonic() > late:
                        what = f"{url}: the answer is too large or takes too long"
                        raise errors.AnswerCut(what, why=f"{len(body)} bytes came")
            except (requests.RequestException, HTTPError, ValueError) as error:
                raise _in_plain_words(error, url) from None
            for word in (token, token.rpartition(".")[2]):  # of nbt_KEY.SECRET the secret alone, too
                body = body.replace(word.encode(), b"<removed>") if len(word) >= _LEAST_TOKEN else body
            response.raw = io.BytesIO(body)
            if response.status_code >= _REDIRECT:
                raise _refusal(response.status_code, response.text, url)
            return response

    session = Session()
    session.trust_env = False
    session.headers["Accept-Encoding"] = "identity"
    session.verify = system.cafile or system.capath or True
    if "ca" in given:
        session.verify = str(project.path(given["ca"]))
        _check_authority(Path(session.verify))
    session.proxies = {"https": settings.https_proxy} if settings.https_proxy else {}
    again = Retry(
        total=settings.retries,
        backoff_factor=settings.retry_backoff,
        status_forcelist=(_BUSY, 502, 503, 504),
        raise_on_status=False,
        respect_retry_after_header=False,
    )
    session.mount("https://", HTTPAdapter(max_retries=again))
    return session


def _check_authority(file: Path) -> None:
    """Raises InputError for what the libraries would tell in words that name no file."""
    text = files.read(file, files.MIB).text
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError):
        why = "PEM is expected: -----BEGIN CERTIFICATE-----"
        raise InputError(f"{file}: no certificate that can be read", why=why) from None


def _in_plain_words(error: Exception, url: str) -> AccessError:
    """What an error of the libraries means. Their texts may hold the token and are not shown."""
    import requests
    from urllib3.exceptions import NewConnectionError
    from urllib3.exceptions import TimeoutError as Late

    why = type(error).__name__
    reason = getattr(error.args[0] if error.args else None, "reason", error)
    if isinstance(reason, Late | requests.Timeout) and not isinstance(reason, NewConnectionError):
        return errors.SessionTimeout(f"{url}: no answer in time", why="command_timeout is how long it may take")
    match error:
        case requests.exceptions.SSLError() if "CERTIFICATE_VERIFY_FAILED" not in str(error):
            return errors.TlsFailed(f"{url}: it answers, but not with a TLS that is common to both", why=why)
        case requests.exceptions.SSLError():
            told = re.search(r"certificate has expired|mismatch|not valid for|unable to get [a-z ]+", str(error))
            why, hint = told[0] if told else why, 'ca = "FILE" in [inventory] names the authority that signed it'
            return errors.CertificateUnknown(f"{url}: its certificate is not trusted", why=why, hint=hint)
        case requests.exceptions.InvalidHeader() | UnicodeEncodeError():
            return errors.TokenRefused(f"{url}: the token is none", why="it holds what no header may hold")
        case requests.ConnectionError():
            return errors.Unreachable(f"{url}: no connection, or it ended before an answer came", why=why)
    return errors.AnswerCut(f"{url}: the connection ended before the answer did", why=why)


def _refusal(status: int, text: str, url: str) -> Exception:
    """What NetBox means by a status (netbox/api/authentication.py: a token that it does not take is a 403 too)."""
    hint, why = "docs/how-to/netbox.md", one_line(text, 200)
    if status == _REFUSED and not re.search(r"oken|credentials|inactive|Source IP", text):
        return errors.RoleTooSmall(f"{url}: the token's user may not do this", why=why, hint=hint)
    kind, what = _STATUSES.get(status, (errors.ServerFailed, "NetBox failed; nothing is taken of what came before"))
    return kind(f"{url}: {what} (HTTP {status})", why=why, hint=hint)
