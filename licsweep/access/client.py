"""SSH clients that know the keys of their own host only, refuse every other, and remember whether they logged in."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import paramiko

from licsweep.access.failures import changed_key
from licsweep.access.hostkeys import KnownHosts, entry_name
from licsweep.access.login import Login
from licsweep.access.transport import Transport
from licsweep.errors import HostKeyUnknown

Guard = Callable[[], AbstractContextManager[None]]


class Client(paramiko.SSHClient):
    """`login_began` is true once a credential may have left: from then on a failed connect is not repeated.

    `guard` is entered around the login itself, after the host key was found good.
    """

    def __init__(self, guard: Guard) -> None:
        super().__init__()
        self._guard = guard
        self.login_began = False

    def connect(self, *arguments: Any, **options: Any) -> None:
        """paramiko's own, over our transport."""
        super().connect(*arguments, **(options | {"transport_factory": Transport}))

    def invoke_shell(self, term: str, width: int, height: int) -> paramiko.Channel:  # type: ignore[override]
        """paramiko's own, in one round trip."""
        transport = self.get_transport()
        assert isinstance(transport, Transport)  # noqa: S101 - connect made it
        return transport.open_shell(term, width, height)

    def _auth(  # paramiko's only seam between key and login; private there
        self, username: str, password: str | None, pkey: paramiko.PKey | None, files: Any, use_agent: bool, *more: Any
    ) -> None:
        transport = self.get_transport()
        with self._guard():
            self.login_began = True
            if password and transport and not (pkey or use_agent):
                transport.auth_password(username, password)  # what paramiko does too, after looking for key files
            else:
                super()._auth(username, password, pkey, files, use_agent, *more)  # type: ignore[misc]


class RejectUnknown(paramiko.MissingHostKeyPolicy):
    """Refuses a host of which no key is known, and says which key it showed.

    paramiko asks here too when a key of another type is known: for a strict client that is a changed key.
    """

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        for known in (client.get_host_keys().lookup(hostname) or {}).values():
            raise changed_key(key, known)
        raise HostKeyUnknown(
            f"host key of {hostname} is not known",
            why=f"it shows {key.get_name()} {key.fingerprint}",
            hint="licsweep known-hosts scan",
        )


def client_for(login: Login, known_hosts: KnownHosts, guard: Guard = nullcontext) -> Client:
    """A client for this host, not yet connected."""
    client, name = Client(guard), entry_name(login.address, login.port)
    for key in known_hosts.of(login.address, login.port):
        client.get_host_keys().add(name, key.get_name(), key)
    client.set_missing_host_key_policy(RejectUnknown())
    return client
