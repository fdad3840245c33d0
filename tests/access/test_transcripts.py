"""Kinds of session without an ordinary prompt, replayed byte by byte from fixtures/sessions/<kind>."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from licsweep import errors
from licsweep.access.login import Limits
from tests.access.conftest import LIMITS as BRIEF
from tests.access.conftest import Box, Script, boxes
from tests.access.test_session import eventually

FOLDER = Path(__file__).parents[2] / "fixtures" / "sessions"
FILES = sorted(FOLDER.glob("*/*.yaml"))
LIMITS = Limits(connect=5, command=10, device=30)
Start = Callable[..., Box]
Pieces = Callable[[str], Sequence[str]]


def whole(text: str) -> Sequence[str]:
    return [text]


def bytewise(text: str) -> Sequence[str]:
    return text


def in_threes(text: str) -> Sequence[str]:
    return [text[start : start + 3] for start in range(0, len(text), 3)]


WAYS: tuple[Pieces, ...] = (whole, bytewise, in_threes)


def played(steps: Sequence[Mapping[str, Any]], typed: list[str], pieces: Pieces, pause: float = 0.0) -> Script:
    """A device that waits for what each step sends and answers with the step's bytes, in pieces."""

    async def script(process: Any) -> None:
        for step in steps:
            for wanted in step.get("send", ""):
                typed.append(await process.stdin.read(1))
                assert typed[-1] == wanted, f"typed {''.join(typed)!r}"
            for piece in pieces("".join(step["receive"])):
                process.stdout.write(piece)
                await process.stdout.drain()
                await asyncio.sleep(pause)
        typed.append(await process.stdin.read(100))

    return script


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[Path, Pieces], Future[None]]]:
    """Every session in every way, some at once: most of their time is silence that must be waited for."""
    with boxes(tmp_path_factory.mktemp("boxes")) as box:
        pool = ThreadPoolExecutor(12)
        yield {
            (file, pieces): pool.submit(reads_what_was_printed, box, file, pieces) for pieces in WAYS for file in FILES
        }
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
@pytest.mark.parametrize("pieces", WAYS, ids=lambda way: str(way.__name__))
def test_a_session_reads_what_was_printed(
    read: Mapping[tuple[Path, Pieces], Future[None]], file: Path, pieces: Pieces
) -> None:
    read[file, pieces].result()


def reads_what_was_printed(box: Start, file: Path, pieces: Pieces) -> None:
    case, typed = yaml.safe_load(file.read_text()), list[str]()
    session = box(played(case["steps"], typed, pieces, 0.02 if pieces is in_threes else 0)).session(
        case["platform"], limits=LIMITS
    )
    session.open()
    try:
        assert {command: session.ask(command) for command in case["answers"]} == case["answers"]
    finally:
        session.close()
    sent = "".join(step.get("send", "") for step in case["steps"])
    # the last line is lost where the connection ends while the device still writes
    eventually(lambda: "".join(typed) in (sent, sent.removesuffix("exit\n")))


def ask(box: Start, platform: str, command: str, *receive: str, limits: Limits = LIMITS) -> str:
    """The answer of a device that greets with the first text and then answers one command with the second."""
    greeting, answer = receive
    steps = [{"receive": [greeting]}, {"send": f"{command}\n", "receive": [answer]}]
    session = box(played(steps, [], whole)).session(platform, limits=limits)
    session.open()
    try:
        return session.ask(command)
    finally:
        session.close()


@pytest.mark.parametrize(
    "question", ["Enter the ticket number:", "Overwrite the backup (y/n)?", "Delete it [yes/no]?", "Password:"]
)
def test_no_other_question_of_a_vos_is_answered(box: Start, question: str) -> None:
    typed = list[str]()
    steps = [{"receive": ["admin:"]}, {"send": "show status\n", "receive": [f"show status\r\n{question}"]}]
    session = box(played(steps, typed, whole)).session("cisco_cucm", limits=BRIEF)
    session.open()
    with pytest.raises(errors.SessionTimeout) as caught:
        session.ask("show status")
    session.close()
    assert question[:-1] in caught.value.why
    assert "".join(typed) == "show status\n"


def test_a_vos_that_takes_longer_than_a_command_may(box: Start) -> None:
    async def script(process: Any) -> None:
        process.stdout.write("Command Line Interface is starting up, please wait ...\r\n")
        await asyncio.sleep(2)
        process.stdout.write("\r\nadmin:")
        await process.stdin.readline()
        process.stdout.write("show status\r\none\r\nadmin:")
        await process.stdin.read(1)

    session = box(script).session("cisco_cucm", limits=Limits(connect=5, command=1, device=20))
    session.open()
    assert session.ask("show status") == "one\n"
    session.close()


@pytest.mark.parametrize("greeting", ["~ # ", "Last login: today\r\n[root@exp ~]# ", "bash-4.4$ "])
def test_a_shell_of_the_system_is_no_tsh(box: Start, greeting: str) -> None:
    with pytest.raises(errors.AuthFailed, match="tsh") as caught:
        ask(box, "cisco_expressway", "xStatus License", greeting, "", limits=BRIEF)
    assert caught.value.hint == "log in as admin"


@pytest.mark.parametrize(
    ("platform", "asked", "error"),
    [
        ("cisco_expressway", "Enter new password: ", errors.AuthFailed),
        ("cisco_expressway", "Accept the terms (y/n)?", errors.SessionTimeout),
        ("cisco_cucm", "Changing password for user.\r\n(current) UNIX password: ", errors.AuthFailed),
        ("cisco_cucm", "Accept the terms (y/n)?", errors.SessionTimeout),
    ],
)
def test_nothing_is_typed_at_a_question_of_the_login(box: Start, platform: str, asked: str, error: Any) -> None:
    typed = list[str]()
    session = box(played([{"receive": [asked]}], typed, whole)).session(platform, limits=BRIEF)
    with pytest.raises(error) as caught:
        session.open()
    assert (asked.split("\n")[-1].strip() in caught.value.why, typed) == (True, [])


@pytest.mark.parametrize("greeting", ["# Authorized use only #\r\n", "#####\r\nOK\r\n", "exp #1 is here\r\n"])
def test_a_banner_is_no_shell_of_the_system(box: Start, greeting: str) -> None:
    assert ask(
        box, "cisco_expressway", "xStatus License", greeting, "*s License: /\r\n*s/end\r\n\r\nOK\r\n", limits=BRIEF
    )


@pytest.mark.parametrize("command", ["show license trace", "set cli pagination off", "xCommand Boot", "delete smtp"])
@pytest.mark.parametrize("platform", ["cisco_cucm", "cisco_cuc", "cisco_expressway"])
def test_what_changes_something_is_never_typed(box: Start, platform: str, command: str) -> None:
    typed = list[str]()
    session = box(
        played([{"receive": ["OK\r\n" if platform == "cisco_expressway" else "admin:"]}], typed, whole)
    ).session(platform, limits=LIMITS)
    session.open()
    with pytest.raises(errors.CommandNotAllowed):
        session.ask(command)
    session.close()
    assert command not in "".join(typed)
