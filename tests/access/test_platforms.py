"""Records and kinds of session come through entry points; one that breaks the rules is refused, its package named."""

from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from types import SimpleNamespace
from typing import Any

import pytest

from licsweep import platforms
from licsweep.access import session as sessions
from licsweep.errors import UsageError
from licsweep.platforms import Command, Platform
from tests.access.conftest import Box, Script, answers

Install = Callable[..., None]


class Quiet(sessions.IosSession):
    lines = ()


GOOD = Platform(name="toy_box", session="quiet", pager_off="terminal pager 0", commands=(Command(line="show license"),))


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Adds an entry point of a package `toy` to those that are installed."""
    module = SimpleNamespace()
    added: list[tuple[str, EntryPoint]] = []
    real = platforms.entry_points

    def add(group: str, name: str, value: Any) -> None:
        setattr(module, f"value{len(added)}", value)
        entry = EntryPoint(name, f"toy:value{len(added)}", group)
        vars(entry)["dist"] = SimpleNamespace(name="toy")
        added.append((group, entry))

    def forget() -> None:
        platforms.platforms.cache_clear()
        sessions.kinds.cache_clear()

    monkeypatch.setitem(__import__("sys").modules, "toy", module)
    monkeypatch.setattr(
        platforms, "entry_points", lambda group: [*real(group=group), *(entry for g, entry in added if g == group)]
    )
    forget()
    yield add
    forget()


def test_a_record_and_a_kind_of_another_package(install: Install, box: Callable[[Script], Box]) -> None:
    install(platforms.GROUP, "toy_box", GOOD)
    install(sessions.GROUP, "quiet", Quiet)
    assert platforms.get("toy_box") is GOOD
    made = box(answers({"terminal pager 0": "", "show license": "Count: 1\r\n"}))
    session = made.session("toy_box")
    session.open()
    assert [answer.text for answer in session.answers(["show license"])] == ["Count: 1\n"]
    session.close()


def test_auto_that_needs_another_kind_is_said(install: Install, box: Callable[[Script], Box]) -> None:
    install(platforms.GROUP, "toy_box", GOOD)
    install(sessions.GROUP, "quiet", Quiet)
    session = box(answers({"show version": "Toy\r\n"})).session("auto")
    session.open()
    assert not session.continue_as(GOOD)
    assert session.continue_as(platforms.get("cisco_xr"))
    session.close()


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (Platform(name="toy_box", session="ios", commands=(Command(line="conf t"),)), "`configure` is never sent"),
        (Platform(name="toy_box", session="ios", commands=(), may_send=("show x | y",)), "only words"),
        (Platform(name="toy_box", session="ios", commands=(), may_send=("show license | json",)), "only words"),
        (Platform(name="toy_box", session="ios", commands=(), pager_off="license smart sync"), "never sent"),
        (Platform(name="other", session="ios", commands=()), "no Platform of the name toy_box"),
        ("no record at all", "no Platform of the name toy_box"),
    ],
)
def test_a_record_that_breaks_the_rules_is_refused_by_its_package(install: Install, record: Any, why: str) -> None:
    install(platforms.GROUP, "toy_box", record)
    with pytest.raises(UsageError, match="toy_box of the package toy can't be used") as caught:
        platforms.platforms()
    assert why in (caught.value.why or "")
    assert caught.value.hint == "pip uninstall toy"


def test_one_name_is_one_platform_and_one_kind(install: Install) -> None:
    install(platforms.GROUP, "cisco_xe", Platform(name="cisco_xe", session="ios", commands=()))
    with pytest.raises(UsageError, match="cisco_xe of the package toy") as caught:
        platforms.platforms()
    assert caught.value.why == "licsweep has one of that name already"
    install(sessions.GROUP, "ios", Quiet)
    with pytest.raises(UsageError, match="ios of the package toy"):
        sessions.kinds()
