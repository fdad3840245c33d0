"""SSH clients that accept the known keys of their own host only, and log in once."""

from functools import partial
from typing import Any

import paramiko

from licsweep.access.accounts import Accounts
from licsweep.access.authentication import AskCode, LoggingIn
from licsweep.access.hostkeys import KnownHosts
from licsweep.access.login import Login
from licsweep.access.transport import Transport


class Client(paramiko.SSHClient):
    """Each step of connecting has `timeout` seconds; `logging_in` tells how far the login came."""

    def __init__(
        self, login: Login, known_hosts: KnownHosts, timeout: float, accounts: Accounts, ask_code: AskCode | None = None
    ) -> None:
        super().__init__()
        self._login, self._known, self._timeout = login, known_hosts, timeout
        self.logging_in = LoggingIn(login, accounts, ask_code)
        self.set_missing_host_key_policy(_Known(login, known_hosts))

    def connect(self, *_: Any, sock: Any, **__: Any) -> None:  # type: ignore[override]
        """Logs in over an open line with our transport, whatever else Netmiko says of how."""
        login = self._login
        types = self._known.types(login.address, login.port)
        factory = partial(Transport, known_types=types, legacy=login.legacy_ssh)
        steps: dict[str, Any] = dict.fromkeys(("timeout", "banner_timeout", "auth_timeout"), self._timeout)
        super().connect(login.address, login.port, login.username, sock=sock, transport_factory=factory, **steps)

    def invoke_shell(self, term: str, width: int, height: int) -> paramiko.Channel:  # type: ignore[override]
        """paramiko's own, in one round trip."""
        return self._own_transport.open_shell(term, width, height)

    @property
    def _own_transport(self) -> Transport:
        transport = self.get_transport()
        assert isinstance(transport, Transport)  # noqa: S101 - connect made it
        return transport

    def _auth(self, *_: Any) -> None:  # paramiko's only seam between host key and login; private there
        transport = self._own_transport
        transport.ensure_session()
        self.logging_in.run(transport)


class _Known(paramiko.MissingHostKeyPolicy):
    """Asked of every key, since paramiko is told of none: its own look-up knows no revoked key and one of each type."""

    def __init__(self, login: Login, known_hosts: KnownHosts) -> None:
        self._login, self._known = login, known_hosts

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:  # noqa: ARG002
        self._known.check(self._login.address, self._login.port, key)
