"""The SLUP clock: when the next acknowledged report is due, and what that makes of an instance.

The device's own deadline wins. Beside it stands the computed one: the smallest interval that is not 0 over the classes
really in use, counted from first use before the first ACK (first-report interval) and from the last ACK after it
(ongoing interval). An interval of 0 means no report of that class. A license type that names no class could be
perpetual or subscription: then the computed deadline is a range, and its early end is shown.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from licsweep.model import LicenseUse, Observation
from licsweep.position_types import ComplianceState
from reconcile.instances.status_sets import EVALUATING, IDLE

UNENFORCED = {"perpetual": "unenforced_perpetual", "subscription": "unenforced_subscription"}
_CLASS_OF_TYPE = {**UNENFORCED, "term": "unenforced_subscription"}
_UNUSED = IDLE | EVALUATING
_TOLERANCE = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportingClock:
    """The clock of one instance. `disagreement` says how the device's deadline differs from the computed range."""

    state: ComplianceState
    deadline: datetime | None = None
    computed: datetime | None = None
    days_left: int | None = None
    never_reported: bool = False
    disagreement: str | None = None

    def told(self) -> str:
        """The deadline in people's words."""
        return f"{self.deadline:%Y-%m-%d %H:%M} UTC, {days_in_words(self.days_left or 0)}"


def days_in_words(days: int) -> str:
    """Days until a deadline (floored), as people say it: never a negative number."""
    number, what = (days, "left") if days >= 0 else (-days, "overdue")
    return f"1 day {what}" if number == 1 else f"{number} days {what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Range:
    """The bounds of the computed deadline (None: open), and the intervals in days that could apply (0: no report).

    `computed` is the early bound by the intervals alone; `earliest` allows for reports on a change of use as well.
    """

    spans: frozenset[int] | None
    computed: datetime | None = None
    earliest: datetime | None = None
    latest: datetime | None = None

    def difference(self, printed: datetime | None) -> str | None:
        """How a printed deadline lies outside the range by more than a day."""
        if printed and self.earliest and printed < self.earliest - _TOLERANCE:
            return f"the device prints {printed:%Y-%m-%d}, its policy gives {self.earliest:%Y-%m-%d} at the earliest"
        if printed and self.latest and printed > self.latest + _TOLERANCE:
            return f"the device prints {printed:%Y-%m-%d}, its policy gives {self.latest:%Y-%m-%d} at the latest"
        return None


def read_clock(seen: Observation, as_of: datetime, horizon: timedelta) -> ReportingClock:
    """The reporting state of a SLUP instance at `as_of`; `horizon` is how far ahead a deadline counts as due."""
    computed = _computed(seen)
    spans = computed.spans
    silent = seen.reporting_push_interval_days == 0 and (spans is None or 0 in spans)
    deadline = seen.next_ack_deadline or (None if silent else computed.computed)
    required = deadline is not None or (spans is not None and spans != {0} and not silent)
    acked = seen.last_ack_received is not None
    state: ComplianceState
    if deadline and deadline - as_of <= horizon:
        state = "report-overdue" if deadline < as_of else "report-due"
    elif required:
        state = "reporting-ok" if acked else "never-reported"
    else:
        state = "no-report-required" if silent or spans is not None else "unknown"
    return ReportingClock(
        state=state,
        deadline=deadline,
        computed=computed.computed,
        days_left=(deadline - as_of) // timedelta(days=1) if deadline else None,
        never_reported=required and not acked,
        disagreement=computed.difference(seen.next_ack_deadline),
    )


def _computed(seen: Observation) -> _Range:
    classes = _classes(seen)
    spans = _spans(seen, classes)
    lengths = {timedelta(days=days) for days in spans or () if days}
    if not lengths:
        return _Range(spans=spans)
    bounded = spans is not None and 0 not in spans
    base = seen.last_ack_received or _first_use(seen)
    if base:
        early = base + min(lengths)
        # A change of use on any day since then may have called for a report sooner; no output says when it was.
        changed = [base + timedelta(days=days) for days in _on_change(seen, classes)]
        latest = base + max(lengths) if bounded else None
        return _Range(spans=spans, computed=early, earliest=min([early, *changed]), latest=latest)
    latest = seen.captured_at + max(lengths) if seen.captured_at and bounded else None
    return _Range(spans=spans, latest=latest)


def _first_use(seen: Observation) -> datetime | None:
    """As observed, else the earliest start of an entitlement's RUM report."""
    starts = [r.start for r in seen.rum_reports if r.start and (r.metric_name or "").upper() == "ENTITLEMENT"]
    return seen.first_use_at or min(starts, default=None)


def _spans(seen: Observation, classes: set[str | None]) -> frozenset[int] | None:
    """The smallest intervals in days that could apply (0: no report); None where policy or use is not known."""
    if not classes:
        return frozenset({0}) if seen.complete else None
    certain = {name for name in classes if name}
    options = [certain | {guess} for guess in UNENFORCED.values()] if None in classes else [certain]
    interval = "ongoing_report_days" if seen.last_ack_received else "first_report_days"
    spans = set()
    for option in options:
        days = [getattr(getattr(seen.policy, name, None), interval, None) for name in option]
        if None in days:
            return None
        spans.add(min((d for d in days if d), default=0))
    return frozenset(spans)


def _on_change(seen: Observation, classes: set[str | None]) -> set[int]:
    """The intervals in days, other than 0, within which a change of use wants a report, of the classes in use."""
    names = {*classes, *(UNENFORCED.values() if None in classes else ())}
    rules = (getattr(seen.policy, name, None) for name in names if name)
    return {rule.report_on_change_days for rule in rules if rule and rule.report_on_change_days}


def _classes(seen: Observation) -> set[str | None]:
    """The policy classes of the licenses really in use."""
    using = (row for row in seen.licenses if row.status not in _UNUSED)
    return {class_of(row) for row in using if row.count or (row.count is None and row.status)}


def class_of(row: LicenseUse) -> str | None:
    """The policy class of a license; None where its type names none."""
    return _class(row.enforcement_type, row.export_status, row.license_type)


@lru_cache(maxsize=1_000)
def _class(enforcement: str | None, export: str | None, license_type: str | None) -> str | None:
    if enforcement == "export-restricted" or (export or "").startswith("restricted"):
        return "export"
    if enforcement == "enforced":
        return "enforced"
    return _CLASS_OF_TYPE.get(license_type or "")
