"""What `prune` leaves: of every date that may still be asked for all that was known, every text and its sha256."""

import os
import random
import signal
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from licsweep.errors import StoreError, UsageError
from licsweep.model import LicenseUse, Observation
from licsweep.settings import Project
from licsweep.store import Store, pruning, reading, writing
from licsweep.store.lock import is_locked
from tests.store.conftest import NOW, ONE, capture, raw, result, save

NIGHT = timedelta(days=1)
NIGHTS, HOSTS = 10, ("a", "b", "c")
STABLE = "".join(f"  feature-{number} (C9300-{number} Advantage):\n    Count: {number}\n" for number in range(60))


def history(store: Store, seed: int) -> None:
    """Nights of sweeps in which hosts answer, are cut off, are silent or are not read; some texts are read again."""
    dice, holders = random.Random(seed), list[tuple[int, str, datetime]]()
    for night in range(NIGHTS):
        at = NOW + night * NIGHT
        snapshot = store.begin("sweep", "all hosts", len(HOSTS), at)
        for host in dice.sample(HOSTS, dice.choice((2, 3))):
            tried = at + timedelta(minutes=dice.randrange(90))
            ended = dice.choice(("ok", "ok", "ok", "partial", "unreachable", "gathered"))
            text = (STABLE if dice.random() < 0.8 else STABLE[:: dice.choice((-1, 2))]) + f"uptime {night}\n"
            more: dict[str, Any] = {"captures": (capture(text),)} if ended != "unreachable" else {}
            if ended in ("ok", "partial"):
                more["observation"] = seen(host, tried, night, complete=ended == "ok")
            store.save_host(snapshot, result(host, tried, "ok" if ended == "gathered" else ended, **more))
            holders += [(snapshot, host, tried)] if more else []
        store.end(snapshot, "complete", at + timedelta(minutes=90))
        if dice.random() < 0.4:
            again = store.begin("reparse", "newest captures", 1, at + NIGHT / 2)
            of, host, tried = dice.choice(holders)
            read = seen(host, tried, 100 + night, complete=dice.random() < 0.7)
            store.save_host(again, result(host, tried, observation=read, captured_in=of))
            store.end(again, "complete", at + NIGHT / 2)


def seen(host: str, at: datetime, count: int, *, complete: bool) -> Observation:
    uses = (LicenseUse(name="x", count=count), *(LicenseUse(name=f"feature-{one}") for one in range(20)))
    return Observation(hostname=host, captured_at=at, licenses=uses, complete=complete, platform=f"p{count}")


def known(store: Store, since: datetime) -> Any:
    """All that can be asked of the dates and snapshots from a moment on."""
    moments = [since, *(at for at in (NOW + half * NIGHT / 2 for half in range(2, 2 * NIGHTS + 2)) if at > since)]
    whole = [one for one in store.snapshots() if one.state != "pruned" and one.started_at > since]
    texts = [
        store.captures(one.captured_in, one.outcome.hostname)
        for snapshot in whole
        for one in store.results(snapshot.id)
        if one.captured_in is not None
    ]
    now = moments[-1]
    return [
        [store.host_states(as_of=at) for at in moments],
        [store.host_states(as_of=now, known_by=one.id) for one in whole],
        [(store.results(one.id), one) for one in whole],
        [store.platforms(now), store.last_answer("a"), store.captured_in(), store.hostnames(swept=True), texts],
    ]


def readable(store: Store) -> int:
    """How many results are stored, each of which reads back with its texts."""
    found = [one for snapshot in store.snapshots() for one in store.results(snapshot.id)]
    for one in found:
        assert one.captured_in is None or store.captures(one.captured_in, one.outcome.hostname)
    return len(found)


@pytest.mark.parametrize("seed", range(2))
def test_of_every_date_that_is_left_all_is_known_that_was(store: Store, seed: int) -> None:
    history(store, seed)
    stored, now = readable(store), NOW + NIGHTS * NIGHT
    for keep in (6 * NIGHT, 2):
        would = store.prune(keep, now, dry_run=True)
        assert would.dates_from
        assert would.removed
        before = known(store, would.dates_from)
        assert store.prune(keep, now, dry_run=False) == would
        assert known(store, would.dates_from) == before
        assert readable(store) == (stored := stored - would.removed)
        with pytest.raises(UsageError, match="not all that was known then"):
            store.host_states(as_of=would.dates_from - timedelta(seconds=1))
        assert store.prune(keep, now, dry_run=True) == (0, 0, 0, 0, would.dates_from), "nothing is left to do"
    with pytest.raises(UsageError, match="snapshot 1: no longer whole"):
        store.newest_try(1)
    assert store.snapshots()[0].outcomes == {}


@pytest.mark.parametrize("column", ["texts_base", "base_snapshot_id", "captured_in"])
def test_what_is_kept_needs_what_it_rests_on(store: Store, project: Project, column: str) -> None:
    """Negative control: what was kept for that reason alone is missed when it is gone."""
    history(store, 1)
    store.prune(2, NOW + NIGHTS * NIGHT, dry_run=False)
    assert readable(store)
    needed = (
        f"SELECT 1 FROM host_result r WHERE r.hostname = host_result.hostname AND r.{column} = host_result.snapshot_id"
    )
    raw(project, f"DELETE FROM host_result WHERE EXISTS ({needed} AND r.snapshot_id <> host_result.snapshot_id)")
    with pytest.raises((StoreError, AssertionError, AttributeError)):
        readable(store)


def test_the_last_good_observation_of_a_silent_host_stays_and_the_newest_run_of_each_kind(store: Store) -> None:
    first, ingested = save(store, "silent", NOW, licenses=ONE), store.begin("ingest", "files", 0, NOW)
    store.end(ingested, "complete", NOW)
    for night in range(1, 6):
        save(store, "silent", NOW + night * NIGHT, "unreachable")
    done = store.prune(NIGHT, NOW + 5 * NIGHT, dry_run=False)
    (silent,) = store.host_states(as_of=NOW + 6 * NIGHT)
    assert (silent.snapshot_id, silent.outcome, silent.observation is not None) == (first, "unreachable", True)
    assert (done.removed, done.kept) == (2, 2), "the last good one and the last try before the date"
    states = {one.id: one.state for one in store.snapshots()}
    assert (states[first], states[ingested]) == ("pruned", "complete")


def test_a_prune_that_is_killed_loses_nothing_and_is_gone_on_with(file_project: Project) -> None:
    with writing(file_project, "test") as store:
        history(store, 3)
        now = NOW + NIGHTS * NIGHT
        would = store.prune(3, now, dry_run=True)
        assert would.dates_from
        before, stored = known(store, would.dates_from), readable(store)
    for killed_at in (3, 4):  # the first closes what was left behind, the second marks the snapshots
        if (child := os.fork()) == 0:
            kill_at(killed_at)
            with writing(file_project, "prune") as store:
                store.prune(3, now, dry_run=False)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        assert not is_locked(Path(file_project.folder / "licsweep.lock"))
        with reading(file_project) as store:
            assert known(store, would.dates_from) == before
            with pytest.raises(UsageError):
                store.host_states(as_of=NOW)
            left = readable(store)
            assert stored - would.removed < left <= stored
    with writing(file_project, "prune") as store:
        assert store.prune(3, now, dry_run=False).removed == left - (stored - would.removed)
        assert known(store, would.dates_from) == before


def kill_at(number: int) -> None:
    """Ends this process with SIGKILL in its transaction of that number, before it is committed."""
    change, made = pruning.Retention._change, list[int]()

    def killed(self: Any, statement: Any, *rows: Any) -> Any:
        made.append(1)
        if len(made) < number:
            return change(self, statement, *rows)
        with self._writing() as connection:
            connection.execute(statement)
            os.kill(os.getpid(), signal.SIGKILL)

    pruning.Retention._change = killed  # type: ignore[method-assign]
