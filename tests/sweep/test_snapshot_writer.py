"""Hosts go into a snapshot once; a sweep that ends waits for what is being stored, not for what takes long to read."""

import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from licsweep.host_result import HostResult
from licsweep.model import Outcome
from licsweep.reading.host_report import HostReport, capture
from licsweep.settings import load
from licsweep.store import writing
from licsweep.sweep import snapshot_writer
from licsweep.sweep.gate import INTERRUPTED, Gate
from licsweep.sweep.snapshot_writer import SnapshotWriter

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_a_text_that_takes_long_is_stored_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that computes for a minute (an event stands in for it) holds up no sweep that is over."""
    release = threading.Event()
    monkeypatch.setattr(snapshot_writer, "read_report", lambda report: (release.wait(60), report)[1])
    monkeypatch.setattr(snapshot_writer, "READING_SECONDS", 0.1)
    report = HostReport(
        platform="cisco_xe",
        outcome=Outcome(hostname="acc-01", status="ok"),
        tried_at=NOW,
        captures=(capture("acc-01", "show version", "Cisco IOS XE\n", NOW),),
    )
    gate, heard = Gate(), []
    with writing(load(tmp_path), "sweep") as store:
        snapshot = store.begin("sweep", "all hosts", 2, NOW)
        writer = SnapshotWriter(store, snapshot, gate, read=True, progress=heard.append)
        reader = threading.Thread(target=writer.host_ended, args=(report,))
        reader.start()
        while not writer._reading:
            time.sleep(0.01)
        gate.end(INTERRUPTED)
        began = time.monotonic()
        writer.leave(["acc-01", "acc-02"])
        assert time.monotonic() - began < 30
        release.set()
        reader.join()
        assert [(one.status, one.gathered) for one in writer.outcomes] == [("ok", True), ("skipped", False)]
        assert [one.gathered for one in heard] == [True]
        assert [one.text for one in store.captures(snapshot, "acc-01")] == ["Cisco IOS XE\n"]


def test_a_progress_that_fails_loses_no_host(tmp_path: Path) -> None:
    def broken(outcome: Outcome) -> None:
        raise BrokenPipeError(outcome.hostname)

    gate = Gate()
    with writing(load(tmp_path), "sweep") as store:
        snapshot = store.begin("sweep", "all hosts", 2, NOW)
        writer = SnapshotWriter(store, snapshot, gate, read=False, progress=broken)
        for name in ("acc-01", "acc-02"):
            outcome = Outcome(hostname=name, status="unreachable", reason="nobody there")
            writer.host_ended(HostReport(platform="cisco_xe", outcome=outcome, tried_at=NOW))
        assert [one.status for one in writer.outcomes] == ["unreachable"] * 2
    assert not gate.stop.is_set()
    assert not writer.errors


@pytest.mark.parametrize("refused", [[], ["acc-3"]])
def test_hosts_that_wait_are_stored_together_and_none_takes_another_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: list[str]
) -> None:
    """While acc-0 is being stored five more end: one transaction for them all, and one each where one is refused."""
    names = [f"acc-{number}" for number in range(6)]
    begun, release, tried = threading.Event(), threading.Event(), list[list[str]]()
    with writing(load(tmp_path), "sweep") as store:
        save_host, snapshot = store.save_host, store.begin("sweep", "all hosts", 6, NOW)

        def slow(snapshot_id: int, *results: HostResult) -> None:
            tried.append(sorted(one.outcome.hostname for one in results))
            begun.set()
            assert release.wait(60)
            save_host(snapshot_id, *results)

        monkeypatch.setattr(store, "save_host", slow)
        writer = SnapshotWriter(store, snapshot, Gate(), read=False, progress=lambda _: None)
        threads = []
        for number, name in enumerate(names):
            at: Any = None if name in refused else NOW  # a row without a time is refused
            report = HostReport(platform="x", outcome=Outcome(hostname=name, status="ok"), tried_at=at)
            threads.append(threading.Thread(target=writer.host_ended, args=(report,)))
            threads[-1].start()
            assert begun.wait(60)
            while len(writer._waiting) < number:
                time.sleep(0.01)
        release.set()
        for thread in threads:
            thread.join()
        good = [name for name in names if name not in refused]
        assert tried[:2] == [names[:1], names[1:]]
        assert sorted(tried[2:]) == ([[name] for name in names[1:]] if refused else [])
        assert sorted(one.hostname for one in store.outcomes(snapshot)) == good
        assert sorted(one.hostname for one in writer.outcomes) == good
    assert [error.partition(":")[0] for error in writer.errors] == refused
