"""paramiko's transport with fewer system calls, threads and round trips: what a hundred sessions at once are short of.

Each system call lets go of Python's lock and has to win it again, which costs more than the call itself when a
hundred threads want it. So a read takes all that has arrived, and the kernel does the waiting.
"""

import socket
import struct
import threading
import time
from collections.abc import Container
from contextlib import suppress
from functools import lru_cache
from typing import Any

import paramiko
from paramiko.common import cMSG_SERVICE_REQUEST
from paramiko.packet import Packetizer
from paramiko.transport import ServiceRequestingTransport

from licsweep.access.algorithms import LEGACY
from licsweep.access.authentication import Handler
from licsweep.access.hostkeys import key_type
from licsweep.access.terminal import quoted
from licsweep.errors import SessionDropped

_READ_BYTES = 65536
_TICK = 0.1
_LOOK_UP_SECONDS = 1  # how often a waiting reader looks whether its transport was closed


class Transport(ServiceRequestingTransport):
    """Asks first for ciphers that need no separate MAC (paramiko's MAC is Python and slow) and for the types of the
    host's known keys; asks for the service of logging in once, however many methods follow. Old algorithms are offered
    where `legacy` says so."""

    _preferred_ciphers = tuple(
        sorted(paramiko.Transport._preferred_ciphers, key=lambda name: "gcm" not in name)  # type: ignore[attr-defined]
    )

    def __init__(self, sock: Any, known_types: Container[str], *, legacy: bool, **options: Any) -> None:
        options["disabled_algorithms"] = None if legacy else LEGACY
        super().__init__(sock, packetizer_class=_Packetizer, **options)
        self._accepted = threading.Event()
        types = self.get_security_options()
        types.key_types = sorted(types.key_types, key=lambda name: key_type(name) not in known_types)

    def get_auth_handler(self) -> Handler:
        """Ours."""
        return Handler(self)

    def _parse_service_accept(self, m: paramiko.Message) -> None:
        super()._parse_service_accept(m)  # type: ignore[misc]
        self._accepted.set()

    def _parse_disconnect(self, m: paramiko.Message) -> None:
        """paramiko's own, which ends the connection and forgets why."""
        m.get_int()
        self.saved_exception = paramiko.SSHException(f"disconnected: {quoted(m.get_text())}")

    def ensure_session(self) -> None:
        """paramiko's own, but that it neither sleeps nor waits without end. Raises SSHException or EOFError."""
        if self._accepted.is_set():
            return
        message = paramiko.Message()
        message.add_byte(cMSG_SERVICE_REQUEST)
        message.add_string("ssh-userauth")
        self._send_message(message)  # type: ignore[attr-defined]
        ends = time.monotonic() + self.auth_timeout
        while not self._accepted.wait(_TICK):
            if not self.is_active():
                raise self.get_exception() or EOFError("before the login")
            if time.monotonic() > ends:
                raise paramiko.SSHException("timeout: no answer to the request to log in")
        self.auth_handler = self.get_auth_handler()

    def _filter_algorithm(self, type_: str) -> tuple[str, ...]:
        """paramiko's own, which it calls sixteen times a login, remembered."""
        off = (self.disabled_algorithms or {}).get(type_, ())
        return _without(tuple(getattr(self, f"_preferred_{type_}")), tuple(off))

    def open_shell(self, term: str, width: int, height: int) -> paramiko.Channel:
        """A channel with a shell in a terminal of that size; both are asked for in one go, as OpenSSH's client does.
        Raises SessionDropped where the device refuses, SSHException where it takes longer than a login may."""
        channel: Any = self.open_session(timeout=self.auth_timeout)
        channel._wait_for_event = lambda: None  # one wait for both answers, below
        answered, failure = False, ""
        try:
            channel.get_pty(term, width, height)
            channel.invoke_shell()
            answered = channel.event.wait(self.auth_timeout)
            del channel._wait_for_event
            if answered:
                channel._wait_for_event()  # raises what went wrong
        except (OSError, paramiko.SSHException) as error:  # by how far the requests had got when the device closed it
            failure = str(error)
        if failure or channel.closed:
            printed = quoted(channel.recv(_READ_BYTES).decode("utf-8", "replace")) if channel.recv_ready() else ""
            raise SessionDropped(
                "the device closed the session" if printed or channel.eof_received else "the device gives no shell",
                why=f"the last line is {printed!r}" if printed else failure,
            )
        if not answered:
            raise paramiko.SSHException("timeout: no answer to the request for a shell")
        return channel  # type: ignore[no-any-return]


@lru_cache(maxsize=64)
def _without(names: tuple[str, ...], off: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in off)


class _Packetizer(Packetizer):
    def __init__(self, sock: Any) -> None:
        super().__init__(_Buffered(sock) if isinstance(sock, socket.socket) else sock)  # type: ignore[arg-type]

    def start_handshake(self, timeout: float) -> None:
        """No thread to watch the handshake: `start_client` is told how long to wait for it."""


class _Buffered:
    """A socket of which paramiko reads a few bytes at a time."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock, self._held = sock, b""
        sock.settimeout(None)
        patience = struct.pack("ll", _LOOK_UP_SECONDS, 0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, patience)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)

    def recv(self, size: int) -> bytes:
        if not self._held:
            try:
                self._held = self._sock.recv(_READ_BYTES)
            except BlockingIOError as error:
                raise TimeoutError from error
        data, self._held = self._held[:size], self._held[size:]
        return data

    def send(self, data: bytes) -> int:
        return self._sock.send(data)

    def close(self) -> None:
        with suppress(OSError):  # it wakes the reader, which closing alone does not
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()
