"""The runner: a Nornir runner plug-in that ends in time and loses no host.

When the sweep is over (deadline, Ctrl-C, a signal) running sessions are cut, and hosts that have not ended are skipped
with the reason.
"""

import random
import time
from collections.abc import Callable
from threading import Thread
from typing import Protocol

from nornir.core.inventory import Host
from nornir.core.task import AggregatedResult, Task

from licsweep.settings import Settings
from licsweep.sweep.gate import Gate

GRACE_SECONDS = 1.0
TICK = 0.2


class Queue(Protocol):
    """Where workers get their hosts from, one by one (`HostQueue`)."""

    def take(self) -> str | None: ...
    def ended(self, name: str) -> None: ...
    def wait(self, seconds: float) -> bool: ...
    def not_ended(self) -> list[str]: ...


class SweepRunner:
    """`leave` ends the hosts that are left in the queue, by name, when the sweep is over."""

    def __init__(self, settings: Settings, gate: Gate, queue: Queue, leave: Callable[[list[str]], object]) -> None:
        self._settings, self._gate, self._queue, self._leave = settings, gate, queue, leave

    def run(self, task: Task, hosts: list[Host]) -> AggregatedResult:
        """Runs the task once for each host that the queue gives and returns when all have ended."""
        by_name = {host.name: host for host in hosts}
        workers = [
            Thread(target=self._work, args=(task, by_name), daemon=True, name=f"sweep-{n}")
            for n in range(min(self._settings.workers, len(hosts)))
        ]
        try:
            for worker in workers:
                worker.start()
        except RuntimeError:  # no thread left on this machine: those that run do it, else this one
            if not workers[0].is_alive():
                self._work(task, by_name)
        while not self._queue.wait(TICK):
            if self._gate.over():
                self._gate.cut_all()
                ends = time.monotonic() + GRACE_SECONDS
                while not self._queue.wait(TICK) and time.monotonic() < ends:
                    self._gate.cut_all()  # one that was just connecting
                break
            self._gate.cut_late()
        self._leave(self._queue.not_ended())
        return AggregatedResult(task.name)  # results went to the processor, one by one

    def _work(self, task: Task, hosts: dict[str, Host]) -> None:
        self._gate.stop.wait(random.uniform(0, self._settings.start_jitter))  # noqa: S311 - not for secrets
        while (name := self._queue.take()) is not None:
            try:
                task.copy().start(hosts[name])
            finally:
                self._queue.ended(name)
