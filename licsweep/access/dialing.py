"""TCP connections that are there or not within a time, the look-up of the name included."""

import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from licsweep.errors import Unreachable

T = TypeVar("T")


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
    """The addresses of a name."""
    try:
        return socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        pass
    try:
        return within(timeout, partial(socket.getaddrinfo, address, port, type=socket.SOCK_STREAM))
    except TimeoutError as error:
        why = f"no answer within {timeout:g} s"
        raise Unreachable("its name can't be resolved", why=why, hint="licsweep hosts") from error


def within(seconds: float, work: Callable[[], T]) -> T:
    """What some work gives that knows no deadline, in a thread that nobody waits for longer. Raises TimeoutError, and
    what the work raises."""
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)

    threading.Thread(target=run, daemon=True, name="within").start()
    return done.result(seconds)


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
        for finish in (partial(end.shutdown, socket.SHUT_RDWR), end.close):  # shutting down wakes the other thread
            with suppress(OSError, EOFError):  # the jump host may be gone
                finish()
