"""`enable` once, when it is needed and a secret is there; the secret goes to the password prompt and nowhere else."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from licsweep.access import shell
from licsweep.access.accounts import Accounts
from licsweep.access.login import Login
from licsweep.errors import AccessError, EnableRefused
from tests.access.conftest import Box, Script

SECRET = "loopback-enable"


def device(heard: list[str], *, secret: str = SECRET, asks: int = 3, direct: bool = False) -> Script:
    """A box in user mode that refuses at level 1; `asks` is how often it asks for the secret, `direct` not at all."""

    async def script(process: Any) -> None:
        prompt = "R1>"
        process.stdout.write("banner\r\n" + prompt)
        while line := (await process.stdin.readline()).rstrip("\n"):
            heard.append(line)
            if line == "exit":
                return
            reply = ""
            if line == "enable":
                process.stdout.write("enable\r\n")
                for _ in range(0 if direct else asks):
                    process.stdout.write("Password: ")
                    typed = (await process.stdin.readline()).rstrip("\n")
                    heard.append(f"secret:{typed}")
                    process.stdout.write("\r\n")
                    if typed == secret:
                        prompt = "R1#"
                        break
                else:
                    prompt = "R1#" if direct else prompt
                    process.stdout.write("" if direct else "% Bad secrets\r\n\r\n")
                process.stdout.write(prompt)
                continue
            if line.startswith("show license"):
                reply = "Count: 1\r\n" if prompt == "R1#" else "% Invalid input detected at '^' marker.\r\n"
            process.stdout.write(f"{line}\r\n{reply}{prompt}")

    return script


def login(box: Box) -> Login:
    return replace(box.login(), enable_secret=SECRET)


@pytest.mark.parametrize("direct", [False, True])
def test_it_becomes_privileged(box: Callable[[Script], Box], direct: bool) -> None:
    heard: list[str] = []
    made = box(device(heard, direct=direct))
    connection = made.session(login=login(made))
    connection.open()
    assert not connection.privileged
    assert "% Invalid input" in connection.ask("show license all")
    assert connection.enable()
    assert connection.ask("show license all") == "Count: 1\n"
    connection.close()
    assert heard.count(f"secret:{SECRET}") == (0 if direct else 1)


@pytest.mark.parametrize("asks", [1, 3])
def test_a_wrong_secret_is_sent_once_and_refused(box: Callable[[Script], Box], asks: int) -> None:
    heard: list[str] = []
    made = box(device(heard, secret="another", asks=asks))
    connection = made.session(login=login(made), refused=lambda text: "Invalid input" in text)
    connection.open()
    with pytest.raises(EnableRefused, match="the enable secret was refused") as caught:
        list(connection.answers(["show version", "show license all"]))
    connection.close()
    assert caught.value.status == "refused"
    assert heard.count(f"secret:{SECRET}") == 1
    assert SECRET not in heard


@pytest.mark.parametrize("type_ahead", [False, True])
def test_an_answer_tells_the_level_at_which_it_was_asked(box: Callable[[Script], Box], type_ahead: bool) -> None:
    made = box(device([]))
    session = made.session(login=login(made), refused=lambda text: "Invalid input" in text)
    session.open()
    commands = ["show version", "show license all", "show version"]
    got = [(answer.level, answer.text) for answer in session.answers(commands, type_ahead=type_ahead)]
    session.close()
    last = "login" if type_ahead else "enable"  # typed ahead, it was asked before the level rose
    assert got == [("login", ""), ("enable", "Count: 1\n"), (last, "")]


def test_refused_secrets_are_counted_though_the_logins_succeed(box: Callable[[Script], Box]) -> None:
    heard: list[str] = []
    made, accounts = box(device(heard, secret="another", asks=1)), Accounts()
    for number in range(4):
        one = replace(login(made), account="reader@aaa", lockout_after=3)
        session = made.session(login=one, accounts=accounts)
        session.open()
        with pytest.raises(EnableRefused, match="refused" if number < 2 else "not sent"):
            session.enable()
        session.close()
    assert heard.count(f"secret:{SECRET}") == 2


def test_no_secret_no_enable(box: Callable[[Script], Box]) -> None:
    heard: list[str] = []
    made = box(device(heard))
    session = made.session(refused=lambda text: "Invalid input" in text)
    session.open()
    (answer,) = session.answers(["show license all"])
    session.close()
    assert (answer.level, "enable" in heard) == ("login", False)


@pytest.mark.parametrize("asks", ["New password: ", "Enter secret for R1: ", "Password for admin: "])
def test_the_secret_goes_to_no_other_prompt(
    box: Callable[[Script], Box], asks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell, "SILENCE", 0.2)
    heard: list[str] = []

    async def script(process: Any) -> None:
        process.stdout.write("R1>")
        while line := (await process.stdin.readline()).rstrip("\n"):
            heard.append(line)
            process.stdout.write(f"{line}\r\n" + (asks if line == "enable" else "R1>"))

    made = box(script)
    session = made.session(login=login(made))
    session.open()
    with pytest.raises(AccessError):
        session.enable()
    session.close()
    assert SECRET not in "".join(heard)
