"""Hosts that are gone: retired from a moment on, brought back, both kept; and those that left the inventory."""

from datetime import UTC, datetime, timedelta

import pytest

from licsweep.errors import UsageError
from licsweep.jobs import judge, retire
from licsweep.model import Observation
from licsweep.settings import Project
from licsweep.store import reading, writing
from tests.cli.conftest import licsweep
from tests.store.conftest import NOW, ONE, result, save

DAY = timedelta(days=1)


@pytest.fixture
def swept(project: Project) -> Project:
    """Hosts a and b, which a sweep read."""
    with writing(project, "sweep") as store:
        save(store, "a", NOW, licenses=ONE)
        save(store, "b", NOW, licenses=ONE)
    return project


def retired(project: Project, at: datetime, hostname: str = "a") -> bool:
    with reading(project) as store:
        (state,) = store.host_states(as_of=at, hostname=hostname)
    assert state.observation, "what it said stays"
    return state.retired is not None


def test_retired_from_a_moment_until_it_is_undone(swept: Project) -> None:
    (made,) = retire.retire(swept, "a", why="replaced", at=NOW + 5 * DAY)
    assert (made.why, made.undone_at) == ("replaced", None)
    times = [NOW + 4 * DAY, NOW + 5 * DAY, NOW + 8 * DAY]
    assert [retired(swept, at) for at in times] == [False, True, True]
    assert not retired(swept, NOW + 9 * DAY, "b"), "negative control"
    (made,) = retire.undo(swept, "a", at=NOW + 7 * DAY, why="it is back")
    assert (made.undone_at, made.undone_why) == (NOW + 7 * DAY, "it is back")
    assert [retired(swept, at) for at in times] == [False, True, False], "on a date before, it was retired"
    assert len(retire.retire(swept, "a", why="gone again", at=NOW + 9 * DAY)) == 2
    assert retired(swept, NOW + 9 * DAY)


def test_its_reservation_is_returned_later(swept: Project) -> None:
    retire.retire(swept, "a", why="scrapped", at=NOW + DAY)
    with pytest.raises(UsageError, match="already retired"):
        retire.retire(swept, "a", why="scrapped", at=NOW + 2 * DAY)
    history = retire.retire(swept, "a", why="code entered", at=NOW + 3 * DAY, reservation_returned=True)
    assert [one.reservation_returned for one in history] == [False, True]
    with reading(swept) as store:
        returned = [store.retirements(NOW + days * DAY)["a"].reservation_returned for days in (2, 3)]
    assert returned == [False, True]
    assert all(one.undone_at for one in retire.undo(swept, "a")), "bringing it back undoes both"


def test_what_can_not_be_retired(swept: Project) -> None:
    with pytest.raises(UsageError, match="never collected") as caught:
        retire.retire(swept, "aa", why="x")
    assert caught.value.hint == "licsweep retire a"
    with pytest.raises(UsageError, match="answered after") as caught:
        retire.retire(swept, "a", why="x", at=NOW - DAY)
    assert caught.value.hint.endswith("--force")
    with pytest.raises(UsageError, match="not retired"):
        retire.undo(swept, "a")
    assert len(retire.retire(swept, "a", why="x", at=NOW - DAY, force=True)) == 1


def test_hosts_that_left_the_inventory(swept: Project) -> None:
    """A host known from texts alone has no inventory to leave; without an inventory none has left."""
    with writing(swept, "ingest") as store:
        texts = store.begin("ingest", "captures", 1, NOW)
        store.save_host(texts, result("c", observation=Observation(hostname="c", licenses=ONE)))
    at = datetime(2026, 12, 1, tzinfo=UTC)
    assert not any(state.left_inventory for state in judge.gather(swept, as_of=at).states)
    folder = swept.folder / "inventory"
    folder.mkdir()
    (folder / "hosts.yaml").write_text("a: {platform: cisco_xe}\n")
    states = judge.gather(swept, as_of=at).states
    assert {state.hostname: state.left_inventory for state in states} == {"a": False, "b": True, "c": False}
    given = ("--as-of", "2026-12-01", "--project", swept.folder)
    shown = {name: licsweep("show", name, *given, LICSWEEP_DATABASE=swept.settings.database).out for name in "abc"}
    assert [name for name, text in shown.items() if "no longer lists it" in text] == ["b"]
