"""What happens when a host of a sweep has ended: its texts are read, all of it is stored, then the progress moves.

A host ends once. Hosts that end while others are being stored share the next transaction: most of what one costs is the
same for many. What goes wrong here is kept and told at the end of the sweep, since one host that can't be stored must
not take the others with it: they are then stored one by one.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from threading import Condition, Lock

from licsweep.errors import LicsweepError, plain_reason
from licsweep.host_result import HostResult
from licsweep.model import Outcome
from licsweep.reading.host_report import HostReport, read_report
from licsweep.store import Store
from licsweep.sweep.gate import NO_STORE, Gate
from licsweep.vocabulary import SkipReason

log = logging.getLogger(__name__)
STORING_SECONDS = 60.0  # longer than the database is waited for
READING_SECONDS = 1.0


class SnapshotWriter:
    """Streams hosts into a snapshot, from any thread; `outcomes` are those so far, `errors` what was not stored.

    `read` false stores the texts and leaves them unread.
    """

    def __init__(
        self, store: Store, snapshot_id: int, gate: Gate, *, read: bool, progress: Callable[[Outcome], None]
    ) -> None:
        self._store, self._snapshot_id, self._gate = store, snapshot_id, gate
        self._read, self._progress = read, progress
        self._lock = Condition()
        self._storing = 0
        self._turn = Lock()  # of the one who stores all that wait
        self._waiting: list[HostResult] = []
        self._reading: dict[str, HostReport] = {}
        self._ended: set[str] = set()
        self.outcomes: list[Outcome] = []
        self.errors: list[str] = []

    def host_ended(self, report: HostReport) -> None:
        """Reads and stores one host; what a thread brings after its host was given up is dropped."""
        hostname = report.outcome.hostname
        with self._lock:
            if hostname in self._ended:
                return
            self._reading[hostname] = report
        result = read_report(report) if self._read else _unread(report)
        with self._lock:
            if self._reading.pop(hostname, None) is None:
                return  # given up while it was read: its texts are stored
            self._ended.add(hostname)
            self._storing += 1
            self._lock.notify_all()
        try:
            self._save(result)
        finally:
            with self._lock:
                self._storing -= 1
                self._lock.notify_all()

    def _save(self, result: HostResult) -> None:
        """Returns when the host is stored, or is among the errors."""
        with self._lock:
            self._waiting.append(result)
        with self._turn:
            with self._lock:
                waiting, self._waiting = self._waiting, []
            if waiting:
                self._save_together(waiting)

    def _save_together(self, results: Sequence[HostResult]) -> None:
        try:
            self._store.save_host(self._snapshot_id, *results)
        except Exception as error:
            if len(results) == 1:
                return self._not_stored(results[0].outcome.hostname, error)
            for result in results:
                self._save_together([result])
        else:
            with self._lock:
                for result in results:
                    self.outcomes.append(result.outcome)
                    self._show(result.outcome)

    def _not_stored(self, hostname: str, error: Exception) -> None:
        if self._was_stored(hostname):
            return
        log.debug("%s: could not be stored", hostname, exc_info=error)
        self._gate.end(NO_STORE)  # what can't be kept need not be collected
        reason = plain_reason(error) if isinstance(error, LicsweepError) else type(error).__name__
        with self._lock:
            self.errors.append(f"{hostname}: {reason}")

    def _was_stored(self, hostname: str) -> bool:
        """Whether the host is there, stored by a worker that was taken for lost."""
        found: list[Outcome] = []
        with suppress(LicsweepError):
            found = self.stored([hostname])
        for outcome in found:
            self.stored_elsewhere(outcome)
        return bool(found)

    def _show(self, outcome: Outcome) -> None:
        """Moves the progress; one that fails is not asked again, since no host may be lost for it."""
        try:
            self._progress(outcome)
        except Exception:
            log.debug("the progress can't be shown", exc_info=True)
            self._progress = lambda _: None

    def stored_elsewhere(self, outcome: Outcome) -> None:
        """A host that another process has stored."""
        with self._lock:
            self._ended.add(outcome.hostname)
            self.outcomes.append(outcome)
            self._show(outcome)

    def stored(self, hostnames: Collection[str]) -> list[Outcome]:
        """Those of the hosts that are in the snapshot, whoever stored them."""
        return self._store.outcomes(self._snapshot_id, hostnames) if hostnames else []

    def settle(self, hostnames: Iterable[str]) -> list[str]:
        """Gives up hosts that will not be tried any more, and returns those that have not ended: an interrupted sweep
        ends at once.

        Hosts that have come back and are being stored just now are waited for: they are finished, and none is lost.
        A text that takes long to read is not waited for: it is stored unread, and `licsweep reparse` reads it.
        """
        with self._lock:
            self._lock.wait_for(lambda: not self._reading, READING_SECONDS)
            unread = list(self._reading.values())
            self._reading.clear()
            self._ended.update(report.outcome.hostname for report in unread)
            names = [name for name in hostnames if name not in self._ended]
            self._ended.update(names)
        for report in unread:
            self._save(_unread(report))
        with self._lock:
            self._lock.wait_for(lambda: not self._storing, STORING_SECONDS)
        return names

    def leave(self, hostnames: Iterable[str], reason: str | None = None, skip: SkipReason = "sweep-over") -> None:
        """Ends hosts that will not be tried any more, in one transaction, when what has come back is settled; by
        default because the sweep is over."""
        names, reason = self.settle(hostnames), reason or self._gate.over() or ""
        left = [Outcome(hostname=name, status="skipped", reason=reason, skip=skip) for name in names]
        try:
            added = self._store.save_untried(self._snapshot_id, left, datetime.now(UTC))
            elsewhere = self.stored(set(names) - added)  # by a worker that was taken for lost
        except LicsweepError as error:
            self.errors.append(plain_reason(error))
        else:
            with self._lock:
                self.outcomes += [*(one for one in left if one.hostname in added), *elsewhere]


def _unread(report: HostReport) -> HostReport:
    return replace(report, outcome=replace(report.outcome, gathered=report.outcome.status == "ok"))
