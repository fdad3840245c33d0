"""Commands typed ahead bring the same answers as one by one."""

from collections.abc import Callable
from typing import Any

import pytest

from licsweep.errors import CommandNotAllowed
from tests.access.conftest import Box, Script, answers

COMMANDS = ("show version", "show license all", "show license usage")
REPLIES = {
    "show version": "Cisco IOS XE\r\n",
    "show license all": "".join(f"line {n}\r\n" for n in range(300)),
    "show license usage": "",
}
EXPECTED = [text.replace("\r\n", "\n") for text in REPLIES.values()]


def gathered(box: Box, *, type_ahead: bool, platform: str = "cisco_xe") -> list[str]:
    connection = box.session(platform)
    connection.open()
    try:
        return [answer.text for answer in connection.answers(COMMANDS, type_ahead=type_ahead)]
    finally:
        connection.close()


@pytest.mark.parametrize("prompt", ["R1#", "\rR1# "])
@pytest.mark.parametrize("bytewise", [False, True])
@pytest.mark.parametrize("type_ahead", [False, True])
def test_the_same_answers(box: Callable[[Script], Box], type_ahead: bool, bytewise: bool, prompt: str) -> None:
    made = box(answers(REPLIES, prompt=prompt, bytewise=bytewise))
    assert gathered(made, type_ahead=type_ahead) == EXPECTED


def test_prompt_text_in_an_answer(box: Callable[[Script], Box]) -> None:
    confusing = REPLIES | {"show version": "R1#\r\nR1# show\r\nR1#\r\n"}
    made = box(answers(confusing))
    assert gathered(made, type_ahead=True) == [confusing[c].replace("\r\n", "\n") for c in COMMANDS]


def test_a_pager_that_stays_is_never_fed_commands(box: Callable[[Script], Box]) -> None:
    heard: list[str] = []

    async def script(process: Any) -> None:
        process.stdout.write("R1#")
        while line := (await process.stdin.readline()).rstrip("\n"):
            heard.append(line)
            refused = "Command authorization failed.\r\n" if line.startswith("terminal") else "text\r\n"
            process.stdout.write(f"{line}\r\n{refused}R1#")

    assert gathered(box(script), type_ahead=True) == ["text\n"] * 3


def test_the_allow_list_holds(box: Callable[[Script], Box]) -> None:
    made = box(answers(REPLIES))
    connection = made.session()
    connection.open()
    with pytest.raises(CommandNotAllowed):
        list(connection.answers(("show version", "reload"), type_ahead=True))
    connection.close()
