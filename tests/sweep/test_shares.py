"""Whoever serves the shares of a sweep: one gate for all of them, whatever runs them. A script stands in for that."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from licsweep.access.hostkeys import KnownHosts
from licsweep.access.jump import JumpHosts
from licsweep.access.login import Login
from licsweep.estate.inventory import Target
from licsweep.host_result import HostResult
from licsweep.model import Outcome
from licsweep.settings import Settings, load
from licsweep.store import Store, writing
from licsweep.sweep import processes
from licsweep.sweep.gate import ALL_LOST, INTERRUPTED, Gate
from licsweep.sweep.plan import SweepPlan
from licsweep.sweep.share_server import ShareServer
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
    WhyWithheld,
)
from licsweep.sweep.snapshot_writer import SnapshotWriter

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
Play = Callable[["Scripted"], Iterator[tuple[int, Event]]]


class Scripted:
    """Shares whose events a script tells, one at a time; `given` are the hosts of each share."""

    def __init__(self, play: Play, store: Store) -> None:
        self.store, self._play = store, play(self)
        self.started: list[Share] = []
        self.answers: list[tuple[int, Answer]] = []
        self.stopped: list[str] = []

    def start(self, share: Share) -> None:
        self.started.append(share)

    def events(self, seconds: float) -> Iterable[tuple[int, Event]]:
        yield next(self._play)

    def answer(self, number: int, answer: Answer) -> None:
        self.answers.append((number, answer))

    def stop(self, why: str) -> None:
        self.stopped.append(why)

    def close(self) -> None: ...

    def hosts(self, number: int) -> list[str]:
        return [str(one.value) for share, one in self.answers if share == number and isinstance(one.value, str)]

    def ends(self, number: int, *names: str) -> Iterator[tuple[int, Event]]:
        """These hosts end ok in a share, which stores them first."""
        for name in names:
            outcome = Outcome(hostname=name, status="ok")
            self.store.save_host(1, HostResult(outcome=outcome, tried_at=NOW))
            yield number, HostEnded(outcome)


@contextmanager
def served(
    folder: Path,
    play: Play,
    targets: dict[str, dict[str, str]],
    shares: Sequence[tuple[int, str | None]] = ((2, None), (2, None)),
    gate: Gate | None = None,
    **more: int,
) -> Iterator[tuple[Scripted, Counter[tuple[str, str | None]], Gate]]:
    """What became of a sweep over hosts (name and inventory data) whose shares play that script."""
    known, gate = KnownHosts(folder / "known"), gate or Gate()
    settings = replace(Settings(workers=4, slow_start=0), **more)  # type: ignore[arg-type]

    def login_of(_: Target) -> Login:
        raise AssertionError("no credential is needed to serve shares")

    plan = SweepPlan(
        targets=[
            Target(name=n, address="192.0.2.1", port=22, platform="cisco_xe", username=None, groups=(), data=data)
            for n, data in targets.items()
        ],
        settings=settings,
        login_of=login_of,
        known_hosts=known,
        jump_hosts=JumpHosts(known, 3),
        gate=gate,
    )
    with writing(load(folder), "sweep") as store:
        snapshot = store.begin("sweep", "all hosts", len(targets), NOW)
        writer = SnapshotWriter(store, snapshot, gate, read=False, progress=lambda _: None)
        script = Scripted(play, store)
        ShareServer(plan, script, writer).run(shares)
        kept = store.outcomes(snapshot)
    assert sorted(one.hostname for one in kept) == sorted(one.hostname for one in writer.outcomes) == sorted(targets)
    yield script, Counter((one.status, one.skip) for one in kept), gate


def hosts(number: int, **data: str) -> dict[str, dict[str, str]]:
    return {f"h{n}": dict(data) for n in range(number)}


def test_a_cap_holds_over_all_shares(tmp_path: Path) -> None:
    def play(script: Scripted) -> Iterator[tuple[int, Event]]:
        for number in (1, 2):
            yield number, NextHost(1)
            yield number, NextHost(2)
        assert [len(script.hosts(number)) for number in (1, 2)] == [2, 1]
        yield from script.ends(1, script.hosts(1)[0])
        assert len(script.hosts(2)) == 2
        left = {number: script.hosts(number)[number == 1 :] for number in (1, 2)}
        for number, names in left.items():
            yield from script.ends(number, *names)
        for number in (1, 2):
            yield number, ShareEnded()

    with served(tmp_path, play, hosts(4, site="s"), max_per_site=3) as (script, counts, _):
        assert counts == {("ok", None): 4}
        assert [share.workers for share in script.started] == [2, 2]


def test_hosts_behind_one_jump_host_go_to_one_share_and_to_another_when_it_is_lost(tmp_path: Path) -> None:
    def play(script: Scripted) -> Iterator[tuple[int, Event]]:
        yield 1, NextHost(1)
        yield 2, NextHost(1)
        assert (script.hosts(1), script.hosts(2)) == (["h0"], [])
        yield 1, ShareLost("was killed by signal 9")
        assert script.hosts(2) == ["h1"]
        yield 2, NextHost(2)
        assert script.hosts(2) == ["h1", "h0"]
        yield from script.ends(2, "h0", "h1")
        yield 2, ShareEnded()
        yield 3, ShareEnded()

    with served(tmp_path, play, hosts(2, jump="j")) as (script, counts, _):
        assert counts == {("ok", None): 2}
        assert len(script.started) == 3


def test_passwords_under_way_in_a_lost_share_count_as_failed(tmp_path: Path) -> None:
    def play(script: Scripted) -> Iterator[tuple[int, Event]]:
        for number in (1, 2):
            yield number, NextHost(1)
        yield 1, MaySend(2, "reader@aaa", 3)
        yield 1, MaySend(3, "Reader@aaa", 3)
        yield 2, MaySend(2, "reader@aaa", 3)
        assert [one for share, one in script.answers if share == 2][-1].value == "h1"  # its turn has not come
        yield 1, CameOfIt("reader@aaa", 1, False)
        yield 1, ShareLost("was killed by signal 9")
        assert "2 passwords in a row" in str(script.answers[-1][1].withheld)
        yield 2, WhyWithheld(4, "reader@aaa", 3)
        assert "2 passwords in a row" in str(script.answers[-1][1].value)
        yield 2, NextHost(5)
        yield from script.ends(2, "h0", "h1")
        yield 2, ShareEnded()
        yield 3, ShareEnded()

    with served(tmp_path, play, hosts(2)) as (_, counts, _):
        assert counts == {("ok", None): 2}


def test_a_share_that_is_lost_is_made_up_for_as_long_as_hosts_are_left(tmp_path: Path) -> None:
    """Also where it waited for a host, or had none but one that ends here; not where it never asked for any."""

    def play(script: Scripted) -> Iterator[tuple[int, Event]]:
        yield 1, NextHost(1)
        yield 2, NextHost(1)
        assert (script.hosts(1), script.hosts(2)) == (["h0"], [])
        yield 2, ShareLost("was killed by signal 9")
        assert len(script.started) == 3
        yield 1, ShareLost("was killed by signal 9")
        assert len(script.started) == 4
        yield 3, ShareLost("ended with code 1")
        assert len(script.started) == 4
        for number, name in ((4, "h1"), (4, "h2"), (4, "h0")):
            yield number, NextHost(1)
            assert script.hosts(number)[-1] == name
            if name != "h0":
                yield from script.ends(number, name)
        yield 4, ShareLost("was killed by signal 9")

    with served(tmp_path, play, hosts(3, site="s"), max_per_site=1) as (script, counts, gate):
        assert counts == {("ok", None): 2, ("skipped", "internal-error"): 1}
        assert len(script.started) == 4, "no host is left"
        assert gate.over() is None


def test_hosts_are_left_behind_one_that_ends_every_process(tmp_path: Path) -> None:
    def play(script: Scripted) -> Iterator[tuple[int, Event]]:
        for number in (1, 2):
            yield number, NextHost(1)
            yield number, ShareLost("was killed by signal 9")
        yield 3, NextHost(1)
        assert (script.hosts(1), script.hosts(2), script.hosts(3)) == (["h0"], ["h1"], ["h0"])
        yield 3, ShareLost("was killed by signal 9")
        yield 4, NextHost(1)
        yield from script.ends(4, "h1")
        for number in (4, 5):
            yield number, ShareEnded()

    with served(tmp_path, play, hosts(2)) as (_, counts, gate):
        assert counts == {("ok", None): 1, ("skipped", "internal-error"): 1}
        assert gate.over() is None


def test_what_a_lost_share_had_stored_is_not_asked_again(tmp_path: Path) -> None:
    def play(script: Scripted) -> Iterator[tuple[int, Event]]:
        yield 1, NextHost(1)
        yield 1, NextHost(2)
        list(script.ends(1, "h0"))  # is stored, and was not told any more
        yield 1, ShareLost("was killed by signal 9")
        yield 2, NextHost(1)
        assert script.hosts(2) == ["h1"]
        yield 2, ShareLost("ended with code 1")
        yield 3, ShareEnded()

    with served(tmp_path, play, hosts(2)) as (_, counts, gate):
        assert counts == {("ok", None): 1, ("skipped", "internal-error"): 1}
        assert gate.over() is None


@pytest.mark.parametrize("why", [ALL_LOST, INTERRUPTED])
def test_hosts_that_nobody_asks_any_more_are_skipped(tmp_path: Path, why: str) -> None:
    gate = Gate()

    def play(script: Scripted) -> Iterator[tuple[int, Event]]:
        yield 1, NextHost(1)
        if why == INTERRUPTED:
            gate.end(INTERRUPTED)
        for number in (1, 2):
            yield number, ShareLost("was killed by signal 9")
        yield 3, ShareLost("was killed by signal 9")

    with served(tmp_path, play, hosts(3), gate=gate) as (script, counts, _):
        assert gate.over() == why
        assert script.stopped == ([INTERRUPTED] if why == INTERRUPTED else [])
        assert counts == {("skipped", "sweep-over"): 3}


@pytest.mark.parametrize(
    ("wanted", "workers", "selected", "number"),
    [
        (0, 30, 1000, 4),
        (0, 30, 149, 2),
        (0, 30, 49, 1),
        (0, 3, 1000, 3),
        (8, 30, 100, 8),
        (8, 30, 5, 5),
        (1, 30, 1000, 1),
    ],
)
def test_how_many_processes(
    monkeypatch: pytest.MonkeyPatch, wanted: int, workers: int, selected: int, number: int
) -> None:
    """On a machine of four cores; one in a program that has threads."""
    settings = Settings(processes=wanted, workers=workers)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)))
    monkeypatch.setattr(processes, "active_count", lambda: 1)
    assert processes.how_many(settings, selected) == number
    monkeypatch.setattr(processes, "active_count", lambda: 2)
    assert processes.how_many(settings, selected) == 1


def of_collectors(**hosts: int) -> dict[str, dict[str, str]]:
    """So many hosts of each collector."""
    return {f"{one}{n}": {"collector": one} for one, number in hosts.items() for n in range(number)}


def test_hosts_go_to_a_share_of_their_collector(tmp_path: Path) -> None:
    def play(script: Scripted) -> Iterator[tuple[int, Event]]:
        for number in (1, 2):
            yield number, NextHost(1)
            yield number, NextHost(2)
        assert {number: set(script.hosts(number)) for number in (1, 2)} == {1: {"a0", "a1"}, 2: {"b0"}}
        yield from script.ends(2, "b0")
        assert (2, Answer(2)) in script.answers, "a collector without hosts left lets go of its share"
        yield 2, ShareEnded()
        yield from script.ends(1, "a0", "a1")
        yield 1, ShareEnded()

    with served(tmp_path, play, of_collectors(a=2, b=1), shares=[(2, "a"), (2, "b")]) as (_, counts, gate):
        assert counts == {("ok", None): 3}
        assert gate.over() is None


def test_a_jump_host_of_two_collectors_holds_nobody_up(tmp_path: Path) -> None:
    def play(script: Scripted) -> Iterator[tuple[int, Event]]:
        for number in (1, 2):
            yield number, NextHost(1)
        for number, name in ((1, "a0"), (2, "b0")):
            assert script.hosts(number) == [name]
            yield from script.ends(number, name)
            yield number, ShareEnded()

    targets = {name: {**data, "jump": "j"} for name, data in of_collectors(a=1, b=1).items()}
    with served(tmp_path, play, targets, shares=[(1, "a"), (1, "b")]) as (_, counts, _):
        assert counts == {("ok", None): 2}


def test_hosts_of_a_lost_worker_go_to_another_of_its_collector(tmp_path: Path) -> None:
    def play(script: Scripted) -> Iterator[tuple[int, Event]]:
        yield 1, NextHost(1)
        yield 3, NextHost(1)
        yield 1, ShareLost("was lost")
        yield 2, NextHost(1)
        yield from script.ends(2, *script.hosts(2))
        yield 2, NextHost(2)
        yield from script.ends(2, script.hosts(2)[1])
        yield 2, ShareEnded()
        yield from script.ends(3, *script.hosts(3))
        yield 3, ShareEnded()

    shares = [(1, "a"), (1, "a"), (1, "b")]
    with served(tmp_path, play, of_collectors(a=2, b=1), shares=shares) as (script, counts, _):
        assert counts == {("ok", None): 3}
        assert len(script.started) == 3, "its part of what accounts allow is spent, so no other share is started"


def test_hosts_whose_collector_has_no_worker_are_told_and_the_others_go_on(tmp_path: Path) -> None:
    def play(script: Scripted) -> Iterator[tuple[int, Event]]:
        yield 1, NextHost(1)
        yield 2, NextHost(1)
        yield 1, ShareLost("was lost")
        yield from script.ends(2, *script.hosts(2))
        yield 2, ShareEnded()

    targets = of_collectors(a=3, b=1, c=2)
    with served(tmp_path, play, targets, shares=[(1, "a"), (1, "b")]) as (_, counts, gate):
        assert counts == {("ok", None): 1, ("skipped", "collector-lost"): 5}
        assert gate.over() is None
