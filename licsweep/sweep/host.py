"""What a sweep does with one host: log in, ask the platform's commands, blank what must not be stored, log out."""

import hashlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from collectors.base import Platform
from licsweep.access.blanking import blank
from licsweep.access.failures import classify
from licsweep.access.hostkeys import KnownHosts
from licsweep.access.session import Limits, Login, session
from licsweep.errors import LicsweepError
from licsweep.estate.credentials import Credentials
from licsweep.estate.inventory import Target
from licsweep.model import Capture, Outcome
from licsweep.vocabulary import OutcomeStatus

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HostReport:
    """What came back from one host. `outcome` is `ok` when every command was answered; reading may still lower it."""

    target: Target
    outcome: Outcome
    tried_at: datetime
    captures: tuple[Capture, ...]


def sweep_host(
    target: Target, platform: Platform, credentials: Credentials, known_hosts: KnownHosts, limits: Limits
) -> HostReport:
    """Asks one host everything. A failure of the session becomes its outcome; it never raises for one."""
    started, clock = datetime.now(UTC), time.monotonic()
    captures: list[Capture] = []
    status: OutcomeStatus = "ok"
    reason = None
    try:
        login = Login(
            address=target.address,
            port=target.port,
            platform=target.platform,
            username=target.username or credentials.username,
            password=credentials.password.reveal() if credentials.password else None,
            use_agent=credentials.use_agent,
        )
        _ask_all(login, platform.commands, target.name, known_hosts, limits, captures)
    except Exception as error:
        known = classify(error)
        if known:
            status, reason = known.status, plain_reason(known)
        else:
            log.exception("%s: unexpected", target.name)
            status, reason = "skipped", f"a bug in licsweep: {type(error).__name__}"
    outcome = Outcome(hostname=target.name, status=status, reason=reason, seconds=round(time.monotonic() - clock, 3))
    return HostReport(target, outcome, started, tuple(captures))


def _ask_all(
    login: Login,
    commands: Sequence[str],
    hostname: str,
    known_hosts: KnownHosts,
    limits: Limits,
    captures: list[Capture],
) -> None:
    connection = session(login, known_hosts, limits)
    connection.open()
    try:
        for command in commands:
            at, clock = datetime.now(UTC), time.monotonic()
            text = blank(connection.ask(command))
            captures.append(capture(hostname, command, text, at, time.monotonic() - clock))
    finally:
        connection.close()


def capture(hostname: str, command: str, text: str, at: datetime, seconds: float = 0.0) -> Capture:
    """A capture of a text that is ready to be stored (proxy words already blanked)."""
    return Capture(
        hostname=hostname,
        command=command,
        text=text,
        started_at=at,
        seconds=round(seconds, 3),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


def plain_reason(error: LicsweepError) -> str:
    """What and why of an error in one line."""
    return f"{error.what}: {error.why}" if error.why else error.what
