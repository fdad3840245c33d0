"""Jump hosts: real ones, two hops, each with its key checked, one connection for many devices."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from licsweep.access.hostkeys import KnownHosts
from licsweep.access.jump import JumpHosts
from licsweep.access.login import Login
from licsweep.errors import Unreachable
from tests.access.conftest import Box, Script, answers, closed_port

TEXT = "Count: 1\r\n"


async def nothing(process: object) -> None:
    await asyncio.sleep(60)


def known(folder: Path, *boxes: Box) -> KnownHosts:
    path = folder / "known_hosts_all"
    path.write_text("".join(box.known_hosts_path.read_text() for box in boxes))
    return KnownHosts(path)


def behind(device: Box, *hops: Box) -> Login:
    return replace(device.login(), jumps=tuple(hop.login() for hop in hops))


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
