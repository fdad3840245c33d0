"""One share of a sweep, from the side of whoever runs it: hosts and the turns of passwords are asked for."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from queue import SimpleQueue
from threading import Condition
from typing import Any

from licsweep.access.accounts import Accounts
from licsweep.errors import LoginWithheld
from licsweep.store import Store
from licsweep.sweep.fan_out import fan_out
from licsweep.sweep.plan import SweepPlan
from licsweep.sweep.shares import (
    Answer,
    CameOfIt,
    Event,
    HostEnded,
    MaySend,
    NextHost,
    Share,
    ShareEnded,
    WhyWithheld,
)
from licsweep.sweep.snapshot_writer import SnapshotWriter

Tell = Callable[[Event], None]
Ask = Callable[..., Answer]
"""A kind of Question and its fields but the number -> its answer, waiting for it."""


class Questions:
    """The questions of one share that wait for an answer, from any thread."""

    def __init__(self, tell: Tell) -> None:
        self._tell, self._numbers = tell, count(1)
        self._asked: dict[int, SimpleQueue[Answer]] = {}
        self._closed = False

    def ask(self, kind: Any, *fields: Any) -> Answer:
        """The answer to a question of this kind, waiting for it."""
        number, answered = next(self._numbers), SimpleQueue[Answer]()
        self._asked[number] = answered
        self._tell(kind(number, *fields))
        return Answer(number) if self._closed else answered.get()

    def answered(self, answer: Answer) -> None:
        if asked := self._asked.pop(answer.question, None):
            asked.put(answer)

    def close(self) -> None:
        """Nobody answers any more: no host, no password."""
        self._closed = True
        for number in list(self._asked):
            self.answered(Answer(number))


class AskedAccounts(Accounts):
    """The accounts of all shares: each password's turn is asked for, and before a host is dialed, once a password was
    sent without success in this share, whether one may be sent at all."""

    def __init__(self, ask: Ask, tell: Tell) -> None:
        super().__init__()
        self._ask, self._tell, self._failed = ask, tell, False

    def refusal(self, account: str, lockout_after: int) -> str | None:
        if not self._failed:
            return None
        reason = self._ask(WhyWithheld, account, lockout_after).value
        return None if reason is None else str(reason)

    def may_send(self, account: str, lockout_after: int) -> int:
        answer = self._ask(MaySend, account, lockout_after)
        if answer.withheld is not None:
            self._failed = True
            raise LoginWithheld(answer.withheld)
        return int(answer.value or 0)

    def came_of_it(self, account: str, ticket: int, *, accepted: bool | None) -> None:
        self._failed = self._failed or accepted is False
        self._tell(CameOfIt(account, ticket, accepted))


class AskedQueue:
    """The hosts of one share, which come one by one."""

    def __init__(self, ask: Ask) -> None:
        self._ask, self._changed = ask, Condition()
        self._running, self._more = set[str](), True

    def take(self) -> str | None:
        name = self._ask(NextHost).value
        with self._changed:
            if name is None:
                self._more = False
                self._changed.notify_all()
                return None
            self._running.add(str(name))
            return str(name)

    def ended(self, name: str) -> None:
        with self._changed:
            self._running.discard(name)
            self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not self._more and not self._running, seconds)

    def not_ended(self) -> list[str]:
        with self._changed:
            return list(self._running)


def work(
    share: Share, plan: SweepPlan, store: Store, snapshot_id: int, accounts: Accounts, ask: Ask, tell: Tell
) -> None:
    """Does a share: reads and stores each host that it is given, and tells of it. Its hosts that have not ended when
    the sweep is over are left to whoever asked for the share."""
    plan.gate.accounts = accounts
    settings = replace(plan.settings, workers=share.workers)
    plan = replace(plan, settings=settings, jump_hosts=plan.jump_hosts.asking(accounts))
    writer = SnapshotWriter(
        store, snapshot_id, plan.gate, read=plan.read, progress=lambda outcome: tell(HostEnded(outcome))
    )
    fan_out(plan, writer.host_ended, writer.settle, AskedQueue(ask))
    tell(ShareEnded(tuple(writer.errors)))
