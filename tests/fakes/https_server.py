"""An HTTPS server on loopback that answers each request as a test says, and keeps what it was asked."""

import hashlib
import json
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from licsweep.simulator.certificates import Authority

AUTHORITY = Authority("Example Test Authority")


@dataclass(frozen=True)
class Asked:
    """A request."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))


@dataclass(frozen=True)
class Says:
    """An answer; `raw` writes all of it by itself, byte for byte."""

    status: int = 200
    body: Any = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: Callable[[Any], None] | None = None


class HttpsServer:
    """`with HttpsServer(respond) as server:`; `respond` gives the answer to a request."""

    def __init__(
        self,
        respond: Callable[[Asked], Says],
        *,
        authority: Authority = AUTHORITY,
        address: str = "127.0.0.1",
        **more: Any,
    ) -> None:
        self.asked: list[Asked] = []
        self.connections = 0
        context = authority.server_context(more.get("named", address), age=more.get("age", timedelta()))
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                outer.connections += 1

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                asked = Asked(self.command, self.path, dict(self.headers), body)
                outer.asked.append(asked)
                says = respond(asked)
                if says.raw:
                    says.raw(self.wfile)
                    self.close_connection = True
                    return
                text = says.body if isinstance(says.body, str) else json.dumps(says.body)
                self.send_response(says.status)
                for name, value in says.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_POST = do_PATCH = answer  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def finish_request(self, request: Any, client_address: Any) -> None:
                with suppress(OSError):  # ssl.SSLError is one
                    request.settimeout(10)
                    with context.wrap_socket(request, server_side=True) as line:
                        self.RequestHandlerClass(line, client_address, self)

            def handle_error(self, *_: Any) -> None:
                pass

        self._server = Server((address, 0), Handler)
        self.port = self._server.server_port
        self.pin = hashlib.sha256(_certificate(context)).hexdigest()

    def __enter__(self) -> "HttpsServer":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _certificate(context: ssl.SSLContext) -> bytes:
    """The certificate that a server with this context shows, as a handshake in memory tells."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (client.wrap_bio(back, there), context.wrap_bio(there, back, server_side=True))
    for _ in range(3):
        for end in ends:
            with suppress(ssl.SSLWantReadError):
                end.do_handshake()
    return ends[0].getpeercert(binary_form=True) or b""
