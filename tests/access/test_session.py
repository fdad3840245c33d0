"""Sessions against real SSH servers on loopback: what is read is whole, and every failure has its plain name."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from licsweep import errors
from licsweep.access import shell
from licsweep.access.hostkeys import KnownHosts, Scanned
from licsweep.access.jump import JumpHosts
from licsweep.access.login import Limits, Login
from licsweep.access.session import conversation
from licsweep.platforms import Platform, get
from tests.access.conftest import LIMITS, Box, Script, answers, closed_port

TEXT = "".join(f"line {n}\r\n" for n in range(40))
EXPECTED = TEXT.replace("\r\n", "\n")
Start = Callable[..., Box]
XE = get("cisco_xe")


def ask(box: Box, command: str = "show license all", platform: str = "cisco_xe", limits: Limits = LIMITS) -> str:
    connection = box.session(platform, limits=limits)
    connection.open()
    try:
        return connection.ask(command)
    finally:
        connection.close()


def eventually(holds: Callable[[], bool]) -> None:
    """Waits for what the other end does in its own time."""
    ends = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.01)


# Prompts as the platforms print them: NX-OS and ASA lead with a return, ASA adds failover state or context.
KINDS = [
    ("cisco_xe", "R1#"),
    ("cisco_ios", "R1>"),
    ("cisco_nxos", "\rR1# "),
    ("cisco_asa", "\rfw1/pri/act# "),
    ("cisco_asa", "\rfw1/ctx-a> "),
    ("cisco_xr", "RP/0/RP0/CPU0:R1#"),
]


@pytest.mark.parametrize("bytewise", [False, True])
@pytest.mark.parametrize(("platform", "prompt"), KINDS)
def test_a_whole_answer(box: Start, platform: str, prompt: str, bytewise: bool) -> None:
    made = box(answers({"show license all": TEXT}, prompt=prompt, bytewise=bytewise))
    assert ask(made, platform=platform) == EXPECTED


def test_an_asa_never_hears_of_configuration(box: Start) -> None:
    heard: list[str] = []

    async def script(process: Any) -> None:
        process.stdout.write("\rfw1> ")
        while line := (await process.stdin.readline()).rstrip("\n"):
            heard.append(line)
            page = "one\r\n<--- More --->" if line.startswith("show") else ""
            process.stdout.write(f"{line}\r\n{page}")
            if page:
                heard.append(await process.stdin.read(1))
                process.stdout.write("\r              \rtwo\r\n")
            process.stdout.write("\rfw1> ")

    assert ask(box(script), platform="cisco_asa") == "one\ntwo\n"
    eventually(lambda: heard == ["terminal pager 0", "show license all", " ", "exit"])


@pytest.mark.parametrize("banner", ["Welcome to lab#\r\n", "Authorized use>\r\n\r\n", "#" * 70 + "\r\n", "a > b #\r\n"])
def test_banners_that_look_like_prompts(box: Start, banner: str) -> None:
    assert ask(box(answers({"show license all": TEXT}, before=banner))) == EXPECTED


def test_prompt_text_inside_the_answer_does_not_end_it(box: Start) -> None:
    made = box(answers({"show license all": "R1#\r\n" + TEXT + "R1# is the name\r\nR1#\r\n" + TEXT}))
    assert ask(made) == "R1#\n" + EXPECTED + "R1# is the name\nR1#\n" + EXPECTED


def test_a_pager_that_can_not_be_switched_off_is_answered(box: Start) -> None:
    keys: list[str] = []

    async def script(process: Any) -> None:
        process.stdout.write("R1#")
        await process.stdin.readexactly(len("terminal length 0\n"))
        process.stdout.write("terminal length 0\r\nCommand authorization failed.\r\n\r\nR1#")
        await process.stdin.readexactly(len("show license all\n"))
        process.stdout.write("show license all\r\n")
        for page in ("one\r\n", "two\r\n", "  three\r\n"):
            process.stdout.write(page + " --More-- ")
            keys.append(await process.stdin.read(1))
            process.stdout.write("\b" * 10 + " " * 8 + "\b" * 9)
        process.stdout.write("  four\r\nR1#")
        await process.stdin.read(1)

    assert ask(box(script)) == "one\ntwo\n  three\n  four\n"
    assert keys == [" ", " ", " "]


def test_a_refusal_is_evidence(box: Start) -> None:
    assert ask(box(answers({}))) == "% Invalid input detected\n"


def test_privilege_is_seen_at_the_prompt(box: Start) -> None:
    for prompt, privileged in (("R1>", False), ("R1#", True)):
        made = box(answers({}, prompt=prompt))
        connection = made.session()
        connection.open()
        connection.close()
        assert connection.privileged is privileged


async def _hang_before_prompt(process: Any) -> None:
    await process.stdin.read(1000)
    await asyncio.sleep(60)


async def _hang_in_output(process: Any) -> None:
    process.stdout.write("R1#")
    await process.stdin.readexactly(len("terminal length 0\n"))
    process.stdout.write("terminal length 0\r\nR1#")
    await process.stdin.readexactly(len("show license all\n"))
    process.stdout.write("show license all\r\nhalf an ans")
    await asyncio.sleep(60)


async def _drop_in_output(process: Any) -> None:
    process.stdout.write("R1#")
    await process.stdin.readexactly(len("terminal length 0\n"))
    process.stdout.write("terminal length 0\r\nR1#")
    await process.stdin.readexactly(len("show license all\n"))
    process.stdout.write("show license all\r\nhalf an ans")


async def _endless(process: Any) -> None:
    process.stdout.write("R1#")
    await process.stdin.readexactly(len("terminal length 0\n"))
    process.stdout.write("terminal length 0\r\nR1#")
    await process.stdin.readexactly(len("show license all\n"))
    while True:
        process.stdout.write("x" * 65536)
        await process.stdout.drain()


@pytest.mark.parametrize(
    ("script", "expected", "status"),
    [
        (_hang_before_prompt, errors.SessionTimeout, "timed-out"),
        (_hang_in_output, errors.SessionTimeout, "timed-out"),
        (_drop_in_output, errors.SessionDropped, "unreachable"),
        (_endless, errors.SessionTimeout, "timed-out"),
    ],
)
def test_a_sick_device_ends_in_time(
    box: Start, monkeypatch: pytest.MonkeyPatch, script: Script, expected: type[errors.AccessError], status: str
) -> None:
    monkeypatch.setattr(shell, "MAX_OUTPUT_BYTES", 1024 * 1024)
    began = time.monotonic()
    with pytest.raises(expected) as caught:
        ask(box(script))
    assert caught.value.status == status
    assert time.monotonic() - began < LIMITS.device + 1


def test_the_deadline_of_the_device_cuts_many_slow_commands(box: Start) -> None:
    async def script(process: Any) -> None:
        process.stdout.write("R1#")
        while line := await process.stdin.readline():
            await asyncio.sleep(0.4)
            process.stdout.write(f"{line.strip()}\r\nR1#")

    made = box(script)
    connection = made.session(limits=Limits(connect=5, command=2, device=2))
    connection.open()
    try:
        connection.ask("show version")
        connection.ask("show version")
        with pytest.raises(errors.SessionTimeout):
            [connection.ask("show version") for _ in range(20)]
    finally:
        connection.close()


def test_nothing_but_the_list_is_sent(box: Start) -> None:
    heard: list[str] = []

    async def script(process: Any) -> None:
        process.stdout.write("R1#")
        while line := await process.stdin.readline():
            heard.append(line)
            process.stdout.write(f"{line.strip()}\r\nR1#")

    made = box(script)
    connection = made.session()
    connection.open()
    with pytest.raises(errors.CommandNotAllowed):
        connection.ask("reload")
    connection.ask("show version")
    connection.close()
    eventually(lambda: heard == ["terminal length 0\n", "show version\n", "exit\n"])


def test_a_session_is_one_thread_that_ends_with_it(box: Start) -> None:
    made = box(answers({"show version": TEXT}))
    before = set(threading.enumerate())
    connection = made.session()
    connection.open()
    started = set(threading.enumerate()) - before
    assert connection.ask("show version") == EXPECTED
    connection.close()
    assert len(started) == 1
    began = time.monotonic()
    eventually(lambda: not any(thread.is_alive() for thread in started))
    assert time.monotonic() - began < 0.5


def test_a_device_without_terminals_is_told_as_such(box: Start) -> None:
    made = box(answers({}), allow_pty=False)
    with pytest.raises(errors.SessionDropped, match=r"the device (gives no shell|closed the session)"):
        made.session().open()


def test_wrong_password(box: Start) -> None:
    made = box(answers({}))
    with pytest.raises(errors.AuthFailed) as caught:
        made.session(login=made.login("not-this-one")).open()
    assert "not-this-one" not in f"{caught.value}{caught.value.why}{caught.value!r}"


def test_unknown_and_changed_host_keys(box: Start, tmp_path: Path) -> None:
    made, other = box(answers({})), box(answers({}))
    with pytest.raises(errors.HostKeyUnknown, match="not known") as unknown:
        made.session(known_hosts=KnownHosts(tmp_path / "empty")).open()
    assert "SHA256:" in unknown.value.why
    import paramiko

    wrong = paramiko.ECDSAKey.generate()
    known = KnownHosts(tmp_path / "wrong")
    known.accept([Scanned(name="b", address="127.0.0.1", port=other.port, key=wrong, state="new")])
    with pytest.raises(errors.HostKeyChanged):
        other.session(known_hosts=known).open()


def test_scan_tells_new_known_and_changed(box: Start, tmp_path: Path) -> None:
    made = box(answers({}))
    empty = KnownHosts(tmp_path / "known_hosts")
    found = JumpHosts(empty, 5).scan("r1", made.login())
    assert isinstance(found, Scanned)
    assert found.state == "new"
    empty.accept([found])
    again = JumpHosts(KnownHosts(tmp_path / "known_hosts"), 5).scan("r1", made.login())
    assert isinstance(again, Scanned)
    assert again.state == "known"
    made.session(known_hosts=KnownHosts(tmp_path / "known_hosts")).open()
    with closed_port() as port:
        assert isinstance(JumpHosts(empty, 5).scan("r1", _login(port)), errors.Unreachable)


def _login(port: int, address: str = "127.0.0.1") -> Login:
    return Login(address=address, port=port, username="reader", password="x")


def test_closed_port_and_unknown_name(tmp_path: Path) -> None:
    known = KnownHosts(tmp_path / "none")
    with closed_port() as port, pytest.raises(errors.Unreachable, match="closed"):
        conversation(_login(port), XE, known, LIMITS).open()
    with pytest.raises(errors.Unreachable, match="resolved"):
        conversation(_login(22, "no-such-host.invalid"), XE, known, LIMITS).open()


@pytest.mark.parametrize(
    ("greeting", "told"), [(b"", "SSH"), (b"220 mail.example ready\r\n" * 200, "SSH"), (b"SSH-2.0-x\r\n", "SSH")]
)
def test_something_that_is_no_ssh_server(tmp_path: Path, greeting: bytes, told: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            client, _ = server.accept()
            client.sendall(greeting)
            time.sleep(2)
            client.close()

        thread = threading.Thread(target=serve)
        thread.start()
        limits = Limits(connect=1, command=1, device=3)
        with pytest.raises(errors.AccessError, match=told) as caught:
            conversation(_login(server.getsockname()[1]), XE, KnownHosts(tmp_path / "none"), limits).open()
        assert caught.value.status in ("unreachable", "timed-out")
        thread.join()


def test_what_is_auto_becomes_what_it_is(box: Start) -> None:
    made = box(answers({"show license all": TEXT, "terminal pager 0": ""}, prompt="\rfw1# "))
    connection = made.session("auto")
    connection.open()
    with pytest.raises(errors.CommandNotAllowed):
        connection.ask("show license all")
    assert connection.continue_as(get("cisco_asa"))
    assert connection.ask("show license all") == EXPECTED
    connection.close()


def test_a_platform_without_a_session_is_said(tmp_path: Path) -> None:
    nobody = Platform(name="cisco_cucm", session="nobody_has_it", commands=())
    with pytest.raises(errors.UsageError, match="cisco_cucm"):
        conversation(_login(22), nobody, KnownHosts(tmp_path / "none"), LIMITS)


def test_the_password_does_not_show() -> None:
    assert "hidden-word" not in repr(Login(address="x", port=22, username="u", password="hidden-word"))
