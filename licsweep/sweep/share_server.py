"""Serves the shares of one sweep: gives out hosts and turns of passwords, and tries again what a lost share had."""

import logging
import time
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count

from licsweep.errors import LoginWithheld
from licsweep.model import Outcome
from licsweep.sweep.fan_out import queue_of
from licsweep.sweep.gate import ALL_LOST, NO_STORE
from licsweep.sweep.host import skipped
from licsweep.sweep.plan import SweepPlan
from licsweep.sweep.runner import TICK
from licsweep.sweep.shares import (
    Answer,
    CameOfIt,
    Event,
    HostEnded,
    MaySend,
    NextHost,
    Share,
    ShareEnded,
    ShareLost,
    Shares,
    WhyWithheld,
)
from licsweep.sweep.snapshot_writer import STORING_SECONDS, SnapshotWriter

log = logging.getLogger(__name__)
TRIES = 2


@dataclass(slots=True)
class _Served:
    """What a share has at this moment: hosts in work, passwords under way, questions of its free workers."""

    share: Share
    hosts: set[str] = field(default_factory=set)
    passwords: set[tuple[str, int]] = field(default_factory=set)
    free: list[int] = field(default_factory=list)


class ShareServer:
    """Keeps the plan's one gate for all shares; the caps, the slow start and the accounts are those of one process.

    One thread serves all and waits for nothing but events. `writer` hears of each host once.
    """

    def __init__(self, plan: SweepPlan, shares: Shares, writer: SnapshotWriter) -> None:
        self._gate, self._shares, self._writer = plan.gate, shares, writer
        self._workers, self._queue = plan.settings.workers, queue_of(plan)
        self._targets = {target.name: target for target in plan.targets}
        self._tries = Counter[str]()
        self._served: dict[int, _Served] = {}
        self._turns = deque[tuple[int, MaySend]]()
        self._numbers, self._gives_up = count(1), float("inf")

    def run(self, shares: Iterable[tuple[int, str | None]]) -> None:
        """Runs the plan in shares of so many workers and that collector, and returns when every host has ended."""
        shares = list(shares)
        for workers, collector in shares:
            self._start(workers, collector)
        if any(collector for _, collector in shares):
            self._skip_what_none_serves()
        try:
            while self._served and time.monotonic() < self._gives_up:
                self._tell_the_end()
                for told_by, event in self._shares.events(TICK):
                    self._hear(self._served[told_by], event)
                self._give_hosts()
                self._give_turns()
        finally:
            self._shares.close()
        for served in list(self._served.values()):
            self._lost(served, "did not end in time")
        if (left := self._queue.not_ended()) and not self._gate.over():
            self._gate.end(ALL_LOST)
        self._writer.leave(left)

    def _start(self, workers: int, collector: str | None = None) -> None:
        share = Share(number=next(self._numbers), workers=workers, collector=collector)
        try:
            self._shares.start(share)
        except OSError as error:
            log.warning("one process less for this sweep: %s", error.strerror)
        else:
            self._served[share.number] = _Served(share)

    def _tell_the_end(self) -> None:
        if self._gives_up == float("inf") and (why := self._gate.over()):
            self._gives_up = time.monotonic() + STORING_SECONDS
            self._shares.stop(why)

    def _answer(self, number: int, answer: Answer) -> None:
        self._tell_the_end()  # first, so that a share knows why it gets nothing
        self._shares.answer(number, answer)

    def _hear(self, served: _Served, event: Event) -> None:
        number, accounts = served.share.number, self._gate.accounts
        match event:
            case NextHost(question):
                served.free.append(question)
            case MaySend():
                self._turns.append((number, event))
            case WhyWithheld(question, account, lockout_after):
                self._answer(number, Answer(question, accounts.refusal(account, lockout_after)))
            case CameOfIt(account, ticket, accepted):
                served.passwords.discard((account, ticket))
                accounts.came_of_it(account, ticket, accepted=accepted)
            case HostEnded(outcome):
                self._ended(served, outcome)
            case ShareEnded(errors):
                del self._served[number]
                if errors:
                    self._writer.errors += errors
                    self._gate.end(NO_STORE)
            case ShareLost(why):
                self._lost(served, why)

    def _ended(self, served: _Served, outcome: Outcome) -> None:
        served.hosts.discard(outcome.hostname)
        self._queue.ended(outcome.hostname)
        self._writer.stored_elsewhere(outcome)

    def _give_hosts(self) -> None:
        """A host for each free worker, as far as they may run now; the share with the fewest comes first."""
        for number, served in self._served.items():
            if self._gate.over() or self._queue.is_done(served.share.collector):
                for question in served.free:
                    self._answer(number, Answer(question))
                served.free.clear()
        idle = deque(sorted((one for one in self._served.values() if one.free), key=lambda one: len(one.hosts)))
        while idle:
            served = idle.popleft()
            if (name := self._queue.take_now(served.share.number, served.share.collector)) is not None:
                served.hosts.add(name)
                self._answer(served.share.number, Answer(served.free.pop(), name))
                if served.free:
                    idle.append(served)

    def _give_turns(self) -> None:
        """Answers the passwords whose turn has come, the first one first."""
        full, waiting = set[str](), deque[tuple[int, MaySend]]()
        for number, asked in self._turns:
            try:
                ticket = (
                    None if asked.account in full else self._gate.accounts.send_now(asked.account, asked.lockout_after)
                )
            except LoginWithheld as error:
                self._answer(number, Answer(asked.question, withheld=error.what))
                continue
            if ticket is None:
                full.add(asked.account)
                waiting.append((number, asked))
            else:
                self._served[number].passwords.add((asked.account, ticket))
                self._answer(number, Answer(asked.question, ticket))
        self._turns = waiting

    def _lost(self, served: _Served, why: str) -> None:
        """A share is gone: its passwords under way count as failed, and its hosts in work are tried once more."""
        number, collector = served.share.number, served.share.collector
        worked = bool(served.hosts or served.free)  # one that dies before it asks for a host is not started for ever
        who = f"a worker of collector {collector}" if collector else "a process of this sweep"
        del self._served[number]
        self._turns = deque(turn for turn in self._turns if turn[0] != number)
        for account, ticket in served.passwords:
            self._gate.accounts.came_of_it(account, ticket, accepted=False)
        for outcome in self._writer.stored(served.hosts):  # it was stored, and could not be told any more
            self._ended(served, outcome)
        self._tries.update(served.hosts)
        twice = [name for name in served.hosts if self._tries[name] == TRIES]
        again = served.hosts.difference(twice)
        goes_on = not self._gate.over() and (not collector or collector in self._collectors())
        then = "tried once more" if goes_on else "skipped"
        log.warning("%s %s: %d hosts that it had in work are %s", who, why, len(again), then)
        for name in twice:
            self._queue.ended(name)
            reason = f"{who} that asked it {why}, for the second time"
            self._writer.host_ended(skipped(self._targets[name], reason, "internal-error"))
        self._queue.again(number, again)
        if collector:  # its part of what accounts allow is spent: others of its collector go on
            self._skip_what_none_serves()
        elif worked and goes_on and not self._queue.is_done():
            self._start(served.share.workers)

    def _collectors(self) -> set[str | None]:
        return {served.share.collector for served in self._served.values()}

    def _skip_what_none_serves(self) -> None:
        """Ends the hosts of collectors that have no share (any more)."""
        if not self._gate.over():
            for collector in {target.collector for target in self._targets.values()} - self._collectors():
                if names := self._queue.drop(collector):
                    self._writer.leave(names, f"collector {collector} lost", "collector-lost")
