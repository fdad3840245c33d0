"""Jump hosts: real ones, two hops, each with its key checked, one connection for many devices."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from licsweep.access.accounts import Accounts
from licsweep.access.hostkeys import KnownHosts, Scanned
from licsweep.access.jump import JumpHosts, ask_on_terminal
from licsweep.access.login import Login
from licsweep.errors import Unreachable
from tests.access.conftest import PASSWORD, Box, Script, answers, closed_port

TEXT = "Count: 1\r\n"


async def nothing(process: object) -> None:
    await asyncio.sleep(60)


def known(folder: Path, *boxes: Box) -> KnownHosts:
    path = folder / "known_hosts_all"
    path.write_text("".join(box.known_hosts_path.read_text() for box in boxes))
    return KnownHosts(path)


def behind(device: Box, *hops: Box) -> Login:
    return replace(device.login(), jumps=tuple(hop.login() for hop in hops))


def drop(bastion: Box, jump_hosts: JumpHosts) -> None:
    """The jump host cuts its connections, and this end has noticed."""
    for connection in bastion.connections:
        connection._loop.call_soon_threadsafe(connection.abort)
    ends = time.monotonic() + 5
    while any(hop.is_open for hop in jump_hosts._hops.values()):
        assert time.monotonic() < ends
        time.sleep(0.01)


@pytest.mark.parametrize("hops", [1, 2])
def test_through(box: Callable[[Script], Box], tmp_path: Path, hops: int) -> None:
    bastions = [box(nothing) for _ in range(hops)]
    devices = [box(answers({"show version": TEXT})) for _ in range(3)]
    keys = known(tmp_path, *bastions, *devices)
    jump_hosts = JumpHosts(keys, 5)
    for device in devices:
        connection = device.session(login=behind(device, *bastions), known_hosts=keys, jump_hosts=jump_hosts)
        connection.open()
        assert connection.ask("show version") == "Count: 1\n"
        connection.close()
    jump_hosts.close()
    assert [bastion.logins for bastion in bastions] == [1] * hops
    assert [device.logins for device in devices] == [1] * 3


def test_an_unknown_jump_host_is_refused(box: Callable[[Script], Box], tmp_path: Path) -> None:
    bastion, device = box(nothing), box(answers({}))
    keys = known(tmp_path, device)
    with pytest.raises(Unreachable, match="not known"):
        device.session(login=behind(device, bastion), known_hosts=keys).open()


def test_a_jump_host_gets_its_password_once(box: Callable[[Script], Box], tmp_path: Path) -> None:
    bastion, device = box(nothing), box(answers({}))
    keys = known(tmp_path, bastion, device)
    jump_hosts = JumpHosts(keys, 5)
    wrong = replace(device.login(), jumps=(bastion.login("wrong-word"),))
    for _ in range(5):
        with pytest.raises(Unreachable, match="refused"):
            device.session(login=wrong, known_hosts=keys, jump_hosts=jump_hosts).open()
    assert bastion.passwords == ["wrong-word"]


def test_a_device_that_the_jump_host_can_not_reach(box: Callable[[Script], Box], tmp_path: Path) -> None:
    bastion, device = box(nothing), box(answers({}))
    keys = known(tmp_path, bastion, device)
    with closed_port() as port, pytest.raises(Unreachable, match="can't reach it"):
        device.session(login=replace(behind(device, bastion), port=port), known_hosts=keys).open()


def test_a_jump_host_that_drops_is_dialled_again_once(box: Callable[[Script], Box], tmp_path: Path) -> None:
    bastion, device = box(nothing), box(answers({"show version": TEXT}))
    keys = known(tmp_path, bastion, device)
    jump_hosts = JumpHosts(keys, 5)

    def ask() -> str:
        session = device.session(login=behind(device, bastion), known_hosts=keys, jump_hosts=jump_hosts)
        session.open()
        text = session.ask("show version")
        session.close()
        return text

    for logins in (1, 2):
        assert ask() == "Count: 1\n"
        assert bastion.logins == logins
        drop(bastion, jump_hosts)
    with pytest.raises(Unreachable, match="its connection ended"):
        ask()
    assert bastion.logins == 2


@pytest.mark.parametrize("together", [True, False])
def test_a_one_time_code_is_asked_once(box: Callable[[Script], Box], tmp_path: Path, together: bool) -> None:
    bastion, device = box(nothing), box(answers({"show version": TEXT}))
    password, code = ("Password: ", False), ("Verification code: ", False)
    bastion.rounds = [("", "", "", [password, code])] if together else [("", "", "", [one]) for one in (password, code)]
    keys, asked = known(tmp_path, bastion, device), list[str]()
    jump_hosts = JumpHosts(keys, 5, ask_code=lambda said: asked.append(said) or "123456")  # type: ignore[func-returns-value]
    for _ in range(3):
        session = device.session(login=behind(device, bastion), known_hosts=keys, jump_hosts=jump_hosts)
        session.open()
        session.close()
    assert bastion.typed == [PASSWORD, "123456"]
    assert len(asked) == 1
    assert "Verification code:" in asked[0]
    drop(bastion, jump_hosts)
    with pytest.raises(Unreachable, match="its connection ended"):
        device.session(login=behind(device, bastion), known_hosts=keys, jump_hosts=jump_hosts).open()
    assert len(asked) == 1, "nobody is asked twice"


def test_a_code_that_nobody_can_be_asked_for_is_said(box: Callable[[Script], Box], tmp_path: Path) -> None:
    bastion, device = box(nothing), box(answers({}))
    bastion.rounds = [("", "", "", [("Verification code: ", False)])]
    keys = known(tmp_path, bastion, device)
    with pytest.raises(Unreachable, match="one-time code") as caught:
        device.session(
            login=behind(device, bastion), known_hosts=keys, jump_hosts=JumpHosts(keys, 5, ask_code=ask_on_terminal)
        ).open()
    assert "Verification code:" in caught.value.why


def test_passwords_of_jump_hosts_count(box: Callable[[Script], Box], tmp_path: Path) -> None:
    bastions, device = [box(nothing) for _ in range(12)], box(answers({}))
    keys, accounts = known(tmp_path, *bastions, device), Accounts()
    jump_hosts = JumpHosts(keys, 5, accounts)
    for bastion in bastions:
        hop = replace(bastion.login("wrong-word"), account="reader@aaa", lockout_after=4)
        with pytest.raises(Unreachable):
            device.session(login=replace(device.login(), jumps=(hop,)), known_hosts=keys, jump_hosts=jump_hosts).open()
    assert sum(len(bastion.passwords) for bastion in bastions) == 3


def test_a_device_behind_a_jump_host_is_scanned_through_it(box: Callable[[Script], Box], tmp_path: Path) -> None:
    bastion, device = box(nothing), box(answers({}))
    scanned = JumpHosts(known(tmp_path, bastion), 5).scan("r1", behind(device, bastion))
    assert isinstance(scanned, Scanned)
    assert scanned.state == "new"
    assert (bastion.logins, device.passwords) == (1, [])
    unknown = JumpHosts(KnownHosts(tmp_path / "none"), 5).scan("r1", behind(device, bastion))
    assert isinstance(unknown, Unreachable)
    assert "not known" in unknown.what
