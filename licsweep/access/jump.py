"""Jump hosts: a chain of SSH connections inside this process (`direct-tcpip`), each hop's host key checked.

One connection to a jump host serves all devices behind it. A jump host that failed is not tried again in a run,
so that its password is sent once, whatever the number of devices behind it.
"""

import socket
from threading import Lock

import paramiko

from licsweep.access.algorithms import disabled
from licsweep.access.client import client_for
from licsweep.access.failures import classify
from licsweep.access.hostkeys import KnownHosts
from licsweep.access.login import Login
from licsweep.errors import AccessError, Unreachable

Hops = tuple[Login, ...]


class JumpHosts:
    """The open connections to jump hosts of one run; safe from every thread."""

    def __init__(self, known_hosts: KnownHosts, timeout: float) -> None:
        self._known, self._timeout = known_hosts, timeout
        self._lock = Lock()
        self._locks: dict[Hops, Lock] = {}
        self._open: dict[Hops, paramiko.SSHClient | AccessError] = {}

    def connect(self, login: Login) -> "socket.socket | paramiko.Channel":
        """A way to the device: TCP, or a channel through its jump hosts. Raises an AccessError or OSError."""
        return self._dial(login.jumps, login.address, login.port)

    def _dial(self, hops: Hops, address: str, port: int) -> "socket.socket | paramiko.Channel":
        if not hops:
            try:
                sock = socket.create_connection((address, port), timeout=self._timeout)
            except TimeoutError as error:
                raise Unreachable("no answer to TCP", why=f"nothing within {self._timeout:g} s") from error
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
        transport = self._through(hops).get_transport()
        if transport is None or not transport.is_active():
            raise Unreachable(f"jump host {hops[-1].address} is gone", why="its connection ended")
        try:
            return transport.open_channel("direct-tcpip", (address, port), ("127.0.0.1", 0), timeout=self._timeout)
        except paramiko.SSHException as error:
            raise Unreachable(f"jump host {hops[-1].address} can't reach it", why=str(error)) from error

    def _through(self, hops: Hops) -> paramiko.SSHClient:
        with self._lock:
            lock = self._locks.setdefault(hops, Lock())
        with lock:
            if hops not in self._open:
                self._open[hops] = self._log_in(hops)
            found = self._open[hops]
        if isinstance(found, AccessError):
            raise Unreachable(f"jump host {hops[-1].address}: {found.what}", why=found.why, hint=found.hint)
        return found

    def _log_in(self, hops: Hops) -> paramiko.SSHClient | AccessError:
        hop = hops[-1]
        client = client_for(hop, self._known)
        try:
            client.connect(
                hop.address,
                hop.port,
                hop.username,
                hop.password,
                pkey=hop.key,
                allow_agent=hop.use_agent,
                look_for_keys=False,
                timeout=self._timeout,
                banner_timeout=self._timeout,
                auth_timeout=self._timeout,
                disabled_algorithms=disabled(legacy=hop.legacy_ssh),
                sock=self._dial(hops[:-1], hop.address, hop.port),
            )
        except Exception as error:
            client.close()
            known = classify(error)
            if known is None:
                raise
            return known
        return client

    def close(self) -> None:
        """Ends all connections, the last hops first."""
        for hops in sorted(self._open, key=len, reverse=True):
            found = self._open[hops]
            if isinstance(found, paramiko.SSHClient):
                found.close()
