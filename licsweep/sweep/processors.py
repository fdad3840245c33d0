"""The seam to Nornir: a processor that passes each host's report on."""

from collections.abc import Callable
from typing import Any

from nornir.core.inventory import Host
from nornir.core.task import AggregatedResult, MultiResult, Task

from licsweep.reading.host_report import HostReport


class ReportProcessor:
    """Hands the report of each host that has ended to `host_ended`, which must not raise (Nornir would end the run)."""

    def __init__(self, host_ended: Callable[[HostReport], None]) -> None:
        self._host_ended = host_ended

    def task_instance_completed(self, task: Task, host: Host, results: MultiResult) -> None:  # noqa: ARG002
        """Runs in the worker's thread; lets go of the texts when they are passed on."""
        report: HostReport = results[0].result
        results[0].result = None
        self._host_ended(report)

    def task_started(self, task: Task) -> None: ...
    def task_completed(self, task: Task, result: AggregatedResult) -> None: ...
    def task_instance_started(self, task: Task, host: Host) -> None: ...
    def subtask_instance_started(self, task: Task, host: Host) -> None: ...
    def subtask_instance_completed(self, task: Task, host: Host, result: Any) -> None: ...
