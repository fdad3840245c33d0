"""The runner: caps, order, gentleness, and an end in time, with real threads and Nornir's own objects."""

import threading
import time
from collections import Counter

import pytest
from nornir.core import Nornir
from nornir.core.inventory import Defaults, Groups, Host, Hosts, Inventory
from nornir.core.processor import Processors
from nornir.core.task import AggregatedResult, MultiResult, Result, Task

from licsweep.settings import Settings
from licsweep.sweep.gate import INTERRUPTED, TOO_LATE, Gate
from licsweep.sweep.host_queue import HostQueue
from licsweep.sweep.runner import SweepRunner


class Ends:
    """Counts how each host ended, as the storing processor does: once each."""

    def __init__(self) -> None:
        self.how: dict[str, str] = {}

    def task_instance_completed(self, task: Task, host: Host, results: MultiResult) -> None:
        self.how.setdefault(host.name, results[0].result)

    def task_started(self, task: Task) -> None: ...
    def task_completed(self, task: Task, result: AggregatedResult) -> None: ...
    def task_instance_started(self, task: Task, host: Host) -> None: ...
    def subtask_instance_started(self, task: Task, host: Host) -> None: ...
    def subtask_instance_completed(self, task: Task, host: Host, result: object) -> None: ...


class Meter:
    """How many ran at once, in all and for each key."""

    def __init__(self) -> None:
        self.lock, self.now, self.most = threading.Lock(), Counter[str](), Counter[str]()

    def enter(self, *keys: str) -> None:
        with self.lock:
            for key in keys:
                self.now[key] += 1
                self.most[key] = max(self.most[key], self.now[key])

    def leave(self, *keys: str) -> None:
        with self.lock:
            self.now.subtract(keys)


def inventory(hosts: int, sites: int = 1, groups: int = 1) -> Inventory:
    return Inventory(
        hosts=Hosts(
            {
                f"h{n}": Host(name=f"h{n}", data={"site": f"s{n % sites}", "aaa_group": f"g{n % groups}"})
                for n in range(hosts)
            }
        ),
        groups=Groups(),
        defaults=Defaults(),
    )


def run(estate: Inventory, work: object, gate: Gate | None = None, **settings: int) -> Ends:
    """Runs the work on all hosts; those that are left when the gate is shut end as it says."""
    ends, gate = Ends(), gate or Gate()

    def leave(names: list[str]) -> None:
        for name in names:
            ends.how.setdefault(name, str(gate.over()))

    wanted = Settings(start_jitter=0, **settings)  # type: ignore[arg-type]
    queue = HostQueue(
        {name: (host["site"], host["aaa_group"], None, "default") for name, host in estate.hosts.items()}, wanted, gate
    )
    runner = SweepRunner(wanted, gate, queue, leave)
    Nornir(inventory=estate, runner=runner).with_processors(Processors([ends])).run(task=work)  # type: ignore[arg-type]
    return ends


@pytest.mark.parametrize(("per_site", "per_group", "most"), [(0, 0, 20), (3, 0, 3), (0, 4, 4)])
def test_caps(per_site: int, per_group: int, most: int) -> None:
    meter = Meter()

    def work(task: Task) -> Result:
        key = task.host["site"] if per_site else task.host["aaa_group"]
        meter.enter(key)
        time.sleep(0.01)
        meter.leave(key)
        return Result(host=task.host, result="ok")

    estate = inventory(120, sites=2, groups=2)
    ends = run(estate, work, workers=20, max_per_site=per_site, max_per_aaa_group=per_group)
    assert len(ends.how) == 120
    assert max(meter.most.values()) <= most
    assert max(meter.most.values()) >= min(most, 3)  # the cap is what held it


def test_slow_start() -> None:
    seen: list[int] = []
    running, lock = Counter[str](), threading.Lock()

    def work(task: Task) -> Result:
        with lock:
            running["now"] += 1
            seen.append(running["now"])
        time.sleep(0.02)
        with lock:
            running["now"] -= 1
        return Result(host=task.host, result="ok")

    run(inventory(60), work, workers=50)
    assert max(seen[:5]) <= 5
    assert max(seen) > 10


def test_sites_are_spread() -> None:
    order: list[str] = []

    def work(task: Task) -> Result:
        order.append(task.host["site"])
        return Result(host=task.host, result="ok")

    run(inventory(40, sites=4), work, workers=1)
    assert set(order[:4]) == {"s0", "s1", "s2", "s3"}


@pytest.mark.parametrize("by", ["interrupt", "deadline"])
def test_it_ends_in_time_and_loses_no_host(by: str) -> None:
    gate = Gate(deadline=0.5 if by == "deadline" else None)
    cut = threading.Event()

    def work(task: Task) -> Result:
        if reason := gate.over():
            return Result(host=task.host, result=reason)
        watched = gate.watch(cut.set, 60)
        quick = int(task.host.name[1:]) < 5
        if not quick:
            (cut if task.host.name != "h7" else threading.Event()).wait(30)  # h7 does not even notice the cut
        gate.unwatch(watched)
        return Result(host=task.host, result="ok" if quick else "cut")

    if by == "interrupt":
        threading.Timer(0.5, gate.stop.set).start()
    began = time.monotonic()
    ends = run(inventory(100), work, gate, workers=20)
    assert time.monotonic() - began < 2.5
    assert len(ends.how) == 100
    reason = INTERRUPTED if by == "interrupt" else TOO_LATE
    counts = Counter(ends.how.values())
    assert counts["ok"] == 5
    assert counts[reason] >= 80
    assert ends.how["h7"] == reason


def test_a_session_that_hangs_is_cut_when_its_time_is_up() -> None:
    gate = Gate()

    def work(task: Task) -> Result:
        cut = threading.Event()
        watched = gate.watch(cut.set, 0.3 if task.host.name == "h3" else 30)
        cut.wait(0.6)
        gate.unwatch(watched)
        return Result(host=task.host, result="late" if watched.late and cut.is_set() else "ok")

    ends = run(inventory(5), work, gate, workers=5, slow_start=0)
    assert ends.how == {"h0": "ok", "h1": "ok", "h2": "ok", "h3": "late", "h4": "ok"}


@pytest.mark.parametrize("possible", [0, 2])
def test_a_machine_without_threads_loses_no_host(monkeypatch: pytest.MonkeyPatch, possible: int) -> None:
    real, started = threading.Thread.start, 0

    def start(thread: threading.Thread) -> None:
        nonlocal started
        started += 1
        if started > possible:
            raise RuntimeError("can't start new thread")
        real(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    ends = run(inventory(20), lambda task: Result(host=task.host, result="ok"), workers=10, slow_start=0)
    assert Counter(ends.how.values()) == {"ok": 20}
