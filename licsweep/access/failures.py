"""One plain reason for each way a session can fail.

Netmiko raises one class for refused, DNS, no banner, key exchange and host key alike; what it was stands in
`__context__`, so the chain is searched, innermost cause first.
"""

import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import paramiko
from paramiko.ssh_exception import IncompatiblePeer

from licsweep.access import algorithms
from licsweep.access.terminal import quoted
from licsweep.errors import AccessError, AuthFailed, LegacySshOnly, SessionDropped, SessionTimeout, Unreachable


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error, its cause, and so on."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _legacy(error: IncompatiblePeer) -> AccessError:
    extra = "" if algorithms.INSTALLED else "pip install 'licsweep[legacy-ssh]', and "
    hint = f"for a box that offers SHA-1 only: {extra}legacy_ssh: true in its inventory data"
    return LegacySshOnly("no common SSH algorithm", why=str(error), hint=hint)


def _login(error: paramiko.AuthenticationException) -> AccessError:
    text = str(error)
    if "timeout" in text.lower():  # paramiko calls a device that never answers the password "authentication" too
        return SessionTimeout("no answer to the login in time", why=text)
    if "EOF" in text or "transport shut down" in text:
        return SessionDropped("the device closed the session during login", why=text)
    return AuthFailed("user name or password refused", why=text, hint="check the credentials")


def _ssh(error: paramiko.SSHException) -> AccessError:
    text = str(error)
    if isinstance(error, paramiko.ChannelException):
        return SessionDropped("the device refuses a session", why=quoted(error.text))
    if "banner" in text.lower() and isinstance(error.__context__, (EOFError, ConnectionError)):
        return Unreachable("it closes the connection before SSH begins", why="its vty lines may be full")
    if "banner" in text.lower() or "No existing session" in text:
        return Unreachable("it answers, but not with SSH", why=text)
    if "timeout" in text.lower():
        return SessionTimeout("no answer in time", why=text)
    return SessionDropped("the SSH session ended", why=text)


def _network(error: OSError) -> AccessError:
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return Unreachable("this machine has no file handle left", why=str(error.strerror), hint="ulimit -n 4096")
    return Unreachable(f"no connection: {error.strerror or error}", why=type(error).__name__)


def _machine(error: RuntimeError) -> AccessError | None:
    if "start new thread" not in str(error):
        return None
    return Unreachable("this machine has no thread left", why=str(error), hint="fewer workers, or ulimit -u")


_CAUSES: tuple[tuple[type[BaseException], Callable[[Any], AccessError | None]], ...] = (
    (IncompatiblePeer, _legacy),
    (paramiko.AuthenticationException, _login),
    (socket.gaierror, lambda error: Unreachable("its name can't be resolved", why=str(error), hint="licsweep hosts")),
    (ConnectionRefusedError, lambda error: Unreachable("the TCP port is closed", why=str(error))),
    (paramiko.SSHException, _ssh),
    (TimeoutError, lambda error: SessionTimeout("no answer in time", why=str(error) or "timed out")),
    (EOFError, lambda error: SessionDropped("the device closed the session", why=str(error) or "end of file")),
    (OSError, _network),
    (RuntimeError, _machine),
)


def classify(error: BaseException) -> AccessError | None:
    """What the error means for the host; None where it is no failure of a session (a bug: let it be seen)."""
    links = list(chain(error))
    for link in links:
        if isinstance(link, AccessError):
            return link
    for kind, make in _CAUSES:
        for link in reversed(links):  # the innermost says most
            if isinstance(link, kind):
                return make(link)
    return None


@contextmanager
def in_plain_words() -> Iterator[None]:
    """Turns what the libraries raise within the block into an AccessError; a mistake of ours stays what it is."""
    try:
        yield
    except Exception as error:
        known = classify(error)
        if known is None or known is error:
            raise
        raise known from None
