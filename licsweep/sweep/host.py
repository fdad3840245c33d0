"""What a sweep does with one host: log in, ask the platform's commands, remove secrets, log out."""

import logging
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from collectors.parse import recognize_platform, refusal
from licsweep.access.blanking import blank
from licsweep.access.conversation import Conversation
from licsweep.access.failures import classify
from licsweep.access.login import Login
from licsweep.access.session import conversation
from licsweep.clean_text import one_line
from licsweep.errors import AccessError, LicsweepError, LinesFull, PlatformUnknown, SessionTimeout, plain_reason
from licsweep.estate.inventory import AUTO, Target
from licsweep.model import Capture, Outcome
from licsweep.platforms import UNKNOWN, Platform
from licsweep.reading.host_report import HostReport, capture
from licsweep.sweep.plan import SweepPlan
from licsweep.vocabulary import SkipReason

log = logging.getLogger(__name__)
_REASON = 250  # characters
_LATER = 1.0  # seconds after which a session that should have ended by itself is cut


def sweep_host(target: Target, login: Login, plan: SweepPlan) -> HostReport:
    """Asks one host everything. A failure of the session becomes its outcome; only a bug of ours raises.

    The platform `auto` is found out from `show version`; the report's target then has the true one.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    captures: list[Capture] = []
    outcome = Outcome(hostname=target.name, status="ok")
    try:
        target, notes = _try_all(target, login, plan, captures)
        outcome = replace(outcome, reason=_told("; ".join(notes), plan) or None)
    except Exception as error:
        known = classify(error)
        if over := plan.gate.over():
            outcome = replace(outcome, status="skipped", reason=over, skip="sweep-over")
        elif known:
            reason = _told(plain_reason(known), plan)
            skip: SkipReason | None = "login-withheld" if known.status == "skipped" else None
            outcome = replace(outcome, status=known.status, reason=reason, skip=skip)
        else:
            raise
    return HostReport(
        outcome=replace(outcome, seconds=round(time.monotonic() - clock, 3)),
        platform=target.platform,
        timezone=target.timezone,
        tried_at=started,
        captures=tuple(captures),
    )


def _told(text: str, plan: SweepPlan) -> str:
    return one_line(blank(text, plan.secrets), _REASON) if text else ""


def _try_all(target: Target, login: Login, plan: SweepPlan, captures: list[Capture]) -> tuple[Target, Sequence[str]]:
    """The target with its true platform, and what is to be noted of a session that went well."""
    attempt = 0
    while True:
        session = conversation(
            login,
            UNKNOWN if target.platform == AUTO else plan.platforms[target.platform],
            plan.known_hosts,
            plan.limits,
            jump_hosts=plan.jump_hosts,
            accounts=plan.gate.accounts,
            refused=partial(refusal, platform=target.platform),
            **({"purpose": "courier"} if plan.visit else {}),
        )
        watched = plan.gate.watch(session.abort, plan.limits.device + _LATER, partial(getattr, session, "waited"))
        try:
            session.open()
            if target.platform == AUTO:
                platform = _identified(session, plan)
                target = replace(target, platform=platform.name)
                if not session.continue_as(platform):
                    login = _login(target, plan)
                    continue
            if plan.visit:
                plan.visit(target, session)
            else:
                _ask_all(target, session, plan, captures)
        except AccessError as error:
            if watched.late:
                raise SessionTimeout("not done in time", why="the deadline of a device has passed") from error
            again = isinstance(error, LinesFull) or (error.transient and not session.login_began)
            if not again or attempt == plan.settings.retries:
                raise
            log.info("%s: %s, once more", target.name, plain_reason(error))
            wait = plan.settings.retry_backoff * 2**attempt * random.uniform(0.5, 1.5)  # noqa: S311 - not for secrets
            if plan.gate.stop.wait(wait):
                raise
            attempt += 1
        else:
            return target, session.notes
        finally:
            plan.gate.unwatch(watched)
            session.close()


def _login(target: Target, plan: SweepPlan) -> Login:
    """How to log in to what a host of platform `auto` turned out to be."""
    try:
        return plan.login_of(target)
    except LicsweepError as error:
        raise PlatformUnknown(f"it is {target.platform}: {error.what}", why=error.why, hint=error.hint) from error


def _identified(session: Conversation, plan: SweepPlan) -> Platform:
    """The platform that the identity command tells of. Raises PlatformUnknown."""
    (answer,) = session.answers([UNKNOWN.identity_command])
    name = recognize_platform(answer.text) or ""
    if name not in plan.platforms:
        why = name or "nothing known in its text"
        raise PlatformUnknown(f"the platform can't be told from {answer.command}", why=why)
    return plan.platforms[name]


def _ask_all(target: Target, session: Conversation, plan: SweepPlan, captures: list[Capture]) -> None:
    platform = plan.platforms[target.platform]
    for answer in session.answers(platform.lines, type_ahead=platform.name in plan.type_ahead):
        text, at = blank(answer.text, plan.secrets), datetime.now(UTC)
        captures.append(capture(target.name, answer.command, text, at, answer.seconds, answer.level))
        fields = {"host": target.name, "command": answer.command, "outcome": "answered", "seconds": answer.seconds}
        log.info("%s: %s answered", target.name, answer.command, extra={"fields": fields})


def skipped(target: Target, reason: str, skip: SkipReason) -> HostReport:
    """The report of a host that was not tried."""
    outcome = Outcome(hostname=target.name, status="skipped", reason=reason, skip=skip)
    return HostReport(outcome=outcome, tried_at=datetime.now(UTC))
