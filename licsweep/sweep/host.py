"""What a sweep does with one host: log in, ask the platform's commands, blank what must not be stored, log out."""

import logging
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from collectors.parse import recognize_platform, refusal
from licsweep.access.blanking import blank
from licsweep.access.failures import classify
from licsweep.access.hostkeys import KnownHosts
from licsweep.access.jump import JumpHosts
from licsweep.access.login import Limits, Login
from licsweep.access.session import CLASSES, Session, session
from licsweep.errors import AccessError, PlatformUnknown, SessionTimeout, plain_reason
from licsweep.estate.inventory import AUTO, Target
from licsweep.model import Capture, Outcome
from licsweep.platforms import Platform
from licsweep.reading.host_report import HostReport, capture
from licsweep.sweep.gate import Gate
from licsweep.vocabulary import OutcomeStatus, SkipReason

log = logging.getLogger(__name__)
_LATER = 1.0  # seconds after which a session that should have ended by itself is cut


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepContext:
    """What all hosts of a sweep share. `retries` is for transport errors before a credential was sent; `backoff` is
    the first wait in seconds, doubled each time."""

    platforms: Mapping[str, Platform]
    known_hosts: KnownHosts
    limits: Limits
    jump_hosts: JumpHosts
    gate: Gate
    retries: int = 0
    backoff: float = 2.0
    type_ahead: frozenset[str] = frozenset()


def sweep_host(target: Target, login: Login, means: SweepContext) -> HostReport:
    """Asks one host everything. A failure of the session becomes its outcome; only a bug of ours raises.

    The platform `auto` is found out from `show version`; the report's target then has the true one.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    captures: list[Capture] = []
    status: OutcomeStatus = "ok"
    reason: str | None = None
    skip: SkipReason | None = None
    try:
        target = _try_all(target, login, means, captures)
    except Exception as error:
        known = classify(error)
        if over := means.gate.over():
            status, reason, skip = "skipped", over, "sweep-over"
        elif known:
            status, reason = known.status, plain_reason(known)
            skip = "login-withheld" if status == "skipped" else None
        else:
            raise
    seconds = round(time.monotonic() - clock, 3)
    outcome = Outcome(hostname=target.name, status=status, reason=reason, skip=skip, seconds=seconds)
    return report_of(target, outcome, started, captures)


def _try_all(target: Target, login: Login, means: SweepContext, captures: list[Capture]) -> Target:
    group = target.aaa_group
    attempt = 0
    while True:
        connection = session(login, means.known_hosts, means.limits, means.jump_hosts, lambda: means.gate.login(group))
        watched = means.gate.watch(connection.abort, means.limits.device + _LATER)
        try:
            connection.open()
            found = _found_out(connection) if target.platform == AUTO else target.platform
            _ask_all(target.name, means.platforms[found], login, connection, means, captures)
        except AccessError as error:
            if watched.late:
                raise SessionTimeout("not done in time", why="the deadline of a device has passed") from error
            if connection.login_began or not error.transient or attempt == means.retries:
                raise
            log.info("%s: %s, once more", target.name, plain_reason(error))
            wait = means.backoff * 2**attempt * random.uniform(0.5, 1.5)  # noqa: S311 - not for secrets
            if means.gate.stop.wait(wait):
                raise
            attempt += 1
        else:
            return replace(target, platform=found)
        finally:
            means.gate.unwatch(watched)
            connection.close()


def _found_out(connection: Session) -> str:
    """The platform that `show version` tells of. Raises PlatformUnknown."""
    name = recognize_platform(connection.ask("show version"))
    if name is None or name not in CLASSES:
        raise PlatformUnknown("the platform can't be told from show version", why=name or "nothing known in its text")
    connection.set_platform(name)
    return name


def _ask_all(
    hostname: str, platform: Platform, login: Login, connection: Session, means: SweepContext, captures: list[Capture]
) -> None:
    level: Literal["login", "enable"] = "login"
    enabled = False
    for answer in connection.answers(platform.lines, type_ahead=platform.name in means.type_ahead):
        text, at = answer.text, datetime.now(UTC)
        may_rise = login.enable_secret and not enabled and not connection.privileged
        if may_rise and refusal(text, platform.name):
            enabled = True
            if connection.enable():
                level = "enable"
        if level == "enable" and refusal(text, platform.name):
            text = connection.ask(answer.command)
        captures.append(capture(hostname, answer.command, blank(text), at, answer.seconds, level))


def report_of(target: Target, outcome: Outcome, tried_at: datetime, captures: Sequence[Capture] = ()) -> HostReport:
    """The report of a target."""
    return HostReport(
        hostname=target.name,
        platform=target.platform,
        timezone=target.timezone,
        outcome=outcome,
        tried_at=tried_at,
        captures=tuple(captures),
    )


def skipped(target: Target, reason: str, skip: SkipReason) -> HostReport:
    """The report of a host that was not tried."""
    return report_of(
        target, Outcome(hostname=target.name, status="skipped", reason=reason, skip=skip), datetime.now(UTC)
    )
