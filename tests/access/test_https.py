"""The HTTPS client against real servers: certificates, bounds, what may be asked, and failures in plain words."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from licsweep.access.allowlist import RequestList
from licsweep.access.dialing import dial
from licsweep.access.https import MAX_ANSWER_BYTES, HttpsClient
from licsweep.access.login import Https, Limits, Login
from licsweep.errors import (
    AccessError,
    AnswerCut,
    CertificateChanged,
    CertificateUnknown,
    CommandNotAllowed,
    NoRestAnswer,
    SessionTimeout,
    TlsFailed,
    Unreachable,
)
from licsweep.platforms import platforms
from licsweep.simulator.certificates import Authority
from tests.fakes.https_server import AUTHORITY, Asked, HttpsServer, Says

PATH = "/api/fmc_platform/v1/info/serverversion"
LIMITS = Limits(connect=2, command=1, device=2)
TRUSTED = Https(authorities=AUTHORITY.pem)
FMC = RequestList(platforms()["cisco_fmc"])


def client(port: int, https: Https = TRUSTED, limits: Limits = LIMITS, address: str = "127.0.0.1") -> HttpsClient:
    login = Login(address=address, port=port, username="reader", password="loopback-word", https=https)
    return HttpsClient(login, FMC, limits, lambda to: dial(to.address, to.port, limits.connect))


def ending(made: HttpsClient) -> AccessError:
    with pytest.raises(AccessError) as caught:
        made.get(PATH, {})
    made.close()
    return caught.value


def fine(_: Asked) -> Says:
    return Says(body={"ok": True})


def test_an_answer_comes_as_it_was_sent() -> None:
    body = '{"name": "gr\u00fcn",\r\n "n": [1]}'
    with HttpsServer(lambda _: Says(body=body, headers={"Set-Cookie": "id=1"})) as server:
        made = client(server.port)
        assert [made.get(PATH, {}).text, made.get(PATH, {}).text] == [body, body]
        assert made.connected
        made.close()
        assert server.connections == 1
        assert not any("cookie" in name.lower() for name in server.asked[1].headers)


def test_a_pinned_certificate_needs_no_authority() -> None:
    with HttpsServer(fine) as server:
        made = client(server.port, Https(pin=server.pin))
        assert made.get(PATH, {}).status == 200
        made.close()
        told = ending(client(server.port, Https(pin="0" * 64)))
        assert len(server.asked) == 1
    assert isinstance(told, CertificateChanged)
    assert server.pin in told.why


@pytest.mark.parametrize(
    ("https", "more", "words"),
    [
        (Https(), {}, "not trusted"),
        (Https(authorities=Authority("Another").pem), {}, "not trusted"),
        (TRUSTED, {"age": timedelta(days=3)}, "not trusted"),
        (TRUSTED, {"named": "127.0.0.9"}, "another name"),
    ],
    ids=["authorities of the system", "another authority", "expired", "another name"],
)
def test_certificates_that_are_not_right(https: Https, more: dict[str, Any], words: str) -> None:
    with HttpsServer(fine, **more) as server:
        made = client(server.port, https)
        told = ending(made)
        assert not server.asked
    assert isinstance(told, CertificateUnknown)
    assert (words in told.what, "https_pin" in told.hint, made.connected) == (True, True, False)


def test_a_file_that_holds_no_certificate() -> None:
    with pytest.raises(CertificateUnknown, match="https_ca"):
        client(1, Https(authorities="nothing"))


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", "/api/fmc_platform/v1/license/smartlicenses"),
        ("POST", "/api/fdm/latest/fdm/token"),
        ("POST", "/api/fmc_platform/v1/auth/generatetoken?x=1"),
        ("PUT", PATH),
        ("DELETE", "/api/fmc_platform/v1/auth/revokeaccess"),
        ("GET", "/api/fmc_platform/v1/auth/generatetoken"),
        ("GET", "/api/fmc_config/v1/domain/a/b/devices/devicerecords"),
        ("GET", "/api/fmc_config/v1/domain/../devices/devicerecords"),
        ("GET", f"{PATH}?filter=x"),
        ("GET", f"{PATH}\r\nX: y"),
        ("GET", f"/other{PATH}"),
        ("GET", f"https://elsewhere.example{PATH}"),
    ],
)
def test_nothing_else_is_asked(method: str, target: str) -> None:
    with pytest.raises(CommandNotAllowed, match="was not sent"):
        FMC.check(method, target)


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", PATH),
        ("GET", f"/fmc{PATH}"),
        ("GET", "/api/fmc_config/v1/domain/00000000-1111/devices/devicerecords?expanded=true&limit=200&offset=0"),
        ("POST", "/api/fmc_platform/v1/auth/generatetoken"),
    ],
)
def test_what_may_be_asked(method: str, target: str) -> None:
    FMC.check(method, target)


def test_the_client_asks_the_list() -> None:
    with HttpsServer(fine) as server:
        made = client(server.port)
        with pytest.raises(CommandNotAllowed):
            made.post("/api/fmc_platform/v1/license/smartlicenses", {}, b'{"registrationType": "DEREGISTER"}')
        made.close()
        assert not server.asked


def raw(*parts: bytes, pause: float = 0.0) -> Callable[[Asked], Says]:
    def write(out: Any) -> None:
        for part in parts:
            out.write(part)
            time.sleep(pause)

    return lambda _: Says(raw=write)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("respond", "kind"),
    [
        (raw(HEAD + b"Content-Length: 100\r\n\r\n{"), AnswerCut),
        (raw(HEAD + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n'), AnswerCut),
        (raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n"), Unreachable),
        (raw(b""), AnswerCut),
        (raw(b"SSH-2.0-Cisco\r\n"), NoRestAnswer),
        (raw(HEAD + b"\r\n", *[b"x" * 1024 * 1024] * (MAX_ANSWER_BYTES // 1024 // 1024 + 1)), AnswerCut),
        (raw(HEAD + b"Content-Length: 1000\r\n\r\n", *[b"x"] * 1000, pause=0.02), SessionTimeout),
        (raw(*[bytes([byte]) for byte in HEAD * 100], pause=0.02), SessionTimeout),
        (raw(b"", pause=9), SessionTimeout),
    ],
    ids=[
        "cut",
        "cut chunk",
        "a chunk of -5",
        "closed",
        "not HTTP",
        "endless",
        "dripping body",
        "dripping head",
        "silent",
    ],
)
def test_answers_that_are_no_whole_one(respond: Callable[[Asked], Says], kind: type[AccessError]) -> None:
    with HttpsServer(respond) as server:
        began = time.monotonic()
        assert isinstance(ending(client(server.port)), kind)
        assert time.monotonic() - began < 3


def test_a_length_that_is_too_short_is_what_came() -> None:
    with HttpsServer(raw(HEAD + b'Content-Length: 5\r\n\r\n{"a": 1}')) as server:
        made = client(server.port)
        assert made.get(PATH, {}).text == '{"a":'
        made.close()


def test_a_port_that_is_closed_and_one_without_tls() -> None:
    with HttpsServer(fine) as server:
        port = server.port
    told = ending(client(port))
    assert (isinstance(told, Unreachable), told.what) == (True, "the TCP port is closed")
    with plain_server() as port:
        told = ending(client(port))
    assert isinstance(told, TlsFailed), told


def plain_server() -> Any:
    import socket
    from contextlib import contextmanager

    @contextmanager
    def listening() -> Any:
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def serve() -> None:
                line, _ = listener.accept()
                with line:
                    line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    line.recv(4096)

            threading.Thread(target=serve, daemon=True).start()
            yield listener.getsockname()[1]

    return listening()


def test_a_busy_server_is_asked_again_when_it_wants() -> None:
    says = iter([Says(429, headers={"Retry-After": "1"}), Says(503, headers={"Retry-After": "0"}), Says(body={})])
    with HttpsServer(lambda _: next(says)) as server:
        made = client(server.port)
        began = time.monotonic()
        assert made.get(PATH, {}).status == 200
        assert 1 <= time.monotonic() - began < 2
        made.close()


FAR = ["3600", "9" * 5000, "Fri, 31 Dec 99999 23:59:59 GMT", "Fri, 31 Dec 99999999999 23:59:59 GMT", "-5"]


@pytest.mark.parametrize("says", [*(Says(429, headers={"Retry-After": far}) for far in FAR), Says(429), Says(503)])
def test_a_server_that_is_busy_for_longer_than_the_deadline_is_not_waited_for(says: Says) -> None:
    with HttpsServer(lambda _: says) as server:
        made = client(server.port)
        began = time.monotonic()
        assert (made.get(PATH, {}).status, len(server.asked)) == (says.status, 1)
        assert time.monotonic() - began < 1
        made.close()


def test_a_connection_that_was_closed_meanwhile_is_made_anew_for_a_get_alone() -> None:
    says = iter([Says(body={}), Says(raw=lambda _: None), Says(body={"second": 1})])
    with HttpsServer(lambda _: next(says)) as server:
        made = client(server.port)
        made.get(PATH, {})
        assert made.get(PATH, {}).text == '{"second": 1}'
        made.close()
    says = iter([Says(raw=lambda _: None), Says(body={})])
    with HttpsServer(lambda _: next(says)) as server:
        made = client(server.port)
        with pytest.raises(AnswerCut):
            made.post("/api/fmc_platform/v1/auth/generatetoken", {})
        made.close()
        assert len(server.asked) == 1


def test_redirects_are_not_followed() -> None:
    with HttpsServer(lambda _: Says(302, headers={"Location": "https://127.0.0.1:1/"})) as server:
        made = client(server.port)
        assert made.get(PATH, {}).status == 302
        made.close()
        assert len(server.asked) == 1


def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with HttpsServer(fine) as server:
        monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent")
        made = client(server.port)
        assert made.get(PATH, {}).status == 200
        made.close()


def test_an_abort_from_another_thread_ends_a_read_at_once() -> None:
    with HttpsServer(raw(b"", pause=9)) as server:
        made = client(server.port, limits=replace(LIMITS, command=8, device=8))
        threading.Timer(0.3, made.abort).start()
        began = time.monotonic()
        ending(made)
        assert time.monotonic() - began < 2
        with pytest.raises(AccessError):
            made.get(PATH, {})


def test_no_secret_in_what_is_shown() -> None:
    made = client(1)
    told = ending(made)
    assert "loopback-word" not in repr(vars(made)) + str(vars(told))
