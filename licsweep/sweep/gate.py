"""What may still be tried: the sweep's deadline, interruption, and AAA groups whose login was refused too often.

A wrong password must never lock an estate out. So until one login of an AAA group has worked, only as many passwords
are on their way at once as failures are still allowed; after that many failures the rest of the group is skipped.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition, Event, Lock

from licsweep.access.failures import classify
from licsweep.errors import LoginWithheld

INTERRUPTED = "the sweep was interrupted"
TOO_LATE = "the sweep's deadline has passed"
_TICK = 0.2
NO_STORE = "the sweep ended early: the database can't be written"


@dataclass(slots=True, eq=False)
class Watched:
    """A running session: how to cut it, when that is due (monotonic seconds), and whether it came to that."""

    cut: Callable[[], None]
    ends: float
    late: bool = False


class Gate:
    """Shared by all workers of one sweep. `deadline` is in seconds from now (None: none), 0 failures means no limit."""

    def __init__(self, *, deadline: float | None = None, auth_failures: int = 0) -> None:
        self._ends = None if deadline is None else time.monotonic() + deadline
        self._allowed = auth_failures
        self._lock = Lock()
        self._changed = Condition()
        self._failed: Counter[str] = Counter()
        self._sending: Counter[str] = Counter()
        self._proven: set[str] = set()
        self._watched: set[Watched] = set()
        self._why = INTERRUPTED
        self.stop = Event()

    def end(self, why: str) -> None:
        """Ends the sweep; what was not tried is skipped for this reason."""
        with self._lock:
            if not self.stop.is_set():
                self._why = why
                self.stop.set()

    @property
    def left(self) -> float | None:
        """Seconds until the deadline; None where there is none."""
        return None if self._ends is None else self._ends - time.monotonic()

    def over(self) -> str | None:
        """Why nothing more is started; None while the sweep goes on."""
        if self.stop.is_set():
            return self._why
        left = self.left
        return TOO_LATE if left is not None and left <= 0 else None

    def refusal(self, group: str) -> str | None:
        """Why a host of this AAA group is not tried."""
        failed = self._failed[group]
        if self._allowed and failed >= self._allowed:
            return f"AAA group {group}: {failed} logins were refused, so no more passwords are sent"
        return self.over()

    @contextmanager
    def login(self, group: str) -> Iterator[None]:
        """Around the moment in which a credential is sent: waits for its turn. Raises LoginWithheld instead."""
        with self._changed:
            while True:
                if reason := self.refusal(group):
                    raise LoginWithheld(reason)
                unproven = self._allowed and group not in self._proven
                if not unproven or self._sending[group] < self._allowed - self._failed[group]:
                    break
                self._changed.wait(_TICK)
            self._sending[group] += 1
        refused: bool | None = None
        try:
            yield
            refused = False
        except Exception as error:
            known = classify(error)
            refused = True if known and known.status == "auth-failed" else None
            raise
        finally:
            self._learned(group, refused)

    def _learned(self, group: str, refused: bool | None) -> None:
        with self._changed:
            self._sending[group] -= 1
            if refused:
                self._failed[group] += 1
            elif refused is not None:
                self._proven.add(group)
            self._changed.notify_all()

    def watch(self, cut: Callable[[], None], seconds: float) -> Watched:
        """Registers what ends a running session at once, and in how many seconds that must happen at the latest."""
        watched = Watched(cut, time.monotonic() + seconds)
        with self._lock:
            self._watched.add(watched)
        return watched

    def unwatch(self, watched: Watched) -> None:
        """The session is over."""
        with self._lock:
            self._watched.discard(watched)

    def cut_late(self) -> None:
        """Ends the sessions whose time is up, wherever their threads hang."""
        now = time.monotonic()
        with self._lock:
            late = [watched for watched in self._watched if now > watched.ends]
        for watched in late:
            watched.late = True
            watched.cut()

    def cut_all(self) -> None:
        """Ends all running sessions."""
        with self._lock:
            all_ = list(self._watched)
        for watched in all_:
            watched.cut()
