"""`python -m tests.visits.killed`: collects or delivers in child processes that are killed at a given step.

A step is everything that leaves a trace: a line in the audit log, a file that is kept, an entry in the ledger, an
answer of a device, a copy. Reads a Job from standard input and prints the numbers at which children were killed; the
next one came to its end, and was the last.
"""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import takewhile
from pathlib import Path
from threading import Lock
from typing import Any

from licsweep.access.file_copy import FileCopy
from licsweep.courier.contents import Contents
from licsweep.errors import NothingToCarry
from licsweep.estate.credentials import Credentials, Secret
from licsweep.estate.selection import Selection
from licsweep.jobs import courier_visits
from licsweep.model import Record
from licsweep.serialization import from_json, to_json
from licsweep.settings import DEFAULT_SET, load
from licsweep.store import Store
from licsweep.visits.audit import Audit
from licsweep.visits.collect import CollectOptions
from licsweep.visits.console import Console

STEPS = ((Audit, "write"), (Contents, "keep"), (Store, "record_courier"), (Console, "_asked"), (FileCopy, "_copied"))


class Job(Record):
    folder: str
    username: str
    password: str
    verb: str
    hosts: tuple[str, ...]
    kills: tuple[int, ...]


class Killer:
    """Ends this process just before the step of that number, whichever thread comes to it."""

    def __init__(self, number: int) -> None:
        self._left, self._lock = number, Lock()

    def _count(self) -> None:
        with self._lock:
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            self._count()
            return step(*arguments, **options)

        return counted


def run(job: Job, number: int) -> None:
    killer = Killer(number)
    for owner, name in STEPS:
        setattr(owner, name, killer.around(getattr(owner, name)))
    project = load(Path(job.folder), environment={})
    word = Credentials(username=job.username, password=Secret(job.password), source="test")
    trip = courier_visits.prepare(project, Selection(limit=job.hosts), "Eva", {DEFAULT_SET: word})
    if job.verb == "collect":
        courier_visits.collect(trip, CollectOptions(), lambda _: None)
    else:
        courier_visits.deliver(trip, courier_visits.waiting(trip), lambda _: None)


def child(job: Job, number: int) -> bool:
    """Whether it was killed."""
    if not (pid := os.fork()):
        with suppress(NothingToCarry):
            run(job, number)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status)


if __name__ == "__main__":
    job = from_json(sys.stdin.read(), Job)
    print(to_json(list(takewhile(partial(child, job), job.kills)), list[int]))
