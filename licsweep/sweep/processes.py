"""Shares of a sweep as processes of this machine, forked before any thread is started, one pipe each.

A child has plan, credentials and store from the fork; it ignores the signals that end a sweep, since its parent tells
it, and ends at once when its pipe closes. A pipe that closes is the end of a child as well, whatever killed it.
"""

import logging
import os
import selectors
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from threading import Lock, Thread, active_count
from typing import NoReturn

from licsweep.settings import Settings
from licsweep.store import Store
from licsweep.sweep.gate import Gate
from licsweep.sweep.plan import SweepPlan
from licsweep.sweep.share_work import AskedAccounts, Questions, work
from licsweep.sweep.shares import Answer, Event, Share, ShareEnded, ShareLost, Stop
from licsweep.sweep.signals import ENDING

log = logging.getLogger(__name__)
HOSTS_EACH = 50
"""Below so many hosts a process starting another one gains nothing."""
ALIVE_SECONDS, SILENT_SECONDS = 0.5, 4.0
"""How often a child that is to end says that it lives, and after what silence it is killed."""


def how_many(settings: Settings, hosts: int) -> int:
    """How many processes sweep so many hosts: as many as are set, else one for each core that has enough to do.

    One where the system can't fork, and in a program that has threads, which don't survive it.
    """
    if not hasattr(os, "fork") or active_count() > 1:
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = settings.processes or min(cores, hosts // HOSTS_EACH)
    return max(1, min(wanted, settings.workers, hosts))


class Processes:
    """Shares as forked processes. What a share told is heard whole, or not at all."""

    def __init__(self, plan: SweepPlan, store: Store, snapshot_id: int) -> None:
        self._plan, self._store, self._snapshot_id = plan, store, snapshot_id
        self._children: dict[int, tuple[int, Connection]] = {}
        self._heard: dict[int, float] = {}  # when, of those that are to end
        self._told = selectors.DefaultSelector()  # one for all events: a `wait` would make one for each

    def start(self, share: Share) -> None:
        self._store.close_connections()
        ours, theirs = Pipe()
        try:
            pid = os.fork()
        except OSError:
            ours.close()
            theirs.close()
            raise
        if pid == 0:
            self._child(share, ours, theirs)
        theirs.close()
        self._children[share.number] = pid, ours
        self._told.register(ours, selectors.EVENT_READ, share.number)

    def _child(self, share: Share, ours: Connection, theirs: Connection) -> NoReturn:
        code = 1
        try:
            for number in ENDING:
                signal.signal(number, signal.SIG_IGN)
            self._told.close()
            for other in (ours, *(other for _, other in self._children.values())):
                other.close()
            line = _Line(theirs, self._plan.gate)
            accounts = AskedAccounts(line.questions.ask, line.tell)
            work(share, self._plan, self._store, self._snapshot_id, accounts, line.questions.ask, line.tell)
            code = 0
        except BaseException:
            log.exception("share %d of the sweep: unexpected", share.number)
        finally:
            os._exit(code)

    def events(self, seconds: float) -> Iterator[tuple[int, Event]]:
        now = time.monotonic()
        for key, _ in self._told.select(seconds):
            number, (_, line) = key.data, self._children[key.data]
            try:
                event = line.recv()
                if number in self._heard:
                    self._heard[number] = time.monotonic()
                if isinstance(event, ShareEnded):
                    self._ended(number)
                if event is not None:
                    yield number, event
            except (EOFError, OSError):
                code = self._ended(number)
                yield number, ShareLost(f"was killed by signal {-code}" if code < 0 else f"ended with code {code}")
        for number in [one for one in self._children if self._heard.get(one, now) < now - SILENT_SECONDS]:
            self._kill(number)
            yield number, ShareLost("did not answer and was killed")

    def _ended(self, number: int) -> int:
        """Its exit code, when it has no more to say."""
        pid, line = self._children.pop(number)
        self._told.unregister(line)
        line.close()
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def answer(self, number: int, answer: Answer) -> None:
        self._send(number, answer)

    def stop(self, why: str) -> None:
        for number in self._children:
            self._heard[number] = time.monotonic()
            self._send(number, Stop(why))

    def _send(self, number: int, what: Answer | Stop) -> None:
        with suppress(OSError, KeyError):  # it is gone: its pipe tells that
            self._children[number][1].send(what)

    def close(self) -> None:
        for number in list(self._children):
            self._kill(number)

    def _kill(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._children[number][0], signal.SIGKILL)
        self._ended(number)


class _Line:
    """A child's end of its pipe."""

    def __init__(self, pipe: Connection, gate: Gate) -> None:
        self._pipe, self._gate = pipe, gate
        self._sending, self.questions = Lock(), Questions(self.tell)
        Thread(target=self._listen, daemon=True, name="line").start()

    def tell(self, event: Event | None) -> None:
        with self._sending:
            self._pipe.send(event)

    def _listen(self) -> None:
        with suppress(EOFError, OSError):
            while True:
                while not self._pipe.poll(ALIVE_SECONDS):
                    if self._gate.over():
                        self.tell(None)
                match self._pipe.recv():
                    case Stop(why):
                        self._gate.end(why)
                    case answer:
                        self.questions.answered(answer)
        os._exit(1)  # whoever is to hear it is gone
