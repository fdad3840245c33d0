"""A judgement as metrics of Prometheus, by the table metrics.yaml; a label's value is clean and bounded."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from functools import reduce
from types import SimpleNamespace
from typing import Any, Literal

from licsweep.clean_text import one_line
from licsweep.errors import optional
from licsweep.model import Record, SnapshotKind, Utc
from licsweep.position_types import JudgementResult
from licsweep.serialization import yaml_table

LONGEST_LABEL = 120


class LastRun(Record):
    """The newest run of a kind that was not interrupted and read something."""

    kind: SnapshotKind
    ended_at: Utc
    seconds: float


class Monitored(Record):
    """What metrics and checks are made of."""

    result: JudgementResult
    runs: tuple[LastRun, ...] = ()


class MetricRow(Record):
    """A metric: where its rows are, which field is the value (None: rows are counted), which fields are labels."""

    name: str
    help: str
    type: Literal["gauge"]
    rows: str
    value: str | None = None
    labels: dict[str, str] = field(default_factory=dict)

    def series(self, about: Monitored) -> dict[tuple[str, ...], float]:
        """The value for each set of label values."""
        found: dict[tuple[str, ...], float] = {}
        for one in _rows(reduce(getattr, self.rows.split("."), about)):
            key = tuple(label_value(getattr(one, name)) for name in self.labels.values())
            if self.value is None:
                found[key] = found.get(key, 0) + 1
            elif (value := getattr(one, self.value)) is not None:
                found[key] = value.timestamp() if isinstance(value, datetime) else value
        return found


class CheckRow(Record):
    """A check: which value of a metric, and its ranges (docs/how-to/monitoring.md). No range is one without limits."""

    name: str
    about: str
    metric: str
    labels: dict[str, str] = field(default_factory=dict)
    take: Literal["min", "max", "sum"]
    age: bool = False
    unit: str = ""
    warning: str = "~:"
    critical: str = "~:"
    absent: Literal["ok", "zero", "never"] = "ok"


class MetricsTable(Record):
    """The content of metrics.yaml."""

    metrics: tuple[MetricRow, ...]
    checks: tuple[CheckRow, ...]


metrics_table = yaml_table(__file__, "metrics.yaml", MetricsTable)


def label_value(value: object) -> str:
    """A value as a label. A text that had to be cleaned or cut ends with a hash of it, so that no two become one."""
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    text = str(value)
    shown = one_line(text, LONGEST_LABEL)
    if shown == text:
        return text
    return f"{shown} #{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def render(about: Monitored) -> str:
    """The text of Prometheus' exposition format. Raises MissingExtra."""
    with optional("metrics can't be written", "metrics"):
        from prometheus_client import CollectorRegistry, Metric, generate_latest
        from prometheus_client.registry import Collector

    class Table(Collector):
        def collect(self) -> Iterator[Metric]:
            for row in metrics_table().metrics:
                metric = Metric(row.name, row.help, row.type)
                for key, value in sorted(row.series(about).items()):
                    metric.add_sample(row.name, dict(zip(row.labels, key, strict=True)), value)
                yield metric

    registry = CollectorRegistry()
    registry.register(Table())
    return generate_latest(registry).decode()


def _rows(found: object) -> Sequence[Any]:
    if isinstance(found, Mapping):
        return [SimpleNamespace(key=key, value=value) for key, value in found.items()]
    return found if isinstance(found, tuple) else (found,)
