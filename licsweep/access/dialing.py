"""TCP connections that are there or not within a time, the look-up of the name included."""

import socket
import threading
from contextlib import suppress
from typing import Any

from licsweep.errors import Unreachable


def dial(address: str, port: int, timeout: float) -> socket.socket:
    """A connection without Nagle's delay. Raises Unreachable where nothing answers in time, else OSError."""
    found = _resolved(address, port, timeout)
    for number, (family, kind, protocol, _, where) in enumerate(found, 1):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(timeout)
            sock.connect(where)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            if number < len(found):
                continue
            if isinstance(error, TimeoutError):
                raise Unreachable("no answer to TCP", why=f"nothing within {timeout:g} s") from error
            raise
        else:
            return sock
    raise Unreachable("its name can't be resolved", why="it has no address", hint="licsweep hosts")


def _resolved(address: str, port: int, timeout: float) -> list[Any]:
    """The addresses of a name. The system's look-up knows no deadline, so it runs in a thread that nobody waits for."""
    try:
        return socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        pass
    found: list[Any] = []

    def look_up() -> None:
        try:
            found.append(socket.getaddrinfo(address, port, type=socket.SOCK_STREAM))
        except OSError as error:
            found.append(error)

    thread = threading.Thread(target=look_up, daemon=True, name="look-up")
    thread.start()
    thread.join(timeout)
    if not found:
        raise Unreachable("its name can't be resolved", why=f"no answer within {timeout:g} s", hint="licsweep hosts")
    if isinstance(found[0], OSError):
        raise found[0]
    return found[0]  # type: ignore[no-any-return]


def system_socket(line: Any) -> socket.socket:
    """A connection as TLS needs it: a channel through jump hosts is none, so two threads carry its bytes to one."""
    if isinstance(line, socket.socket):
        return line
    near, far = socket.socketpair()
    for source, sink in ((far, line), (line, far)):
        threading.Thread(target=_carry, args=(source, sink), daemon=True, name="carry").start()
    return near


def _carry(source: Any, sink: Any) -> None:
    with suppress(OSError, EOFError):
        while data := source.recv(32_768):
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)  # wakes the other thread, which closing does not
        end.close()
