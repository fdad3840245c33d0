"""Which host runs next: an order that spreads sites and AAA groups, under a cap for each, with a slow start.

Every finished host, and time, lets more run at once. Hosts behind one jump host run in one share of the sweep, so that
it is logged in to once (by each collector).
"""

import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from threading import Condition, Lock

from licsweep.settings import Settings
from licsweep.sweep.gate import Gate

MORE_PER_SECOND = 5  # so that a few sick hosts at the front hold nobody up
Bucket = tuple[str | None, str, str | None, str]
"""Site, AAA group, first jump host, collector."""


class HostQueue:
    """The hosts of `buckets` by name: those that wait and those that run. Safe from every thread."""

    def __init__(self, buckets: Mapping[str, Bucket], settings: Settings, gate: Gate) -> None:
        self._settings, self._gate = settings, gate
        lock = Lock()
        self._free, self._done = Condition(lock), Condition(lock)
        self._left = dict(buckets)
        self._of_collectors = Counter(bucket[3] for bucket in buckets.values())
        self._waiting: dict[Bucket, deque[str]] = {}
        self._turn = deque[Bucket]()
        self._add(buckets)
        self._running: set[str] = set()
        self._sites: Counter[str | None] = Counter()
        self._groups: Counter[str] = Counter()
        self._share_of: dict[tuple[str, str], int] = {}
        self._finished, self._began = 0, time.monotonic()

    def _add(self, names: Iterable[str]) -> None:
        for name in names:
            self._waiting.setdefault(self._left[name], deque()).append(name)
        self._turn = deque(bucket for bucket, waiting in self._waiting.items() if waiting)

    def take(self) -> str | None:
        """The next host that may run, waiting for it; None when there is none left or the sweep is over."""
        with self._free:
            while self._turn and not self._gate.over():
                if (name := self._next(0)) is not None:
                    return name
                self._free.wait(1 / MORE_PER_SECOND)
            return None

    def take_now(self, share: int, collector: str | None = None) -> str | None:
        """The next host that may run in a share at this moment; one of that collector."""
        with self._free:
            return self._next(share, collector)

    def _next(self, share: int, collector: str | None = None) -> str | None:
        if self._room():
            for _ in range(len(self._turn)):
                bucket = self._turn[0]
                self._turn.rotate(-1)
                if collector in (None, bucket[3]) and self._may_run(bucket, share):
                    return self._start(bucket, share)
        return None

    def _room(self) -> bool:
        """Whether the slow start lets one more run."""
        grown = self._finished + MORE_PER_SECOND * (time.monotonic() - self._began)
        at_first = self._settings.slow_start
        return not at_first or len(self._running) < at_first + grown

    def _may_run(self, bucket: Bucket, share: int) -> bool:
        site, group, jump, collector = bucket
        of_site, of_group = self._settings.max_per_site, self._settings.max_per_aaa_group
        if of_site and site is not None and self._sites[site] >= of_site:
            return False
        if jump is not None and self._share_of.get((jump, collector), share) != share:
            return False
        return not of_group or self._groups[group] < of_group

    def _start(self, bucket: Bucket, share: int) -> str:
        site, group, jump, collector = bucket
        names = self._waiting[bucket]
        name = names.popleft()
        if not names:
            self._turn.remove(bucket)
        self._sites[site] += 1
        self._groups[group] += 1
        if jump is not None:
            self._share_of[jump, collector] = share
        self._running.add(name)
        return name

    def ended(self, name: str) -> None:
        """A host that ran has ended."""
        with self._free:
            self._stopped(name)
            self._finished += 1
            self._leave(name)
            self._free.notify(2)  # one for the place, one for the slow start

    def _leave(self, name: str) -> None:
        self._of_collectors[self._left.pop(name)[3]] -= 1
        if not self._left:
            self._done.notify_all()

    def drop(self, collector: str) -> list[str]:
        """The hosts of a collector that wait, which wait no more."""
        with self._free:
            names = [name for bucket in self._turn if bucket[3] == collector for name in self._waiting.pop(bucket)]
            self._turn = deque(bucket for bucket in self._turn if bucket[3] != collector)
            for name in names:
                self._leave(name)
            return names

    def is_done(self, collector: str | None = None) -> bool:
        """Whether all hosts have ended, or all of a collector."""
        with self._free:
            return not (self._left if collector is None else self._of_collectors[collector])

    def _stopped(self, name: str) -> None:
        site, group, *_ = self._left[name]
        self._running.remove(name)
        self._sites[site] -= 1
        self._groups[group] -= 1

    def again(self, share: int, names: Iterable[str]) -> None:
        """Hosts of a share that is lost wait again, as all behind its jump hosts, for another share."""
        with self._free:
            names = list(names)
            for name in names:
                self._stopped(name)
            self._add(names)
            self._share_of = {jump: other for jump, other in self._share_of.items() if other != share}

    def wait(self, seconds: float) -> bool:
        """Whether all hosts have ended, waiting for it at most so long."""
        with self._done:
            return self._done.wait_for(lambda: not self._left, seconds)

    def not_ended(self) -> list[str]:
        """Hosts that never ran, or that do not come back."""
        with self._done:
            return list(self._left)
