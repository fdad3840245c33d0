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

from licsweep.settings import MAX_WORKERS
from licsweep.sweep.gate import Gate

MORE_PER_SECOND = 5  # so that a few sick hosts at the front hold nobody up
GRACE_SECONDS = 1.0
_TICK = 0.2
Bucket = tuple[str | None, str]


class SweepRunner:
    """`bucket_of` names a host's (site, AAA group); caps of 0 are none; `start_jitter` is in seconds;
    `slow_start` is how many start at once at first (0: all). `leave` ends the hosts that are left when the sweep is
    over, all in one; without it the task is run for each, and must see that it is over.
    """

    def __init__(
        self,
        num_workers: int = 30,
        *,
        gate: Gate | None = None,
        bucket_of: Callable[[Host], Bucket] = lambda host: (host.get("site"), host.get("aaa_group", "default")),
        max_per_site: int = 0,
        max_per_aaa_group: int = 0,
        start_jitter: float = 0.0,
        slow_start: int = 5,
        leave: Callable[[list[Host]], None] | None = None,
    ) -> None:
        self.num_workers = min(num_workers, MAX_WORKERS)
        self._gate = gate or Gate()
        self._bucket_of = bucket_of
        self._caps = (max_per_site, max_per_aaa_group)
        self._jitter, self._slow_start, self._leave = start_jitter, slow_start, leave

    def run(self, task: Task, hosts: list[Host]) -> AggregatedResult:
        """Runs the task once for each host and returns when all have ended."""
        queue = _Queue(hosts, self._bucket_of, self._gate, self._caps, self._slow_start)
        workers = [
            Thread(target=self._work, args=(task, queue), daemon=True, name=f"sweep-{n}")
            for n in range(min(self.num_workers, len(hosts)))
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
        left = queue.not_ended()
        if self._leave:
            self._leave(left)
        else:
            for host in left:
                task.copy().start(host)
        return AggregatedResult(task.name)  # results went to the processor, one by one

    def _work(self, task: Task, queue: "_Queue") -> None:
        self._gate.stop.wait(random.uniform(0, self._jitter))  # noqa: S311 - not for secrets
        while (host := queue.take()) is not None:
            try:
                task.copy().start(host)
            finally:
                queue.ended(host)


class _Queue:
    """Hosts that wait, in buckets of (site, AAA group), and those that run."""

    def __init__(
        self,
        hosts: Sequence[Host],
        bucket_of: Callable[[Host], Bucket],
        gate: Gate,
        caps: tuple[int, int],
        slow_start: int,
    ) -> None:
        self._gate = gate
        self._max_site, self._max_group = caps
        self._slow_start = slow_start
        lock = Lock()
        self._free, self._done = Condition(lock), Condition(lock)
        self._hosts = {host.name: host for host in hosts}
        self._waiting: dict[Bucket, deque[str]] = {}
        for host in hosts:
            self._waiting.setdefault(bucket_of(host), deque()).append(host.name)
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
        return not self._slow_start or len(self._running) < self._slow_start + grown

    def _may_run(self, bucket: Bucket) -> bool:
        site, group = bucket
        if self._max_site and site is not None and self._sites[site] >= self._max_site:
            return False
        return not self._max_group or self._groups[group] < self._max_group

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

    def not_ended(self) -> list[Host]:
        """Hosts that never ran, or whose thread does not come back."""
        with self._done:
            return list(self._hosts.values())
