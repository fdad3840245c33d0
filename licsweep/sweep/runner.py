"""The runner: a Nornir runner plug-in that ends in time and loses no host.

Hosts are taken in an order that spreads sites and AAA groups, under a cap for each, with a slow start: every finished
host, and time, lets more run at once. When the sweep is over (deadline, Ctrl-C, a signal) running sessions are cut, and
hosts that have not ended are skipped with the reason.
"""

import random
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from threading import Condition, Lock, Thread

from nornir.core.inventory import Host
from nornir.core.task import AggregatedResult, Task

from licsweep.settings import Settings
from licsweep.sweep.gate import Gate

MORE_PER_SECOND = 5  # so that a few sick hosts at the front hold nobody up
GRACE_SECONDS = 1.0
_TICK = 0.2
Bucket = tuple[str | None, str]


class SweepRunner:
    """Each host's data holds `site` (may be None) and `aaa_group`; `leave` ends the hosts that are left, by name, when
    the sweep is over."""

    def __init__(self, settings: Settings, gate: Gate, leave: Callable[[list[str]], None]) -> None:
        self._settings, self._gate, self._leave = settings, gate, leave

    def run(self, task: Task, hosts: list[Host]) -> AggregatedResult:
        """Runs the task once for each host and returns when all have ended."""
        queue = _Queue(hosts, self._settings, self._gate)
        workers = [
            Thread(target=self._work, args=(task, queue), daemon=True, name=f"sweep-{n}")
            for n in range(min(self._settings.workers, len(hosts)))
        ]
        try:
            for worker in workers:
                worker.start()
        except RuntimeError:  # no thread left on this machine: those that run do it, else this one
            if not workers[0].is_alive():
                self._work(task, queue)
        while not queue.wait(_TICK):
            if self._gate.over():
                self._gate.cut_all()
                ends = time.monotonic() + GRACE_SECONDS
                while not queue.wait(_TICK) and time.monotonic() < ends:
                    self._gate.cut_all()  # one that was just connecting
                break
            self._gate.cut_late()
        self._leave(queue.not_ended())
        return AggregatedResult(task.name)  # results went to the processor, one by one

    def _work(self, task: Task, queue: "_Queue") -> None:
        self._gate.stop.wait(random.uniform(0, self._settings.start_jitter))  # noqa: S311 - not for secrets
        while (host := queue.take()) is not None:
            try:
                task.copy().start(host)
            finally:
                queue.ended(host)


class _Queue:
    """Hosts that wait, in buckets of (site, AAA group), and those that run."""

    def __init__(self, hosts: Sequence[Host], settings: Settings, gate: Gate) -> None:
        self._settings, self._gate = settings, gate
        lock = Lock()
        self._free, self._done = Condition(lock), Condition(lock)
        self._hosts = {host.name: host for host in hosts}
        self._waiting: dict[Bucket, deque[str]] = {}
        for host in hosts:
            self._waiting.setdefault((host["site"], host["aaa_group"]), deque()).append(host.name)
        self._turn = deque(self._waiting)
        self._running: dict[str, Bucket] = {}
        self._sites: Counter[str | None] = Counter()
        self._groups: Counter[str] = Counter()
        self._finished, self._began = 0, time.monotonic()

    def take(self) -> Host | None:
        """The next host that may run, waiting for it; None when there is none left or the sweep is over."""
        with self._free:
            while self._turn and not self._gate.over():
                if self._room():
                    for _ in range(len(self._turn)):
                        bucket = self._turn[0]
                        self._turn.rotate(-1)
                        if self._may_run(bucket):
                            return self._start(bucket)
                self._free.wait(1 / MORE_PER_SECOND)
            return None

    def _room(self) -> bool:
        """Whether the slow start lets one more run."""
        grown = self._finished + MORE_PER_SECOND * (time.monotonic() - self._began)
        at_first = self._settings.slow_start
        return not at_first or len(self._running) < at_first + grown

    def _may_run(self, bucket: Bucket) -> bool:
        site, group = bucket
        of_site, of_group = self._settings.max_per_site, self._settings.max_per_aaa_group
        if of_site and site is not None and self._sites[site] >= of_site:
            return False
        return not of_group or self._groups[group] < of_group

    def _start(self, bucket: Bucket) -> Host:
        names = self._waiting[bucket]
        name = names.popleft()
        if not names:
            self._turn.remove(bucket)
        self._sites[bucket[0]] += 1
        self._groups[bucket[1]] += 1
        self._running[name] = bucket
        return self._hosts[name]

    def ended(self, host: Host) -> None:
        with self._free:
            site, group = self._running.pop(host.name)
            self._sites[site] -= 1
            self._groups[group] -= 1
            self._finished += 1
            self._hosts.pop(host.name, None)
            self._free.notify(2)  # one for the place, one for the slow start
            if not self._hosts:
                self._done.notify_all()

    def wait(self, seconds: float) -> bool:
        """Whether all hosts have ended, waiting for it at most so long."""
        with self._done:
            return self._done.wait_for(lambda: not self._hosts, seconds)

    def not_ended(self) -> list[str]:
        """Hosts that never ran, or whose thread does not come back."""
        with self._done:
            return list(self._hosts)
