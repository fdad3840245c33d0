"""`enable` once, when it is needed and a secret is there; the secret goes to the password prompt and nowhere else."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from licsweep.access.login import Login
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
def test_a_wrong_secret_is_sent_once_and_the_session_goes_on(box: Callable[[Script], Box], asks: int) -> None:
    heard: list[str] = []
    made = box(device(heard, secret="another", asks=asks))
    connection = made.session(login=login(made))
    connection.open()
    assert not connection.enable()
    assert "% Invalid input" in connection.ask("show license all")
    connection.close()
    assert heard.count(f"secret:{SECRET}") == 1
    assert SECRET not in heard
