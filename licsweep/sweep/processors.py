"""What happens when a host is finished: its texts are stored, read, its outcome stored; then the progress moves.

Nornir ends the whole run when a processor raises, so nothing here does: what goes wrong is kept and told at the end.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from threading import Condition
from typing import Any

from nornir.core.inventory import Host
from nornir.core.task import AggregatedResult, MultiResult, Task

from collectors import parse
from licsweep.errors import LicsweepError
from licsweep.model import Observation, Outcome
from licsweep.store.store import Store
from licsweep.sweep.gate import NO_STORE, Gate
from licsweep.sweep.host import HostReport, plain_reason

log = logging.getLogger(__name__)
STORING_SECONDS = 60.0  # longer than the database is waited for


class StoringProcessor:
    """Streams each finished host to the store; `counts` are the outcomes so far, `errors` what could not be stored."""

    def __init__(
        self, store: Store, snapshot_id: int, gate: Gate, *, read: bool, progress: Callable[[Outcome], None]
    ) -> None:
        self._store, self._snapshot_id, self._read, self._progress = store, snapshot_id, read, progress
        self._gate = gate
        self._lock = Condition()
        self._storing = 0
        self._ended: set[str] = set()
        self.counts: Counter[str] = Counter()
        self.errors: list[str] = []

    def task_instance_completed(self, task: Task, host: Host, results: MultiResult) -> None:  # noqa: ARG002
        """Runs in the worker's thread; lets go of the texts when they are stored.

        A host ends once: what a thread brings after its host was skipped is dropped.
        """
        report: HostReport = results[0].result
        results[0].result = None
        with self._lock:
            if host.name in self._ended:
                return
            self._ended.add(host.name)
            self._storing += 1
        try:
            outcome = store_report(self._store, self._snapshot_id, report, read=self._read)
            with self._lock:
                self.counts[outcome.status] += 1
                self._progress(outcome)
        except Exception as error:
            log.debug("%s: could not be stored", host.name, exc_info=True)
            self._gate.end(NO_STORE)  # what can't be kept need not be collected
            with self._lock:
                reason = plain_reason(error) if isinstance(error, LicsweepError) else type(error).__name__
                self.errors.append(f"{host.name}: {reason}")
        finally:
            with self._lock:
                self._storing -= 1
                self._lock.notify_all()

    def leave(self, hosts: Sequence[Host]) -> None:
        """Ends hosts that will not be tried any more, in one transaction: an interrupted sweep ends at once.

        Hosts that have come back and are being stored just now are waited for: they are finished, and none is lost.
        """
        reason = self._gate.over() or ""
        with self._lock:
            names = [host.name for host in hosts if host.name not in self._ended]
            self._ended.update(names)
            self._lock.wait_for(lambda: not self._storing, STORING_SECONDS)
        try:
            self._store.save_skipped(self._snapshot_id, names, reason, datetime.now(UTC))
        except LicsweepError as error:
            self.errors.append(plain_reason(error))
        else:
            with self._lock:
                self.counts["skipped"] += len(names)

    def task_started(self, task: Task) -> None: ...
    def task_completed(self, task: Task, result: AggregatedResult) -> None: ...
    def task_instance_started(self, task: Task, host: Host) -> None: ...
    def subtask_instance_started(self, task: Task, host: Host) -> None: ...
    def subtask_instance_completed(self, task: Task, host: Host, result: Any) -> None: ...


def store_report(store: Store, snapshot_id: int, report: HostReport, *, read: bool = True) -> Outcome:
    """Stores the texts, then reads them, then stores the outcome, which reading may lower."""
    store.save_captures(snapshot_id, report.captures)
    outcome, observation = report.outcome, None
    if outcome.status == "ok" and read:
        try:
            outcome, observation = read_captures(report)
        except LicsweepError as error:  # a text out of bounds, a time zone that nobody knows
            outcome = replace(outcome, status="unparsed", reason=plain_reason(error))
        except Exception as error:  # a bug of ours, or a plug-in's: the host ends all the same, its texts are kept
            log.exception("%s: could not be read", outcome.hostname)
            outcome = replace(outcome, status="unparsed", reason=f"a bug in licsweep: {type(error).__name__}")
    store.save_result(snapshot_id, outcome, report.tried_at, observation)
    return outcome


def read_captures(report: HostReport) -> tuple[Outcome, Observation]:
    """The observation that the captures of a host make, and the outcome that follows from it."""
    target = report.target
    observation = parse.observe(report.captures, target.platform, hostname=target.name, timezone=target.timezone)
    if observation.outcome == "ok":
        return report.outcome, observation
    return replace(report.outcome, status=observation.outcome, reason=_shortfall(report)), observation


def _shortfall(report: HostReport) -> str:
    refused = [c.command for c in report.captures if parse.refusal(c.text, report.target.platform)]
    if refused:
        return f"the device refused: {', '.join(refused)}"
    return "an answer was cut off, or a part is missing that it must have"
