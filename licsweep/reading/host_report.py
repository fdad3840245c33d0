"""What came back from one host, and what its texts say."""

import hashlib
import logging
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from collectors import parse
from licsweep.errors import LicsweepError, plain_reason
from licsweep.model import Capture, Observation, Outcome

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostReport:
    """The texts of one host. `outcome` is `ok` when every command was answered; reading may still lower it.

    `timezone` (an IANA name or an offset) decides an ambiguous zone that the device prints.
    """

    hostname: str
    platform: str
    timezone: str | None = None
    outcome: Outcome
    tried_at: datetime
    captures: tuple[Capture, ...] = ()


def capture(
    hostname: str,
    command: str,
    text: str,
    at: datetime,
    seconds: float = 0.0,
    level: Literal["login", "enable"] | None = None,
) -> Capture:
    """A capture of a text that is ready to be stored (secrets already removed)."""
    return Capture(
        hostname=hostname,
        command=command,
        text=text,
        started_at=at,
        seconds=round(seconds, 3),
        level=level,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


def read_report(report: HostReport) -> tuple[Outcome, Observation | None]:
    """How the host ended, and its observation where its texts could be read; never raises.

    Only a report whose outcome is `ok` is read. A text out of bounds or an unknown time zone is `unparsed`, and so is
    whatever a platform from outside raises: the texts are kept, and `reparse` reads them again.
    """
    if report.outcome.status != "ok":
        return report.outcome, None
    try:
        observation = parse.observe(
            report.captures, report.platform, hostname=report.hostname, timezone=report.timezone
        )
    except LicsweepError as error:
        return replace(report.outcome, status="unparsed", reason=plain_reason(error)), None
    except Exception as error:
        log.exception("%s: could not be read", report.hostname)
        reason = f"reading failed ({type(error).__name__}); its texts are stored"
        return replace(report.outcome, status="unparsed", reason=reason), None
    if observation.outcome == "ok":
        return report.outcome, observation
    return replace(report.outcome, status=observation.outcome, reason=_shortfall(report)), observation


def _shortfall(report: HostReport) -> str:
    refused = [c.command for c in report.captures if parse.refusal(c.text, report.platform)]
    if refused:
        return f"the device refused: {', '.join(refused)}"
    return "an answer was cut off, or a part is missing that it must have"
