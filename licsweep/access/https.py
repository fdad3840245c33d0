"""HTTPS with one host: allow-listed requests, the certificate checked, every answer bounded in size and time.

On urllib3 itself: what requests adds to it (cookies, netrc, proxies and authorities of the environment, redirects) is
all that may not be here. A line is read until its deadline, however slowly the server talks.
"""

import hashlib
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from http.client import BadStatusLine
from threading import Event
from typing import Any, NamedTuple, Protocol

import urllib3
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import HTTPError, IncompleteRead, InvalidHeader, ProtocolError, ProxyError, SSLError

from licsweep import errors
from licsweep.access.dialing import system_socket
from licsweep.access.failures import chain, classify
from licsweep.access.login import Https, Limits, Login

MAX_ANSWER_BYTES = 8 * 1024 * 1024
BUSY = (429, 503)
_WAIT, _LEAST_WAIT = 30.0, 0.2  # seconds; the first where a busy server does not say how long
_TRIES, _PART = 4, 65_536
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "licsweep"}
_JSON = {"Content-Type": "application/json"}
_AS_IT_COMES = dict.fromkeys(("retries", "redirect", "preload_content", "decode_content"), False)
_ANOTHER_NAME = (62, 64)  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
_INVENTORY = "https_ca or https_pin in its inventory data (docs/inventory.md)"


class Reply(NamedTuple):
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    text: str


class Allowed(Protocol):
    """What may be asked; raises CommandNotAllowed for anything else."""

    def check(self, method: str, target: str, body: bytes = b"") -> None: ...


class HttpsClient:
    """Requests to one host, all of them over by `ends` (monotonic seconds); `dial` makes a connection."""

    def __init__(self, login: Login, allowed: Allowed, limits: Limits, dial: Callable[[Login], Any]) -> None:
        self._allowed, self._limits = allowed, limits
        self.ends = time.monotonic() + limits.device
        self._context = _Context.of(login.https)
        self._stopped = Event()
        host = f"[{login.address}]" if ":" in login.address else login.address
        self._base = f"https://{host}:{login.port}"
        options: dict[str, Any] = {"ssl_context": self._context}
        proxy = login.https.proxy
        pools = urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)
        pools.pool_classes_by_scheme = {"https": _pool(login, self._context, dial, limits.connect)}
        self._pools = pools

    @property
    def connected(self) -> bool:
        """Whether a connection stood whose certificate was right, so that a request may have left."""
        return self._context.ready

    def get(self, target: str, headers: Mapping[str, str]) -> Reply:
        """The answer to a GET, asked for as `read` does. Raises an AccessError."""
        return self.read("GET", target, headers)

    def read(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """The answer to what changes nothing, a POST too. A server that is busy is asked again when it wants to be; a
        connection that it had closed meanwhile is made anew. Raises an AccessError."""
        headers = dict(headers) if body is None else _JSON | dict(headers)
        for number in range(1, _TRIES + 1):
            try:
                reply = self._request(method, target, headers, body)
            except _ClosedBefore:
                if number > 1:
                    raise
                continue
            if reply.status not in BUSY or number == _TRIES or not self._waited(reply):
                break
        return reply

    def post(self, path: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """The answer to a POST, which is sent once. Raises an AccessError."""
        return self._request("POST", path, _JSON | dict(headers), body)

    def _waited(self, reply: Reply) -> bool:
        """Waits as long as a busy server wants; False where it does not say, or wants longer than the deadline is."""
        wait = _WAIT if reply.status == BUSY[0] else None
        with suppress(InvalidHeader, ValueError, OverflowError):  # no time, or one that no calendar has
            if told := reply.headers.get("Retry-After"):
                wait = max(urllib3.Retry().parse_retry_after(told), _LEAST_WAIT)
        if wait is None or time.monotonic() + wait >= self.ends:
            return False
        return not self._stopped.wait(wait)

    def _request(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        self._allowed.check(method, target, body or b"")
        self._context.ends = min(time.monotonic() + self._limits.command, self.ends)
        if self._stopped.is_set():
            raise errors.SessionDropped("the session was ended")
        try:
            told: dict[str, Any] = {"body": body, "headers": _HEADERS | dict(headers), "timeout": self._limits.command}
            response = self._pools.urlopen(method, self._base + target, **told, **_AS_IT_COMES)
            return Reply(response.status, response.headers, _body(response).decode("utf-8", "replace"))
        except (HTTPError, OSError, ValueError) as error:  # http.client reads a chunk's length, and -5 is none
            raise _in_plain_words(error) from None

    def abort(self) -> None:
        """Cuts the connection from another thread, so that a blocked read ends at once."""
        self._stopped.set()
        if line := self._context.line:
            with suppress(OSError):
                socket.socket.shutdown(line, socket.SHUT_RDWR)  # of TLS nothing is said any more

    def close(self) -> None:
        """Ends the connection."""
        self._pools.clear()


class _ClosedBefore(errors.AnswerCut):
    """The connection ended before a word of the answer came."""


class _Line(ssl.SSLSocket):
    def do_handshake(self, block: bool = False) -> None:
        self.context.line = self  # type: ignore[attr-defined]
        super().do_handshake(block)

    def recv_into(self, *arguments: Any, **options: Any) -> int:
        self.settimeout(self.context.left())  # type: ignore[attr-defined]
        return super().recv_into(*arguments, **options)


class _Context(ssl.SSLContext):
    """The TLS of one host: whom it trusts, its line, and until when that is read."""

    line: _Line | None = None
    ends = 0.0
    ready = False

    @classmethod
    def of(cls, https: Https) -> "_Context":
        made = cls(ssl.PROTOCOL_TLS_CLIENT)
        made.sslsocket_class = _Line
        if https.pin:
            made.check_hostname, made.verify_mode = False, ssl.CERT_NONE  # _Connection compares the certificate
        elif https.authorities is None:
            made.load_default_certs()
        else:
            try:
                made.load_verify_locations(cadata=https.authorities)
            except (ssl.SSLError, ValueError) as error:
                what = "the file of https_ca holds no certificate that can be read"
                raise errors.CertificateUnknown(what, why="PEM is expected: -----BEGIN CERTIFICATE-----") from error
        return made

    def left(self) -> float:
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return left


def _pool(
    login: Login, context: _Context, dial: Callable[[Login], Any], connect: float
) -> type[urllib3.HTTPSConnectionPool]:
    """A pool whose connections are dialed by us and show the pinned certificate, where one is pinned."""

    class Connection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            line = system_socket(dial(replace(login, address=self.host, port=self.port)))
            line.settimeout(connect)
            return line

        def connect(self) -> None:
            super().connect()
            if pin := login.https.pin:
                assert isinstance(self.sock, ssl.SSLSocket)  # noqa: S101 - connect made it
                shown = hashlib.sha256(self.sock.getpeercert(binary_form=True) or b"").hexdigest()
                if shown != pin:
                    self.close()
                    raise errors.CertificateChanged(
                        "the certificate is not the pinned one", why=f"it shows SHA-256 {shown}"
                    )
                self.is_verified = True
            context.ready = True

    class Pool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Connection

    return Pool


def _body(response: urllib3.BaseHTTPResponse) -> bytes:
    got = bytearray()
    with response:
        for part in response.stream(_PART, decode_content=False):
            got += part
            if len(got) > MAX_ANSWER_BYTES:
                raise errors.AnswerCut("endless answer", why=f"more than {MAX_ANSWER_BYTES // 1024 // 1024} MiB")
    return bytes(got)


def _in_plain_words(error: HTTPError | OSError | ValueError) -> errors.AccessError:
    """What an error of the libraries means."""
    causes = list(chain(error))
    told = next((cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None)
    if told:
        other_name = told.verify_code in _ANOTHER_NAME
        what = "its certificate is of another name" if other_name else "its certificate is not trusted"
        return errors.CertificateUnknown(what, why=told.verify_message, hint=_INVENTORY)
    if isinstance(error, ProxyError):
        return errors.Unreachable(
            "the proxy makes no connection", why=str(error.original_error), hint="licsweep config"
        )
    if isinstance(error, SSLError):
        reason = next((cause.reason for cause in causes if isinstance(cause, ssl.SSLError) and cause.reason), "")
        return errors.TlsFailed(
            "it answers, but not with a TLS that is common to both", why=reason.replace("_", " ").lower()
        )
    if isinstance(error, TimeoutError | urllib3.exceptions.TimeoutError):
        return errors.SessionTimeout("no answer in time", why="the deadline of a request or of the device has passed")
    if any(type(cause) is BadStatusLine for cause in causes):
        return errors.NoRestAnswer("it answers over TLS, but not with HTTP")
    cut = isinstance(error, ProtocolError) and not any(isinstance(cause, ConnectionRefusedError) for cause in causes)
    if cut and not any(isinstance(cause, errors.AccessError | TimeoutError | socket.gaierror) for cause in causes):
        kind = _ClosedBefore if any(isinstance(cause, ConnectionError) for cause in causes) else errors.AnswerCut
        came = next((f"{cause.partial} bytes came" for cause in causes if isinstance(cause, IncompleteRead)), "")
        return kind("the connection ended before the answer did", why=came)
    return classify(error) or errors.Unreachable("no answer that HTTP knows", why=type(error).__name__)
