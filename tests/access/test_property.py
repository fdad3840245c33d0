"""Whatever commands a plug-in, an inventory or a setting asks for: a device hears allow-listed lines, pager keys and
the secrets that it asked for, and nothing else."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licsweep.access.allowlist import AllowList
from licsweep.errors import AccessError, CommandNotAllowed
from licsweep.platforms import get
from tests.access.conftest import LIMITS, Box, Script
from tests.fuzzing import examples

SECRET = "loopback-enable"
XE = AllowList(get("cisco_xe"), "sweep", ("enable",))
commands = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["show version", "show license all", "reload", "configure terminal", "enable", "exit"]),
    st.builds(
        lambda text, tail: text + tail,
        st.sampled_from(["show version", "show license all"]),
        st.sampled_from(["", "\n", "\r\nreload", " | redirect x", ";reload", "\x1a", " \u2028reload"]),
    ),
)


@pytest.fixture
def recorder(box: Callable[[Script], Box]) -> tuple[Box, list[str]]:
    """A box that records every character, answers each line, and pages."""
    heard: list[str] = []

    async def script(process: Any) -> None:
        process.stdout.write("R1>")
        line = ""
        while key := await process.stdin.read(1):
            heard.append(key)
            if key not in "\r\n":
                line += key
                continue
            if line == "enable":
                process.stdout.write("enable\r\nPassword: ")
            elif line.startswith("show"):
                process.stdout.write(f"{line}\r\none\r\n --More-- ")
                heard.append(await process.stdin.read(1))
                process.stdout.write("\b \btwo\r\nR1>")
            else:
                process.stdout.write(f"{line}\r\nR1>")
            line = ""

    return box(script), heard


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.lists(commands, max_size=3), type_ahead=st.booleans(), raise_level=st.booleans())
def test_only_the_list_is_heard(
    recorder: tuple[Box, list[str]], asked: list[str], type_ahead: bool, raise_level: bool
) -> None:
    made, heard = recorder
    heard.clear()
    login = replace(made.login(), enable_secret=SECRET)
    connection = made.session(login=login, limits=replace(LIMITS, command=1))
    connection.open()
    with suppress(AccessError):
        list(connection.answers(asked, type_ahead=type_ahead))
    if raise_level:
        with suppress(AccessError):
            connection.enable()
    connection.close()
    for line in "".join(heard).replace(" --More-- ", "").split("\n"):
        if line.strip(" ") in ("", SECRET):
            continue
        XE.check(line.strip(" ") + "\n")


def test_the_check_can_fail() -> None:
    with pytest.raises(CommandNotAllowed):
        XE.check("reload\n")
