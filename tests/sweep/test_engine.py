"""The engine as a whole on scripted boxes: what is repeated, what is not, and how often a password leaves."""

import asyncio
import random
import signal
import socket
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from licsweep.access.hostkeys import KnownHosts
from licsweep.access.jump import JumpHosts
from licsweep.access.login import Login
from licsweep.estate.inventory import Target
from licsweep.model import Outcome
from licsweep.platforms import Command, Platform
from licsweep.settings import Settings, load
from licsweep.store import reading, writing
from licsweep.sweep import run
from licsweep.sweep.gate import INTERRUPTED, Gate
from licsweep.sweep.plan import SweepPlan
from licsweep.sweep.run import sweep
from tests.access.conftest import PASSWORD, Aaa, Box, Script, answers, box
from tests.access.test_privilege import SECRET, device
from tests.store.conftest import captured

__all__ = ["box"]  # the fixture

SHOW = Platform(
    name="cisco_xe",
    session="ios",
    pager_off="terminal length 0",
    commands=(Command(line="show license all", required=True),),
)
SETTINGS = Settings(
    connect_timeout=3,
    command_timeout=3,
    device_deadline=6,
    retry_backoff=0.05,
    workers=20,
    max_per_site=0,
    start_jitter=0,
)


class Bench:
    """Sweeps boxes into a store; `outcomes` afterwards."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outcomes: dict[str, Outcome] = {}

    def sweep(
        self,
        boxes: dict[str, Box],
        *,
        password: str = PASSWORD,
        ports: dict[str, int] | None = None,
        gate: Gate | None = None,
        retries: int = 0,
        enable: str | None = None,
        lockout_after: int = 10,
    ) -> float:
        known = self.folder / "known"
        text = "".join(one.known_hosts_path.read_text() for one in boxes.values())
        for name, port in (ports or {}).items():
            text += boxes[name].known_hosts_path.read_text().replace(f":{boxes[name].port}", f":{port}")
        known.write_text(text)
        keys = KnownHosts(known)
        targets = [
            Target(
                name=name,
                address="127.0.0.1",
                port=(ports or {}).get(name, one.port),
                platform="cisco_xe",
                username=None,
                groups=(),
                data={},
            )
            for name, one in boxes.items()
        ]

        def login(target: Target) -> Login:
            made = boxes[target.name].login(password=password)
            return replace(
                made, port=target.port, enable_secret=enable, account="reader@aaa", lockout_after=lockout_after
            )

        plan = SweepPlan(
            targets=targets,
            settings=replace(SETTINGS, retries=retries),
            login_of=login,
            known_hosts=keys,
            jump_hosts=JumpHosts(keys, 3),
            gate=gate or Gate(),
            platforms={"cisco_xe": SHOW},
            read=False,
        )
        began = time.monotonic()
        with writing(load(self.folder), "sweep") as store:
            sweep(plan, store, lambda outcome: self.outcomes.update({outcome.hostname: outcome}))
        return time.monotonic() - began


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@contextmanager
def stumbling(port: int, drops: int) -> Iterator[int]:
    """A port that drops the first connections and forwards the later ones."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def pump(source: socket.socket, sink: socket.socket) -> None:
            with suppress(OSError):
                while data := source.recv(65536):
                    sink.sendall(data)
            for end in (source, sink):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

        def serve() -> None:
            with suppress(OSError):
                for number in range(100):
                    client, _ = server.accept()
                    if number < drops:
                        client.close()
                        continue
                    with socket.create_connection(("127.0.0.1", port)) as behind:
                        other = threading.Thread(target=pump, args=(behind, client))
                        other.start()
                        pump(client, behind)
                        other.join()
                    client.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


@pytest.mark.parametrize(("retries", "status"), [(1, "ok"), (0, "unreachable")])
def test_a_transport_error_before_the_login_is_tried_again(
    box: Callable[[Script], Box], bench: Bench, retries: int, status: str
) -> None:
    made = box(answers({"show license all": "Count: 1\r\n"}))
    with stumbling(made.port, drops=1) as port:
        bench.sweep({"a": made}, ports={"a": port}, retries=retries)
    assert bench.outcomes["a"].status == status
    assert made.passwords == [PASSWORD] * (status == "ok")


def test_after_the_password_left_nobody_connects_again(box: Callable[[Script], Box], bench: Bench) -> None:
    async def drops(process: Any) -> None:
        process.stdout.write("R1#")
        await process.stdin.readline()

    made = box(drops)
    bench.sweep({"a": made}, retries=3)
    assert bench.outcomes["a"].status == "unreachable"
    assert made.passwords == [PASSWORD]


def test_a_wrong_password_goes_to_three_boxes_only(box: Callable[[Script], Box], bench: Bench) -> None:
    boxes = {f"h{n}": box(answers({})) for n in range(12)}
    bench.sweep(boxes, password="wrong-word", lockout_after=4, retries=2)
    assert sum(len(one.passwords) for one in boxes.values()) == 3
    statuses = sorted(outcome.status for outcome in bench.outcomes.values())
    assert statuses == ["auth-failed"] * 3 + ["skipped"] * 9
    assert all("no more are sent" in str(o.reason) for o in bench.outcomes.values() if o.status == "skipped")


def test_three_broken_boxes_at_the_front_skip_no_healthy_one(box: Callable[[Script], Box], bench: Bench) -> None:
    boxes = {f"h{n:02}": box(answers({"show license all": "Count: 1\r\n"}), knows=n >= 3) for n in range(12)}
    bench.sweep(boxes, lockout_after=5)
    assert [outcome.status for _, outcome in sorted(bench.outcomes.items())] == ["auth-failed"] * 3 + ["ok"] * 9


@pytest.mark.parametrize("ending", ["refused", "disconnect", "drop", "silence"])
def test_an_aaa_server_that_dies_in_the_middle_gets_nine_passwords(
    box: Callable[[Script], Box], bench: Bench, ending: str
) -> None:
    """Whatever the ending of a login, the account is never locked; today's devices count to ten."""
    aaa = Aaa(endings=["right"] * 5 + [ending] * 99)
    boxes = {f"h{n:02}": box(answers({"show license all": "Count: 1\r\n"}), aaa=aaa) for n in range(30)}
    bench.sweep(boxes, retries=2)
    assert aaa.most_in_a_row <= 9
    counts = Counter(outcome.status for outcome in bench.outcomes.values())
    assert counts["ok"] == 5
    assert counts["skipped"] >= 16


@pytest.mark.parametrize("seed", range(10))
def test_no_mixture_of_endings_locks_the_account(box: Callable[[Script], Box], bench: Bench, seed: int) -> None:
    """An AAA server that locks at four in a row, whose logins end in any way, in any order."""
    luck = random.Random(seed)
    endings = luck.choices(["right", "refused", "disconnect", "drop"], weights=[5, 2, 1, 1], k=40)
    aaa = Aaa(endings=endings)
    boxes = {f"h{n:02}": box(answers({"show license all": "Count: 1\r\n"}), aaa=aaa) for n in range(25)}
    bench.sweep(boxes, retries=1, lockout_after=4)
    assert aaa.most_in_a_row < 4
    assert len(bench.outcomes) == 25


def test_full_vty_lines_are_told_and_tried_again(box: Callable[[Script], Box], bench: Bench) -> None:
    tries = 0

    async def full_at_first(process: Any) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            process.stdout.write("% CLI session limit 32 reached\r\n")
        else:
            await answers({"show license all": "Count: 1\r\n"})(process)

    bench.sweep({"a": box(full_at_first)}, retries=1)
    assert bench.outcomes["a"].status == "ok"
    tries = 0
    bench.sweep({"a": box(full_at_first)})
    assert (bench.outcomes["a"].status, "32 reached" in str(bench.outcomes["a"].reason)) == ("unreachable", True)


def test_enable_answers_and_the_level_is_recorded(box: Callable[[Script], Box], bench: Bench) -> None:
    heard: list[str] = []
    bench.sweep({"a": box(device(heard))}, enable=SECRET)
    assert bench.outcomes["a"].status == "ok"
    assert heard.count(f"secret:{SECRET}") == 1
    assert [one.level for one in captured(bench.folder)] == ["enable"]


def test_the_deadline_of_the_sweep_cuts_what_hangs(box: Callable[[Script], Box], bench: Bench) -> None:
    async def hangs(process: Any) -> None:
        await asyncio.sleep(60)

    boxes = {"good": box(answers({"show license all": "Count: 1\r\n"}))} | {f"h{n}": box(hangs) for n in range(8)}
    took = bench.sweep(boxes, gate=Gate(deadline=2.0))
    assert took < 4
    assert bench.outcomes.pop("good").status == "ok"
    assert {(o.status, o.reason) for o in bench.outcomes.values()} == {("skipped", "the sweep's deadline has passed")}


def test_a_signal_right_after_the_snapshot_began_leaves_no_host_out(
    box: Callable[[Script], Box], bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_prepare", lambda _: signal.raise_signal(signal.SIGINT))
    bench.sweep({"one": box(answers({"show license all": "Count: 1\r\n"}))})
    with reading(load(bench.folder)) as store:
        assert [(one.state, one.outcomes) for one in store.snapshots()] == [("interrupted", {"skipped": 1})]


def test_a_host_that_is_being_stored_when_the_sweep_ends_is_kept(box: Callable[[Script], Box], bench: Bench) -> None:
    """Another program holds the database when the answer comes, and the sweep is interrupted meanwhile."""
    gate, asked, held = Gate(), threading.Event(), threading.Event()

    async def waits(process: Any) -> None:
        asked.set()
        while not held.is_set():
            await asyncio.sleep(0.01)
        await answers({"show license all": "Count: 1\r\n"})(process)

    def hold_and_interrupt() -> None:
        asked.wait(5)
        with closing(sqlite3.connect(bench.folder / "licsweep.db", isolation_level=None)) as raw:
            raw.execute("BEGIN IMMEDIATE")
            held.set()
            time.sleep(0.8)
            gate.end(INTERRUPTED)
            time.sleep(2.5)  # longer than running sessions are waited for
            raw.execute("ROLLBACK")

    other = threading.Thread(target=hold_and_interrupt)
    other.start()
    bench.sweep({"a": box(waits)}, gate=gate)
    other.join()
    assert bench.outcomes["a"].status == "ok"
    with closing(sqlite3.connect(bench.folder / "licsweep.db")) as raw:
        assert raw.execute("SELECT hostname, status FROM host_result").fetchall() == [("a", "ok")]
