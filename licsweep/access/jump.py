"""Jump hosts: a chain of SSH connections inside this process (`direct-tcpip`), each hop's host key checked.

One connection to a jump host serves all devices behind it. A jump host that could not be logged in to is not tried
again in a run; one whose connection dropped is dialled again once, unless it had asked for a one-time code.
"""

import getpass
import socket
import sys
from contextlib import closing
from dataclasses import dataclass, field
from threading import Lock

import paramiko

from licsweep.access.accounts import Accounts
from licsweep.access.authentication import AskCode
from licsweep.access.client import Client
from licsweep.access.dialing import dial
from licsweep.access.failures import classify, in_plain_words
from licsweep.access.hostkeys import KnownHosts, Scanned
from licsweep.access.login import Login
from licsweep.access.terminal import quoted
from licsweep.access.transport import Transport
from licsweep.errors import AccessError, AuthFailed, LicsweepError, Unreachable

Hops = tuple[Login, ...]
_LOGINS = 2


@dataclass(slots=True, eq=False)
class _Hop:
    """A jump host at the end of its hops: its connection, or why there is none."""

    lock: Lock = field(default_factory=Lock)
    client: Client | None = None
    failure: AccessError | None = None
    logins: int = 0

    @property
    def is_open(self) -> bool:
        transport = self.client.get_transport() if self.client else None
        return transport is not None and transport.is_active()


def ask_on_terminal(asked: str) -> str:
    """A one-time code from the person at the terminal. Raises AuthFailed where there is none."""
    if not sys.stdin.isatty():
        raise AuthFailed("the jump host asks for a one-time code", why=asked, hint="run licsweep on a terminal")
    return getpass.getpass(f"{asked} ")


class JumpHosts:
    """The open connections to jump hosts of one run; safe from every thread. `ask_code` asks a person for a one-time
    code; without it such a jump host can't be passed."""

    def __init__(
        self, known_hosts: KnownHosts, timeout: float, accounts: Accounts | None = None, ask_code: AskCode | None = None
    ) -> None:
        self._known, self._timeout = known_hosts, timeout
        self._accounts, self._ask_code = accounts or Accounts(), ask_code
        self._lock = Lock()
        self._hops: dict[Hops, _Hop] = {}

    def asking(self, accounts: Accounts) -> "JumpHosts":
        """The same jump hosts with no connection yet and other accounts, for another process."""
        return JumpHosts(self._known, self._timeout, accounts, self._ask_code)

    def connect(self, login: Login) -> "socket.socket | paramiko.Channel":
        """A connection to the device: TCP, or a channel through its jump hosts. Raises an AccessError or OSError."""
        return self._dial(login.jumps, login.address, login.port)

    def scan(self, name: str, login: Login) -> Scanned | LicsweepError:
        """The key that a host shows, behind its jump hosts too; nobody logs in to the host itself.

        A failure is returned, not raised: a scan goes over many hosts.
        """
        types = self._known.types(login.address, login.port)
        try:
            with in_plain_words(), closing(Transport(self.connect(login), types, legacy=login.legacy_ssh)) as transport:
                transport.start_client(timeout=self._timeout)
                key = transport.get_remote_server_key()
        except AccessError as error:
            return Unreachable(f"{name}: {error.what}", why=error.why, hint=error.hint)
        state = self._known.state(login.address, login.port, key)
        return Scanned(name=name, address=login.address, port=login.port, key=key, state=state)

    def _dial(self, hops: Hops, address: str, port: int) -> "socket.socket | paramiko.Channel":
        if not hops:
            return dial(address, port, self._timeout)
        transport = self._through(hops).get_transport()
        try:
            if transport is None:
                raise Unreachable(f"jump host {hops[-1].address} is gone", why="its connection ended")
            return transport.open_channel("direct-tcpip", (address, port), ("127.0.0.1", 0), timeout=self._timeout)
        except paramiko.SSHException as error:
            why = error.text if isinstance(error, paramiko.ChannelException) else str(error)
            raise Unreachable(f"jump host {hops[-1].address} can't reach it", why=quoted(why)) from error

    def _through(self, hops: Hops) -> Client:
        with self._lock:
            hop = self._hops.setdefault(hops, _Hop())
        with hop.lock:
            if not hop.is_open and not hop.failure:
                self._log_in(hop, hops)
            if hop.failure or hop.client is None:
                failure = hop.failure or Unreachable("its connection ended")
                raise Unreachable(f"jump host {hops[-1].address}: {failure.what}", why=failure.why, hint=failure.hint)
            return hop.client

    def _log_in(self, hop: _Hop, hops: Hops) -> None:
        """Opens the connection, or notes why there is none in this run."""
        if hop.logins == _LOGINS or (hop.client and hop.client.logging_in.code_asked):
            hop.failure = Unreachable("its connection ended", why="it is not dialled again in this run")
            return
        if hop.client:
            hop.client.close()
        hop.logins += 1
        login = hops[-1]
        hop.client = Client(login, self._known, self._timeout, self._accounts, self._ask_code)
        try:
            hop.client.connect(sock=self._dial(hops[:-1], login.address, login.port))
        except Exception as error:
            hop.client.close()
            hop.failure = classify(error)
            if hop.failure is None:
                raise

    def close(self) -> None:
        """Ends all connections, the last hops first."""
        for hops in sorted(self._hops, key=len, reverse=True):
            if client := self._hops[hops].client:
                client.close()
