"""paramiko's transport with fewer system calls, threads and round trips: what a hundred sessions at once are short of.

Each system call lets go of Python's lock and has to win it again, which costs more than the call itself when a
hundred threads want it. So a read takes all that has arrived, and the kernel does the waiting.
"""

import socket
import struct
from contextlib import suppress
from functools import lru_cache
from typing import Any

import paramiko
from paramiko.packet import Packetizer

from licsweep.errors import SessionDropped

_READ_BYTES = 65536
_LOOK_UP_SECONDS = 1  # how often a waiting reader looks whether its transport was closed


class Transport(paramiko.Transport):
    """Asks first for ciphers that need no separate MAC: paramiko's MAC is Python and slow."""

    _preferred_ciphers = tuple(
        sorted(paramiko.Transport._preferred_ciphers, key=lambda name: "gcm" not in name)  # type: ignore[attr-defined]
    )

    def __init__(self, sock: Any, **options: Any) -> None:
        super().__init__(sock, packetizer_class=_Packetizer, **options)

    def _filter_algorithm(self, type_: str) -> tuple[str, ...]:
        """paramiko's own, which it calls sixteen times a login, remembered."""
        off = (self.disabled_algorithms or {}).get(type_, ())
        return _without(tuple(getattr(self, f"_preferred_{type_}")), tuple(off))

    def open_shell(self, term: str, width: int, height: int) -> paramiko.Channel:
        """A channel with a shell in a terminal of that size; both are asked for in one go, as OpenSSH's client does.
        Raises SessionDropped where the device refuses, SSHException where it takes longer than a login may."""
        channel: Any = self.open_session(timeout=self.auth_timeout)
        channel._wait_for_event = lambda: None  # one wait for both answers, below
        try:
            channel.get_pty(term, width, height)
            channel.invoke_shell()
            answered = channel.event.wait(self.auth_timeout)
            del channel._wait_for_event
            if answered:
                channel._wait_for_event()  # raises what went wrong
            if channel.closed:  # the terminal was refused after the shell was asked for
                raise paramiko.SSHException("Channel closed.")  # noqa: TRY301
        except (OSError, paramiko.SSHException) as error:  # by how far the requests had got when the device closed it
            raise SessionDropped("the device gives no shell", why=str(error)) from error
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
