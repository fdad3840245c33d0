"""SSH clients that accept the known keys of their own host only, and log in once."""

from functools import partial
from typing import Any

import paramiko

from licsweep.access.accounts import Accounts
from licsweep.access.algorithms import disabled
from licsweep.access.authentication import AskCode, LoggingIn
from licsweep.access.hostkeys import KnownHosts
from licsweep.access.login import Login
from licsweep.access.transport import Transport


class Client(paramiko.SSHClient):
    """`login_began` is true once a credential may have left: from then on a failed connect is not repeated."""

    def __init__(
        self, login: Login, known_hosts: KnownHosts, accounts: Accounts | None = None, ask_code: AskCode | None = None
    ) -> None:
        super().__init__()
        self._login, self._known, self._accounts, self._ask_code = login, known_hosts, accounts or Accounts(), ask_code
        self._logging_in: LoggingIn | None = None
        self.set_missing_host_key_policy(_Known(login, known_hosts))

    @property
    def login_began(self) -> bool:
        """Whether the host key was found good and a credential may have left."""
        return self._logging_in is not None and self._logging_in.began

    @property
    def code_asked(self) -> bool:
        """Whether a one-time code was typed, so that nobody can log in again without asking."""
        return self._logging_in is not None and self._logging_in.code_asked

    @property
    def waited(self) -> float:
        """Seconds spent waiting for a password's turn."""
        return self._logging_in.waited if self._logging_in else 0.0

    def connect(self, *arguments: Any, **options: Any) -> None:
        """paramiko's own, over our transport."""
        types = self._known.types(self._login.address, self._login.port)
        super().connect(*arguments, **(options | {"transport_factory": partial(Transport, known_types=types)}))

    def log_in(self, sock: Any, timeout: float) -> None:
        """Connects over an open line and logs in, each step within the time."""
        self.connect(
            self._login.address,
            self._login.port,
            self._login.username,
            timeout=timeout,
            banner_timeout=timeout,
            auth_timeout=timeout,
            disabled_algorithms=disabled(legacy=self._login.legacy_ssh),
            sock=sock,
        )

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
        self._logging_in = LoggingIn(transport, self._login, self._accounts, self._ask_code)
        self._logging_in.run()


class _Known(paramiko.MissingHostKeyPolicy):
    """Asked of every key, since paramiko is told of none: its own look-up knows no revoked key and one of each type."""

    def __init__(self, login: Login, known_hosts: KnownHosts) -> None:
        self._login, self._known = login, known_hosts

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:  # noqa: ARG002
        self._known.check(self._login.address, self._login.port, key)
