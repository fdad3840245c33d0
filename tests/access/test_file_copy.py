"""Files over SCP, against the simulated devices' server: byte for byte, and every way in which it can fail."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from licsweep.access.accounts import Accounts
from licsweep.access.file_copy import FileCopy
from licsweep.access.hostkeys import KnownHosts
from licsweep.access.jump import JumpHosts
from licsweep.access.login import Limits, Login
from licsweep.errors import AccessError, AuthFailed, CommandNotAllowed, CopyRefused, HostKeyUnknown, Unreachable
from licsweep.simulator.device import JumpHost
from licsweep.simulator.estate import SimulatedEstate

LIMITS = Limits(connect=5, command=3, device=10)
NAME = "flash:licsweep_test.txt"


@pytest.fixture(scope="module")
def estate() -> Iterator[SimulatedEstate]:
    with SimulatedEstate(devices=8, jump_hosts=1) as running:
        yield running


class Bench:
    def __init__(self, estate: SimulatedEstate, folder: Path) -> None:
        self.estate, self.device, self.accounts = estate, estate.devices[0], Accounts()
        estate.change(self.device.name)
        estate.write_project(folder)
        self.known = KnownHosts(folder / "known_hosts")
        self.jumps: tuple[JumpHost, ...] = ()

    def login(self, at: object = None, password: str | None = None) -> Login:
        where = at or self.device
        return Login(
            address=where.host,  # type: ignore[attr-defined]
            port=where.port,  # type: ignore[attr-defined]
            username=self.estate.username,
            password=password or self.estate.password,
            account="sweeper@default",
            lockout_after=3,
            jumps=tuple(self.login(jump) for jump in self.jumps) if at is None else (),
        )

    def copy(self, password: str | None = None, limits: Limits = LIMITS) -> FileCopy:
        jump_hosts = JumpHosts(self.known, limits.connect, self.accounts)
        return FileCopy(self.login(password=password), self.known, limits, jump_hosts, self.accounts)


@pytest.fixture
def bench(estate: SimulatedEstate, tmp_path: Path) -> Bench:
    return Bench(estate, tmp_path)


@pytest.mark.parametrize("size", [0, 1, 70_001])
def test_bytes_come_back_as_they_went(bench: Bench, size: int) -> None:
    raw = os.urandom(size)
    bench.copy().put(NAME, raw)
    assert bench.copy().fetch(NAME) == raw


def test_through_a_jump_host(bench: Bench) -> None:
    bench.jumps = bench.estate.jump_hosts
    bench.copy().put(NAME, b"\0\1\r\n")
    assert bench.copy().fetch(NAME) == b"\0\1\r\n"
    bench.known = KnownHosts(Path("nowhere"))
    with pytest.raises(Unreachable, match="jump host"):
        bench.copy().fetch(NAME)


@pytest.mark.parametrize(
    ("trouble", "why", "hint"),
    [
        ("no-scp", "Administratively disabled.", "ip scp server enable"),
        ("scp-level", "Privilege denied.", "privilege level 15"),
        ("flash-full", "No space left on device", "free space"),
    ],
)
def test_the_devices_own_words(bench: Bench, trouble: str, why: str, hint: str) -> None:
    bench.estate.change(bench.device.name, trouble)
    with pytest.raises(CopyRefused) as caught:
        bench.copy().put(NAME, b"x")
    assert why in caught.value.why
    assert hint in caught.value.hint
    if trouble != "flash-full":
        with pytest.raises(CopyRefused, match="refused") as caught:
            bench.copy().fetch(NAME)
        assert why in caught.value.why


def test_a_file_that_is_not_there(bench: Bench) -> None:
    with pytest.raises(CopyRefused) as caught:
        bench.copy().fetch("flash:licsweep_nothing")
    assert "No such file" in caught.value.why


@pytest.mark.parametrize("path", ["flash:packages.conf", "flash:licsweep_a;reload", "flash:licsweep_a b", "licsweep_a"])
def test_no_other_name_is_copied(bench: Bench, path: str) -> None:
    for act in (lambda: bench.copy().fetch(path), lambda: bench.copy().put(path, b"")):
        with pytest.raises(CommandNotAllowed):
            act()


def test_host_keys_are_checked_before_a_password_leaves(bench: Bench) -> None:
    bench.known = KnownHosts(Path("nowhere"))
    with pytest.raises(HostKeyUnknown):
        bench.copy().fetch(NAME)


def test_a_refused_password_counts_for_its_account(bench: Bench) -> None:
    for _ in range(2):
        with pytest.raises(AuthFailed):
            bench.copy(password="another").fetch(NAME)
    with pytest.raises(AccessError, match="2 passwords in a row"):
        bench.copy(password="another").fetch(NAME)


def test_too_large_and_too_late(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.copy().put(NAME, b"x" * 100)
    monkeypatch.setattr("licsweep.access.file_copy.MAX_BYTES", 99)
    with pytest.raises(CopyRefused, match="too large"):
        bench.copy().fetch(NAME)
    with pytest.raises(TimeoutError, match="not done in time"):
        bench.copy(limits=Limits(connect=5, command=3, device=0)).put(NAME, b"x" * 100)
