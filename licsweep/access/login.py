"""Where to log in, as whom, within which time: what a session is made from. Secrets do not show in repr."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from licsweep.not_pickled import NotPickled

if TYPE_CHECKING:
    import paramiko

SSH_PORT = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Https:
    """How HTTPS is spoken: the certificate is the one of this SHA-256 `pin` (64 hex digits), else it is signed for the
    host's name by an authority in the PEM text `authorities`, else by one of the system's. `proxy`: http://HOST:PORT."""

    authorities: str | None = field(default=None, repr=False)
    pin: str | None = None
    proxy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Login(NotPickled):
    """One credential for one device: a key, the agent, or else a password (each sent once, never two of them).

    `account` names what the password belongs to: the user name and the database that knows it, which locks it after
    so many failures in a row (0: never). `token` stands in for user name and password (HTTPS only). `second` logs in
    by the platform's other way (HTTPS beside SSH, SSH beside HTTPS), where credentials are given for it.
    """

    address: str
    port: int
    username: str
    password: str | None = field(default=None, repr=False)
    key: "paramiko.PKey | None" = field(default=None, repr=False)
    use_agent: bool = False
    enable_secret: str | None = field(default=None, repr=False)
    legacy_ssh: bool = False
    jumps: tuple["Login", ...] = ()
    account: str = ""
    lockout_after: int = 0
    token: str | None = field(default=None, repr=False)
    https: Https = Https()
    second: "Login | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds: to connect, for one command, for the whole session."""

    connect: float
    command: float
    device: float
