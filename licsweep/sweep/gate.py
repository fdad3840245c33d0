"""What may still be tried: the sweep's deadline, interruption, the passwords of each account, late sessions."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock

from licsweep.access.accounts import Accounts

INTERRUPTED = "the sweep was interrupted"
TOO_LATE = "the sweep's deadline has passed"
NO_STORE = "the sweep ended early: the database can't be written"
ALL_LOST = "the sweep ended early: all its processes were lost"


@dataclass(slots=True, eq=False)
class Watched:
    """A running session: how to cut it, when that is due (monotonic seconds, and those that it waited for the turn of
    its password), and whether it came to that."""

    cut: Callable[[], None]
    ends: float
    waited: Callable[[], float]
    late: bool = False


class Gate:
    """Shared by all workers of one sweep. `deadline` is in seconds from now (None: none)."""

    def __init__(self, *, deadline: float | None = None) -> None:
        self._ends = None if deadline is None else time.monotonic() + deadline
        self._lock = Lock()
        self.accounts = Accounts(self.over)
        self._watched: set[Watched] = set()
        self._why = INTERRUPTED
        self.stop = Event()

    def end(self, why: str) -> None:
        """Ends the sweep; what was not tried is skipped for this reason."""
        with self._lock:
            if not self.stop.is_set():
                self._why = why
                self.stop.set()

    def over(self) -> str | None:
        """Why nothing more is started; None while the sweep goes on."""
        if self.stop.is_set():
            return self._why
        return TOO_LATE if self._ends is not None and self._ends <= time.monotonic() else None

    def watch(self, cut: Callable[[], None], seconds: float, waited: Callable[[], float] = lambda: 0.0) -> Watched:
        """Registers what ends a running session at once, and in how many seconds that must happen at the latest."""
        watched = Watched(cut, time.monotonic() + seconds, waited)
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
            late = [watched for watched in self._watched if now > watched.ends + watched.waited()]
        for watched in late:
            watched.late = True
            watched.cut()

    def cut_all(self) -> None:
        """Ends all running sessions."""
        with self._lock:
            all_ = list(self._watched)
        for watched in all_:
            watched.cut()
