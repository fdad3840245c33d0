"""Shares of a sweep as tasks of a Dask cluster: the side of a worker, which reads and stores by its own project.

What a worker tells is names, numbers, and why it can't do a share. It goes on as long as the sweep's snapshot is
written by whoever asked.
"""

import logging
from asyncio import to_thread
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Thread

from distributed import Event, Queue, Variable, Worker, WorkerPlugin, get_client, get_worker

from licsweep.access.accounts import Accounts, PartOfAccounts
from licsweep.errors import InventoryError, LicsweepError, StoreError, WorkersUnfit, plain_reason
from licsweep.estate.selection import Selection
from licsweep.settings import Project
from licsweep.store import Store, writing
from licsweep.sweep import shares
from licsweep.sweep.gate import Gate
from licsweep.sweep.plan import SweepPlan, SweepRequest, make_plan, narrowed
from licsweep.sweep.share_work import Questions, work
from licsweep.version import VERSION

log = logging.getLogger(__name__)
TOPIC = "licsweep"
WATCH_SECONDS = 2
LEFT_ALONE = "the sweep ended early: its worker was left alone"


def resource(collector: str) -> str:
    """What a worker of a collector has one of; whoever reads it knows the worker's licsweep."""
    return f"licsweep {VERSION} {collector}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A share of the snapshot with that id and uid: names and numbers. `accounts` is how many shares log in with the
    accounts of each AAA group."""

    share: shares.Share
    snapshot_id: int
    uid: str
    hosts: Collection[str]
    accounts: Mapping[str, int]
    read: bool


class OwnProject(WorkerPlugin):  # type: ignore[misc] # it has no type here
    """The project of a worker, and whose hosts it reaches."""

    name = "licsweep"

    def __init__(self, project: Project, collector: str) -> None:
        self.project, self.collector = project, collector


def all_of(collector: str) -> SweepRequest:
    """All hosts of a collector."""
    return SweepRequest(selection=Selection(filters=(f"collector={collector}",)))


async def why_unfit(accounts: Mapping[str, int], dask_worker: Worker) -> list[str] | None:
    """Asks a worker, which may be busy, before a sweep: what, why and hint if its part of an account is no password."""
    return await to_thread(_why_unfit, accounts, dask_worker.plugins[OwnProject.name])


def _why_unfit(accounts: Mapping[str, int], own: OwnProject) -> list[str] | None:
    try:
        plan = make_plan(own.project, all_of(own.collector))
        check_parts(plan, PartOfAccounts(plan.gate.over, accounts))
    except WorkersUnfit as error:
        return [error.what, error.why, error.hint]
    except Exception:  # as in `run_share`, which tells of it
        log.debug("no plan", exc_info=True)
    return None


def run_share(task: Task) -> None:
    """Does a share, as a task. Never raises: errors of libraries may quote anything, and stay here."""
    worker = get_worker()

    def tell(kind: str, value: object) -> None:
        worker.log_event(TOPIC, [task.uid, task.share.number, kind, value])

    try:
        _run(task, worker.plugins[OwnProject.name].project, tell)
    except LicsweepError as error:
        log.warning("a share was refused: %s", plain_reason(error))
        tell("lost", f"can't do it: {plain_reason(error)}")
    except Exception as error:
        log.exception("a share failed")
        tell("lost", f"failed ({type(error).__name__}), its log says more")


def _run(task: Task, project: Project, tell: Callable[[str, object], None]) -> None:
    share = task.share
    settings = replace(project.settings, workers=share.workers, sweep_deadline=0.0)  # its end is told
    request = replace(all_of(str(share.collector)), gather_only=not task.read)
    plan = make_plan(replace(project, settings=settings), request)
    if unknown := sorted(set(task.hosts) - {target.name for target in plan.targets}):
        why = f"{len(unknown)} hosts of this sweep are not in it: {', '.join(unknown[:3])}"
        raise InventoryError("another inventory", why=why)
    accounts = PartOfAccounts(plan.gate.over, task.accounts)
    with writing(project, "sweep", create=False, alone=False) as store:
        if store.written_uid(task.snapshot_id) != task.uid:
            raise StoreError("another database", why=f"snapshot {task.snapshot_id} of this sweep is not in it")
        plan = replace(plan, targets=narrowed(plan.targets, request, store)[0])
        line = _Line(task, plan.gate, accounts, store, tell)
        try:
            work(share, plan, store, task.snapshot_id, accounts, line.questions.ask, line.tell)
        finally:
            line.close()


def check_parts(plan: SweepPlan, accounts: Accounts) -> None:
    """Raises WorkersUnfit where a share's part of what an account allows is no password at all."""
    logins = []
    for target in plan.targets:
        with suppress(LicsweepError):  # told when its turn comes
            login = plan.login_of(target)
            logins += [login, *login.jumps, *filter(None, [login.second])]
    for one in logins:
        if one.password and one.lockout_after and accounts.most(one.account, one.lockout_after) < 1:
            why = f"it is locked after {one.lockout_after} failures, and each worker must have a part of less than that"
            hint = "fewer workers, an account or AAA group for each collector, or SSH keys"
            raise WorkersUnfit(f"account {one.account}: too many workers log in with it", why=why, hint=hint)


class _Line:
    """A worker's end of what passes between the share and who asked for it."""

    def __init__(
        self, task: Task, gate: Gate, accounts: PartOfAccounts, store: Store, tell: Callable[[str, object], None]
    ) -> None:
        self._task, self._gate, self._accounts, self._store, self._tell = task, gate, accounts, store, tell
        self._client = get_client()
        self._answers = Queue(answers(task.uid, task.share.number), self._client)
        self._over = False
        self.questions = Questions(self.tell)
        for target in (self._listen, self._watch):
            Thread(target=target, daemon=True, name="line").start()

    def tell(self, event: shares.Event) -> None:
        match event:
            case shares.NextHost(question):
                self._tell("next", question)
            case shares.HostEnded(outcome):
                self._tell("ended", outcome.hostname)
            case shares.ShareEnded(errors):
                for error in errors:
                    log.error("%s", error)
                self._tell("over", [len(errors), self._accounts.spent()])

    def _listen(self) -> None:
        with suppress(Exception):  # the scheduler is gone, and half of the client with it: `_watch` sees that as well
            while (said := self._answers.get()) is not None:
                match said:
                    case [int(question), value]:
                        self.questions.answered(shares.Answer(question, value))
                    case [groups, spent]:
                        self._accounts.share_ended(groups, spent)
                        log.info("another share of %s has ended", ", ".join(groups))
            self._answers.close()

    def _watch(self) -> None:
        stop, why = Event(self._task.uid, self._client), LEFT_ALONE
        with suppress(Exception):
            while not stop.wait(WATCH_SECONDS):
                if self._over:
                    return
                if self._store.written_uid(self._task.snapshot_id) != self._task.uid:
                    break
            else:
                why = Variable(self._task.uid, self._client).get(WATCH_SECONDS)
        self._gate.end(why)
        self.questions.close()

    def close(self) -> None:
        self._over = True
        with suppress(Exception):  # the scheduler is gone, and half of the client with it
            self._answers.put(None)


def answers(uid: str, number: int) -> str:
    """The name of the queue on which a share is answered."""
    return f"{uid} {number}"
