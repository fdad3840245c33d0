"""What came back from one host, and what its texts say."""

import hashlib
import logging
from dataclasses import replace
from datetime import datetime
from typing import Literal

from collectors import parse
from licsweep.errors import LicsweepError, plain_reason
from licsweep.estate.inventory import AUTO, Inventory
from licsweep.host_result import HostResult
from licsweep.model import Capture

log = logging.getLogger(__name__)


class HostReport(HostResult):
    """The texts of one host, to be read. `outcome` is `ok` when every command was answered; reading may still lower it.

    `timezone` (an IANA name or an offset) decides an ambiguous zone that the device prints.
    """

    platform: str = ""
    timezone: str | None = None


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


def offline_report(result: HostResult, inventory: Inventory | None, platform: str | None) -> HostReport:
    """The report of a host that nobody dialed.

    Its platform is the inventory's (unless that says `auto`), else `platform`, else it is recognized from its texts; a
    host of which nothing tells is `unparsed`.
    """
    outcome = result.outcome
    listed = inventory.targets.get(outcome.hostname) if inventory else None
    if listed and listed.platform not in ("", AUTO):
        platform = listed.platform
    candidates = () if platform else parse.platform_candidates(*(one.text for one in result.captures))
    if len(candidates) == 1:
        platform = candidates[0]
    if platform is None:
        several = f"its texts may be of {' or '.join(candidates)}" if candidates else "no text tells"
        reason = f"the platform can't be recognized: the inventory does not say it and {several}"
        outcome = replace(outcome, status="unparsed", reason=reason)
    return HostReport(
        outcome=outcome,
        platform=platform or "",
        timezone=listed.timezone if listed else None,
        tried_at=result.tried_at,
        captures=result.captures,
    )


def read_report(report: HostReport) -> HostReport:
    """The report with its observation where its texts could be read, and how the host ended by that; never raises.

    Only a report whose outcome is `ok` is read. A text out of bounds or an unknown time zone is `unparsed`, and so is
    whatever a platform from outside raises: the texts are kept, and `reparse` reads them again.
    """
    if report.outcome.status != "ok":
        return report
    try:
        hostname = report.outcome.hostname
        observation = parse.observe(report.captures, report.platform, hostname=hostname, timezone=report.timezone)
    except LicsweepError as error:
        return replace(report, outcome=replace(report.outcome, status="unparsed", reason=plain_reason(error)))
    except Exception as error:
        log.exception("%s: could not be read", report.outcome.hostname)
        reason = f"reading failed ({type(error).__name__}); its texts are stored"
        return replace(report, outcome=replace(report.outcome, status="unparsed", reason=reason))
    if observation.outcome == "ok":
        return replace(report, observation=observation)
    refused = [c.command for c in report.captures if parse.refusal(c.text, report.platform)]
    reason = "an answer was cut off, or a part is missing that it must have"
    if refused:
        reason = f"the device refused: {', '.join(refused)}"
    told = "; ".join(filter(None, (parse.too_old(observation) or reason, report.outcome.reason)))
    outcome = replace(report.outcome, status=observation.outcome, reason=told)
    return replace(report, outcome=outcome, observation=observation)
