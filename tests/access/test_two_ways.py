"""A host that is asked over HTTPS and SSH at once, and HTTPS through a jump host and through a proxy."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from licsweep.access.hostkeys import KnownHosts
from licsweep.access.jump import JumpHosts
from licsweep.access.login import Https
from licsweep.access.session import IosSession, conversation
from licsweep.errors import AuthFailed, Unreachable
from licsweep.platforms import Command, Platform
from tests.access.conftest import LIMITS, Box, Script, answers
from tests.access.test_rest import Fmc, login
from tests.fakes.https_server import AUTHORITY, HttpsServer

HTTPS_FIRST = Platform(
    name="cisco_fmc",
    session="fmc",
    transport="https",
    commands=(
        Command(line="show version"),
        Command(line="GET /api/fmc_platform/v1/license/smartlicenses", required=True),
    ),
)
SSH_FIRST = replace(
    HTTPS_FIRST,
    session="ios",
    transport="ssh",
    commands=(Command(line="show version", required=True), *HTTPS_FIRST.commands[1:]),
)
TEXT = "Model : Example Management Center\n"
COMMANDS = ["GET /api/fmc_platform/v1/license/smartlicenses", "show version"]


@pytest.fixture
def server() -> Iterator[HttpsServer]:
    with HttpsServer(Fmc()) as made:
        yield made


def ssh(box: Callable[[Script], Box]) -> Box:
    return box(answers({"show version": TEXT.replace("\n", "\r\n")}, prompt="> "))


def test_each_line_goes_its_way_and_the_first_way_comes_first(
    box: Callable[[Script], Box], server: HttpsServer
) -> None:
    device = ssh(box)
    one = conversation(login(server, second=device.login()), HTTPS_FIRST, device.known_hosts, LIMITS)
    one.open()
    assert device.logins == 0
    told = [(answer.command, answer.text) for answer in one.answers(HTTPS_FIRST.lines)]
    one.close()
    assert [command for command, _ in told] == COMMANDS
    assert told[1][1] == TEXT
    assert (one.login_began, one.notes, one.waited < 1) == (True, [], True)


def test_a_second_way_that_fails_is_a_note(box: Callable[[Script], Box], server: HttpsServer) -> None:
    device = ssh(box)
    device.knows = False
    one = conversation(login(server, second=device.login()), HTTPS_FIRST, device.known_hosts, LIMITS)
    one.open()
    assert [answer.command for answer in one.answers(HTTPS_FIRST.lines)] == COMMANDS[:1]
    one.close()
    assert one.notes == ["over SSH: user name or password refused: Authentication failed."]


def test_a_first_way_that_fails_fails(box: Callable[[Script], Box], server: HttpsServer) -> None:
    device = ssh(box)
    wrong = login(server, second=device.login(), password="wrong")
    one = conversation(wrong, HTTPS_FIRST, device.known_hosts, LIMITS)
    with pytest.raises(AuthFailed):
        one.open()
    one.close()
    assert device.logins == 0


def test_lines_of_a_way_that_is_not_there_are_not_asked(box: Callable[[Script], Box], server: HttpsServer) -> None:
    device = ssh(box)
    for first, record in ((login(server), HTTPS_FIRST), (device.login(), SSH_FIRST)):
        one = conversation(first, record, device.known_hosts, LIMITS)
        one.open()
        (answer,) = one.answers(record.lines)
        assert answer.command in record.required
        one.close()
        untold = "over SSH: show version not asked, the inventory names no ssh_credentials"
        assert one.notes == ([untold] if record == HTTPS_FIRST else [])


def test_a_request_is_never_typed(box: Callable[[Script], Box]) -> None:
    device = ssh(box)
    session = IosSession(device.login(), SSH_FIRST, device.known_hosts, LIMITS)
    with pytest.raises(Exception, match="was not sent"):
        session.check("GET /api/fmc_platform/v1/license/smartlicenses\n")


async def nothing(process: object) -> None:
    await asyncio.sleep(60)


def test_https_passes_a_jump_host(box: Callable[[Script], Box], server: HttpsServer) -> None:
    bastion = box(nothing)
    jump_hosts = JumpHosts(bastion.known_hosts, 5)
    for _ in range(2):
        behind = login(server, jumps=(bastion.login(),))
        one = conversation(behind, HTTPS_FIRST, bastion.known_hosts, LIMITS, jump_hosts=jump_hosts)
        one.open()
        assert [answer.command for answer in one.answers(HTTPS_FIRST.lines)] == COMMANDS[:1]
        one.close()
    assert bastion.logins == 1
    jump_hosts.close()
    for thread in threading.enumerate():
        if thread.name == "carry":
            thread.join(2)
    assert not any(thread.name == "carry" for thread in threading.enumerate())


@contextmanager
def proxy(says: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A proxy that answers CONNECT so, and then carries bytes."""
    heard: list[bytes] = []

    def carry(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(4096):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def serve(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                head = client.recv(4096)
                heard.append(head)
                client.sendall(says)
                if b" 200 " not in says:
                    client.close()
                    continue
                host, _, port = head.split()[1].decode().rpartition(":")
                target = socket.create_connection((host, int(port)))
                for pair in ((client, target), (target, client)):
                    threading.Thread(target=carry, args=pair, daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1], heard


def through(server: HttpsServer, port: int) -> Any:
    options = Https(authorities=AUTHORITY.pem, proxy=f"http://127.0.0.1:{port}")
    return conversation(login(server, https=options), HTTPS_FIRST, KnownHosts(Path("none")), LIMITS)


def test_a_proxy_sees_a_name_and_no_word_more(server: HttpsServer) -> None:
    with proxy(b"HTTP/1.1 200 Connection established\r\n\r\n") as (port, heard):
        one = through(server, port)
        one.open()
        assert list(one.answers(HTTPS_FIRST.lines))
        one.close()
    (head,) = heard
    assert head.startswith(f"CONNECT 127.0.0.1:{server.port} ".encode())
    assert b"uthorization" not in head


def test_a_proxy_that_refuses_is_told_as_such(server: HttpsServer) -> None:
    with proxy(b"HTTP/1.1 403 Forbidden\r\n\r\n") as (port, _):
        one = through(server, port)
        with pytest.raises(Unreachable, match="proxy"):
            one.open()
        one.close()
