"""Where to log in, as whom, within which time: what a session is made from. Secrets do not show in repr."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import paramiko

SSH_PORT = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One credential for one device: a key, the agent, or else a password (each sent once, never two of them).

    `account` names what the password belongs to: the user name and the database that knows it, which locks it after
    so many failures in a row (0: never).
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds: to connect, for one command, for the whole session."""

    connect: float
    command: float
    device: float
