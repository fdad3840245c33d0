"""The checks of a monitoring system on the metrics of a judgement, with ranges and codes of the plug-in guidelines.

https://www.monitoring-plugins.org/doc/guidelines.html
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

from licsweep.clean_text import one_line
from licsweep.errors import UsageError, did_you_mean, optional
from licsweep.model import Record
from licsweep.reports.metrics import CheckRow, Monitored, metrics_table
from licsweep.settings import Settings

if TYPE_CHECKING:
    from nagiosplugin import Range

CheckState = Literal["ok", "warning", "critical", "unknown"]
CODES: dict[CheckState, int] = {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}
_WORST = ("ok", "unknown", "warning", "critical")
_NAME = 80


class CheckResult(Record):
    """A check, its value (None: nothing was measured), what it is of, and the ranges that it was compared with."""

    check: str
    state: CheckState
    value: float | None
    unit: str
    subject: str
    warning: str
    critical: str
    about: str


def checked(
    about: Monitored, settings: Settings, warning: Mapping[str, str], critical: Mapping[str, str]
) -> list[CheckResult]:
    """Every check; `warning` and `critical` are ranges by its name. Raises UsageError, MissingExtra."""
    table = metrics_table()
    for name in (*warning, *critical):
        if name not in (known := [row.name for row in table.checks]):
            raise UsageError(f"{name}: no such check", why=did_you_mean(name, known), hint="licsweep check")
    return [
        _result(
            row,
            about,
            warning.get(row.name, row.warning.format(**asdict(settings))),
            critical.get(row.name, row.critical.format(**asdict(settings))),
        )
        for row in table.checks
    ]


def _result(row: CheckRow, about: Monitored, warning: str, critical: str) -> CheckResult:
    ranges: tuple[tuple[CheckState, Range], ...] = (("critical", _range(critical)), ("warning", _range(warning)))
    value, subject = _value(row, about)
    measured = math.inf if value is None and row.absent == "never" else value
    wrong = (word for word, one in ranges if measured is not None and not one.match(measured))
    return CheckResult(
        check=row.name,
        state=next(wrong, "ok"),
        value=value,
        unit=row.unit,
        subject=subject,
        warning=warning,
        critical=critical,
        about=row.about,
    )


def _value(row: CheckRow, about: Monitored) -> tuple[float | None, str]:
    """The value of a check and what it is of: the first label of the series that has it."""
    metric = next(one for one in metrics_table().metrics if one.name == row.metric)
    names = list(metric.labels)
    wanted = [(names.index(name), value) for name, value in row.labels.items()]
    series = {key: one for key, one in metric.series(about).items() if all(key[at] == value for at, value in wanted)}
    if not series or row.take == "sum":
        return sum(series.values()) if series or row.absent == "zero" else None, ""
    key = (min if row.take == "min" else max)(series, key=lambda one: series[one])
    value = about.result.judgement.as_of.timestamp() - series[key] if row.age else series[key]
    return round(value, 2), key[0] if key else ""


def _range(text: str) -> "Range":
    with optional("nothing can be checked", "metrics"):
        from nagiosplugin import Range
    try:
        return Range(text if re.fullmatch("[-0-9.:@~]*", text) else "a blank would split performance data")
    except ValueError as error:
        why = "10 (above 10), 10: (below 10), 10:20 (outside), @10:20 (inside) are ranges, ~ is no limit"
        hint = "in quotes, since a shell reads ~ as a folder: licsweep check --warning 'days_left=~:14'"
        raise UsageError(f"{text}: not a range", why=why, hint=hint) from error


def worst(results: Sequence[CheckResult]) -> CheckState:
    """The state of all of them."""
    return max((one.state for one in results), key=_WORST.index, default="unknown")


def plugin_line(results: Sequence[CheckResult]) -> str:
    """The one line of a plug-in: state, what is wrong with the worst first, performance data."""
    from nagiosplugin import Performance

    wrong = [one for one in sorted(results, key=lambda one: -_WORST.index(one.state)) if one.state != "ok"]
    told = "; ".join(map(_told, wrong)) or f"{len(results)} checks"
    measured = (one for one in results if one.value is not None)
    data = (Performance(one.check, f"{one.value:.10g}", one.unit, one.warning, one.critical) for one in measured)
    return plugin_text(worst(results), told) + " | " + " ".join(map(str, data))


def plugin_text(state: CheckState, told: str) -> str:
    """State and text, in which no bar begins performance data."""
    return f"LICSWEEP {state.upper()} - {one_line(told).replace('|', '/')}"


def _told(one: CheckResult) -> str:
    if one.value is None:
        return f"{one.check}: never"
    of = f" ({one_line(one.subject, _NAME)})" if one.subject else ""
    limit = one.critical if one.state == "critical" else one.warning
    return f"{one.check} is {one.value:.10g}{one.unit}{of}, outside {limit}"
