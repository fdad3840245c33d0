"""Shares of a sweep as tasks of a Dask cluster, one on each worker of the collectors: the side that asks for them.

Workers tell names by an event topic; outcomes are read from the store, where a worker puts them before it tells. They
are answered by a queue each, and ended by an Event.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import Any

from distributed import Client, Event, Future, Queue, Variable

from licsweep.errors import ClusterUnreachable, UsageError, WorkersUnfit
from licsweep.model import Outcome
from licsweep.settings import Project
from licsweep.store import Store
from licsweep.sweep import shares
from licsweep.sweep.cluster_access import HOW_TO, secured
from licsweep.sweep.cluster_worker import TOPIC, Task, answers, resource, run_share, why_unfit
from licsweep.sweep.gate import INTERRUPTED
from licsweep.sweep.plan import SweepPlan
from licsweep.version import VERSION

CONNECT_SECONDS = 10


class Cluster:
    """The workers of a scheduler, for one sweep."""

    def __init__(self, client: Client, plan: SweepPlan) -> None:
        self._client, self._plan = client, plan
        self._told = SimpleQueue[Any]()
        self._tasks: dict[int, tuple[str, Future, Queue]] = {}
        self._begun = set[int]()
        self._workers = self._find()
        self._each = Counter(collector for collector, _ in self._workers)
        self._accounts = {group: sum(self._each[one] for one in users) for group, users in plan.aaa_groups.items()}
        self._ask_each()
        client.subscribe_topic(TOPIC, lambda event: self._told.put(event[1]))

    def _find(self) -> list[tuple[str, str]]:
        """Collector and address of each worker that serves a target. Raises WorkersUnfit."""
        wanted, found = {target.collector for target in self._plan.targets}, []
        for address, worker in self._client.scheduler_info(n_workers=-1)["workers"].items():
            for name in worker["resources"]:
                program, version, collector = (*name.split(" ", 2), "", "")[:3]
                if program == "licsweep" and collector in wanted:
                    if version != VERSION:
                        why = f"it is licsweep {version}, this is {VERSION}"
                        raise WorkersUnfit(f"{address}: another licsweep", why=why, hint="upgrade them together")
                    found.append((collector, address))
        if not found:
            hint = f"licsweep cluster worker --collector {min(wanted)}"
            raise WorkersUnfit("no worker", why=f"none serves {', '.join(sorted(wanted))}", hint=hint)
        return found

    def _ask_each(self) -> None:
        """Raises WorkersUnfit where an account has more workers than it allows: what it is, they alone know."""
        addresses = [address for _, address in self._workers]
        for unfit in self._client.run(why_unfit, self._accounts, workers=addresses, on_error="ignore").values():
            if unfit:
                what, why, hint = unfit
                raise WorkersUnfit(what, why=why, hint=hint)

    def begin(self, store: Store, snapshot_id: int) -> list[str]:
        """From now on shares can be started, into that snapshot; returns the collector of each."""
        self._store, self._snapshot_id = store, snapshot_id
        self._uid = store.written_uid(snapshot_id) or ""
        return list(self._each.elements())

    def start(self, share: shares.Share) -> None:
        place = next(one for one in self._workers if one[0] == share.collector)
        self._workers.remove(place)
        plan = self._plan
        task = Task(
            share=share,
            snapshot_id=self._snapshot_id,
            uid=self._uid,
            hosts=[target.name for target in plan.targets if target.collector == share.collector],
            accounts=self._accounts,
            read=plan.read,
        )
        name = answers(self._uid, share.number)
        try:
            queue = Queue(name, self._client)
            future = self._client.submit(
                run_share, task, key=name, workers=[place[1]], resources={resource(place[0]): 1}, pure=False
            )
        except Exception as error:  # half of the client has gone with the scheduler
            raise OSError(None, "the scheduler has gone") from error
        self._tasks[share.number] = place[0], future, queue
        future.add_done_callback(lambda _: self._told.put([self._uid, share.number, "lost", "was lost"]))

    def events(self, seconds: float) -> Iterator[tuple[int, shares.Event]]:
        told = []
        with suppress(Empty):
            told.append(self._told.get(timeout=seconds))
            while True:
                told.append(self._told.get_nowait())
        if self._client.status != "running":
            told += [[self._uid, number, "lost", "was lost with the scheduler"] for number in self._tasks]
        mine = [rest for uid, *rest in told if uid == self._uid]
        names = [value for _, kind, value in mine if kind == "ended"]
        outcomes = {one.hostname: one for one in self._store.outcomes(self._snapshot_id, names)} if names else {}
        for number, kind, value in mine:
            self._begun.add(number)
            if number in self._tasks:
                yield from ((number, event) for event in self._read(number, kind, value, outcomes))

    def _read(self, number: int, kind: str, value: Any, outcomes: Mapping[str, Outcome]) -> Iterator[shares.Event]:
        match kind:
            case "next":
                yield shares.NextHost(value)
            case "ended" if value in outcomes:
                yield shares.HostEnded(outcomes[value])
            case "over":
                errors, spent = value
                self._hand_on(self._forget(number), spent)
                yield shares.ShareEnded((f"{errors} hosts: the worker's log says why",) if errors else ())
            case "lost":
                self._forget(number)
                yield shares.ShareLost(value)

    def _hand_on(self, collector: str, spent: Mapping[str, int]) -> None:
        """What accounts allow goes to the shares that go on, but what a share of that collector has spent."""
        groups = [group for group, users in self._plan.aaa_groups.items() if collector in users]
        for number in self._tasks:
            self._send(number, [groups, spent])

    def _forget(self, number: int) -> str:
        collector, future, queue = self._tasks.pop(number)
        with suppress(Exception):  # the scheduler is gone, and half of the client with it
            future.cancel()
            queue.close()
        return collector

    def answer(self, number: int, answer: shares.Answer) -> None:
        self._send(number, [answer.question, answer.value])

    def _send(self, number: int, what: list[Any]) -> None:
        with suppress(Exception):
            self._tasks[number][2].put(what)

    def stop(self, why: str) -> None:
        with suppress(Exception):
            Variable(self._uid, self._client).set(why)
            Event(self._uid, self._client).set()
        for number in self._tasks.keys() - self._begun:  # its worker is busy with another sweep
            self._told.put([self._uid, number, "over", [0, {}]])

    def close(self) -> None:
        if self._tasks:
            self.stop(INTERRUPTED)
        for number in list(self._tasks):
            self._forget(number)


@contextmanager
def connected(project: Project, plan: SweepPlan, url: str) -> Iterator[Cluster]:
    """The cluster of the scheduler at that URL. Raises ClusterUnreachable, UsageError, WorkersUnfit."""
    if not project.settings.database.startswith("postgresql"):
        why = "its workers write into one database, which is not a file"
        raise UsageError("a sweep on a cluster needs PostgreSQL", why=why, hint=HOW_TO)
    security = secured(project, url, "client")
    with ExitStack() as stack:
        try:
            client = Client(url, security=security, set_as_default=False, timeout=CONNECT_SECONDS)
            cluster = Cluster(stack.enter_context(client), plan)
        except (OSError, RuntimeError) as error:
            why = "nothing answers there, or it shows no valid certificate of the same authority"
            raise ClusterUnreachable(
                f"{url}: no scheduler", why=why, hint=f"licsweep cluster scheduler {url}"
            ) from error
        yield cluster
