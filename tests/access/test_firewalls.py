"""Sessions with FTD, the CLI of FMC, and FXOS: other prompts are told, slow devices waited for."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from licsweep import errors
from licsweep.access.clish import ClishSession
from licsweep.access.login import Limits
from licsweep.platforms import Command, Platform
from tests.access.conftest import Box, Script, answers
from tests.access.test_session import eventually
from tests.access.test_transcripts import played, whole

Start = Callable[..., Box]
LIMITS = Limits(connect=5, command=9, device=20)
BRIEF = Limits(connect=5, command=1.5, device=12)


@pytest.mark.parametrize(
    "prompt",
    [
        "admin@fmc-1:~$ ",
        "root@ftd-1:/home/admin# ",
        "firepower# ",
        "FP# ",
        "fw-1> ",
        "bash-4.4$ ",
        "$ ",
        "# ",
        "a-module1>",
    ],
)
def test_another_prompt_at_the_login_is_told(box: Start, prompt: str) -> None:
    typed: list[str] = []
    steps = [{"receive": [f"Last login: today\r\n{prompt}"]}, {"send": "\n", "receive": [f"\r\n{prompt}"]}]
    with pytest.raises(errors.AuthFailed, match="does not get the CLI") as caught:
        box(played(steps, typed, whole)).session("cisco_ftd", limits=BRIEF).open()
    assert prompt.strip() in caught.value.why
    assert "".join(typed) == "\n"


def test_another_prompt_behind_a_command_is_told_and_its_answer_not_read(box: Start) -> None:
    steps = [
        {"receive": ["> "]},
        {"send": "show version\n", "receive": ["show version\r\nModel : x\r\nfirepower# "]},
        {"send": "\n", "receive": ["\r\nfirepower# "]},
    ]
    session = box(played(steps, [], whole)).session("cisco_ftd", limits=BRIEF)
    session.open()
    with pytest.raises(errors.SessionDropped, match="left the CLI") as caught:
        session.ask("show version")
    session.close()
    assert "firepower#" in caught.value.why


def test_a_line_that_looks_like_another_prompt_ends_nothing(box: Start) -> None:
    text = "firepower# \r\nadmin@ftd:~$ \r\nlast\r\n"
    session = box(answers({"show version": text}, prompt="> ", bytewise=True)).session("cisco_ftd", limits=LIMITS)
    session.open()
    assert session.ask("show version") == "firepower# \nadmin@ftd:~$ \nlast\n"
    session.close()


@pytest.mark.parametrize("pause", [0.15, 0.4])
def test_a_stream_that_drips_is_waited_for(box: Start, pause: float) -> None:
    async def script(process: Any) -> None:
        process.stdout.write("> ")
        await process.stdin.readline()
        for piece in ("show ver", "sion\r\nMod", "el : a\r\n> ", "b\r\n>", " \r\nend\r\n> "):
            process.stdout.write(piece)
            await asyncio.sleep(pause)
        await process.stdin.read(1)

    session = box(script).session("cisco_ftd", limits=LIMITS)
    session.open()
    assert session.ask("show version") == "Model : a\n> b\n> \nend\n"
    session.close()


def test_a_prompt_before_the_echo_ends_nothing(box: Start) -> None:
    async def script(process: Any) -> None:
        process.stdout.write("> ")
        await process.stdin.readline()
        process.stdout.write("\r\nBroadcast message from root\r\n> ")
        await asyncio.sleep(0.7)
        process.stdout.write("show version\r\nModel : a\r\n> ")
        await process.stdin.read(1)

    session = box(script).session("cisco_ftd", limits=LIMITS)
    session.open()
    assert session.ask("show version") == "Model : a\n"
    session.close()


def test_a_refused_command_never_runs_into_the_next_one(box: Start) -> None:
    heard: list[str] = []

    async def script(process: Any) -> None:
        process.stdout.write("> ")
        line = ""
        while key := await process.stdin.read(1):
            line = "" if key == "\x15" else line + key
            if key != "\n":
                continue
            heard.append(line)
            if line.strip() == "show managers":
                process.stdout.write("show managers\r\nManaged locally.\r\n> ")
                line = ""
            elif line.strip():
                process.stdout.write("\r\nSyntax error: Illegal parameter\r\n> ")
                await asyncio.sleep(0.6)  # what stays typed comes later than the prompt
                line = line.strip()
                process.stdout.write(line + "\a")
            else:
                process.stdout.write("\x1b[12D\x1b[J\r\n> ")
                line = ""

    session = box(script).session("cisco_ftd", limits=LIMITS)
    session.open()
    assert "Syntax error" in session.ask("show failover")
    assert session.ask("show managers") == "Managed locally.\n"
    session.close()
    eventually(lambda: heard == ["show failover\n", "\n", "show managers\n", "exit\n"])


def test_the_cli_of_fmc_is_the_same(box: Start) -> None:
    record = Platform(name="fmc_cli", session="clish", commands=(Command(line="show version"),))
    made = box(answers({"show version": "Model : Cisco Firepower Management Center for VMWare (66)\r\n"}, prompt="> "))
    session = ClishSession(made.login(), record, made.known_hosts, LIMITS)
    session.open()
    assert session.ask("show version") == "Model : Cisco Firepower Management Center for VMWare (66)\n"
    session.close()


@pytest.mark.parametrize(
    ("platform", "line"),
    [
        *(
            ("cisco_ftd", line)
            for line in ("expert", "system support diagnostic-cli", "configure manager delete", "sh version")
        ),
        *(
            ("cisco_fxos", line)
            for line in ("commit-buffer", "connect module 1 console", "connect fxos", "scope license x")
        ),
        *(("cisco_asa", line) for line in ("connect fxos", "connect fxos admin")),
        *((name, "show version\x15") for name in ("cisco_ftd", "cisco_fxos")),
        ("cisco_fxos", "\x15"),
    ],
)
def test_what_leaves_or_changes_is_never_sent(box: Start, platform: str, line: str) -> None:
    prompt = "> " if platform == "cisco_ftd" else "fw-1# "
    session = box(answers({}, prompt=prompt)).session(platform, limits=LIMITS)
    session.open()
    with pytest.raises(errors.CommandNotAllowed):
        session.ask(line)
    session.close()


@pytest.mark.parametrize("prompt", ["> ", "fw-1-module1> ", "fw-1> "])
def test_what_is_no_chassis_is_told(box: Start, prompt: str) -> None:
    with pytest.raises(errors.AuthFailed, match="FXOS") as caught:
        box(answers({}, prompt=prompt)).session("cisco_fxos", limits=BRIEF).open()
    assert prompt.strip() in caught.value.why


def scoped(scopes: tuple[str, ...]) -> Script:
    """A chassis that knows these scopes; every `show` is answered with the prompt that it was asked at."""

    async def script(process: Any) -> None:
        prompt = "fw-1# "
        process.stdout.write(prompt)
        while line := (await process.stdin.readline()).strip():
            first, *words = line.split()
            said = f"{prompt}\r\n" if first == "show" else ""
            if first == "scope":
                known = words[0] in scopes
                said = "" if known else "% Invalid Command at '^' marker\r\n"
                prompt = f"fw-1 /{words[0]} # " if known else prompt
            elif line == "top":
                prompt = "fw-1# "
            process.stdout.write(f"{line}\r\n{said}{prompt}")

    return script


def test_nothing_is_asked_in_a_scope_that_was_refused(box: Start) -> None:
    asked = ["scope ssa", "show app-instance detail", "top", "scope license", "show license all", "top", "show version"]
    for scopes, missing in ((("ssa", "license"), set()), (("ssa",), {"show license all"}), ((), {asked[1], asked[4]})):
        session = box(scoped(scopes)).session("cisco_fxos", limits=LIMITS)
        session.open()
        got = {answer.command: answer.text for answer in session.answers(asked)}
        session.close()
        assert set(asked) - set(got) == missing
        assert got.get("show license all", "fw-1 /license # \n") == "fw-1 /license # \n"


def test_auto_sees_clish_and_asks_no_pager_switch(box: Start) -> None:
    heard: list[str] = []

    async def script(process: Any) -> None:
        process.stdout.write("Cisco Firepower 1010 Threat Defense v7.4.2 (build 172)\r\n\r\n> ")
        while line := await process.stdin.readline():
            heard.append(line)
            process.stdout.write(line.replace("\n", "\r\n") + ("Model : x\r\n" if "version" in line else "") + "> ")

    session = box(script).session("auto", limits=BRIEF)
    session.open()
    assert session.ask("show version") == "Model : x\n"
    session.close()
    eventually(lambda: heard[-2:] == ["show version\n", "exit\n"])
    assert not [line for line in heard if "terminal" in line]
