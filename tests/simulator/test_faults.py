"""Faults: as data, on the right devices, on the wire. tests/faults shows them to a sweep."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
import pytest

from licsweep.errors import LicsweepError, UsageError
from licsweep.simulator.design import load_design, plan
from licsweep.simulator.estate import Device, SimulatedEstate
from licsweep.simulator.fault_sessions import VTYS
from licsweep.simulator.faults import load_faults, shares, spread

KINDS = {name: kind for name, kind in load_faults().items() if "ssh" in kind.over}
BELOW_THE_VTY = {
    *("tcp-refused", "no-banner", "banner-only", "kex-mismatch"),
    *("wrong-password", "lock-out", "changed-key", "unknown-key", "wrong-clock"),
    *("no-session", "no-shell"),
}


def test_every_kind_is_played_and_every_one_played_is_a_kind() -> None:
    assert set(KINDS) == set(VTYS) | BELOW_THE_VTY
    assert not set(VTYS) & BELOW_THE_VTY


def test_the_seed_decides_who_is_sick() -> None:
    planned = plan(load_design(), 200, seed=1)
    wanted = {"tcp-refused": 0.1, "enable": 0.05, "truncated": 0.001}
    first, again, other = (spread(planned, wanted, seed) for seed in (1, 1, 2))
    assert first == again != other
    sick = Counter(device.fault for before, device in zip(planned, first, strict=True) if device != before)
    assert sick == {"tcp-refused": 20, "enable": 10, "truncated": 1}
    for device in first:
        if device.fault == "enable":
            assert device.platform == "cisco_xe"
            assert device.expected_licenses
        elif device.fault in wanted:
            assert device.expected_outcome == KINDS[device.fault].outcome
            assert not device.expected_licenses


@pytest.mark.parametrize("text", ["no-such:0.1", "truncated", "truncated:2", "truncated:0", "truncated:x"])
def test_a_wrong_fault_names_the_kinds(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        shares([text])
    assert "half-open" in caught.value.hint


def test_the_fractions_are_of_one_whole() -> None:
    assert shares(["truncated:0.5", "enable:0.5"]) == {"truncated": 0.5, "enable": 0.5}
    with pytest.raises(UsageError):
        shares(["truncated:0.6", "enable:0.5"])


@contextmanager
def logged_in(estate: SimulatedEstate, device: Device, **how: object) -> Iterator[paramiko.SSHClient]:
    client = paramiko.SSHClient()
    client.get_host_keys().add(f"[{device.host}]:{device.port}", *_key(device.host_key))
    how = {"password": estate.password} | how
    client.connect(device.host, device.port, estate.username, allow_agent=False, look_for_keys=False, **how)  # type: ignore[arg-type]
    try:
        yield client
    finally:
        client.close()


def _key(line: str) -> tuple[str, paramiko.PKey]:
    entry = paramiko.hostkeys.HostKeyEntry.from_line(f"x {line}")
    assert entry
    assert entry.key
    return entry.key.get_name(), entry.key


def sick(estate: SimulatedEstate, fault: str | None = None) -> Device:
    return next(d for d in estate.devices if d.fault == fault and d.kind != "wrong-password")


def read(channel: paramiko.Channel, end: str) -> str:
    channel.settimeout(5)
    shown = ""
    while not shown.endswith(end):
        shown += channel.recv(65536).decode()
    return shown


def test_enable_asks_for_a_hidden_password() -> None:
    with SimulatedEstate(8, faults={"enable": 0.1}) as estate:
        device = sick(estate, "enable")
        with logged_in(estate, device) as client:
            shell = client.invoke_shell()
            read(shell, f"{device.name}>")
            shell.sendall(b"show license all\n")
            assert "% Invalid input" in read(shell, f"{device.name}>")
            shell.sendall(b"terminal length 0\n")
            read(shell, f"{device.name}>")
            for typed, end in (("wrong", "Password: "), (estate.enable_secret, f"{device.name}#")):
                if typed == "wrong":
                    shell.sendall(b"enable\n")
                    read(shell, "Password: ")
                shell.sendall(f"{typed}\n".encode())
                assert typed not in read(shell, end)
            shell.sendall(b"show license all\n")
            assert "License Usage" in read(shell, f"{device.name}#")


def test_the_account_locks_at_the_tenth_refusal_and_the_tally_tells() -> None:
    with SimulatedEstate(8, faults={"lock-out": 0.1}) as estate:
        device = sick(estate, "lock-out")
        for _ in range(2):
            with pytest.raises(paramiko.AuthenticationException), logged_in(estate, device):
                pass
    assert estate.tally.passwords == {device.name: 2}
    assert estate.tally.connections == {device.name: 2}


def test_keys_log_in_with_and_without_a_passphrase(tmp_path: Path) -> None:
    paths = {"bare": None, "locked": "key-phrase"}
    for name, phrase in paths.items():
        paramiko.RSAKey.generate(2048).write_private_key_file(str(tmp_path / name), phrase)
    keys = {n: paramiko.RSAKey.from_private_key_file(str(tmp_path / n), phrase) for n, phrase in paths.items()}
    lines = tuple(f"{key.get_name()} {key.get_base64()}" for key in keys.values())
    with SimulatedEstate(8, authorized_keys=lines) as estate:
        for key in keys.values():
            with logged_in(estate, sick(estate), password=None, pkey=key):
                pass
        with (
            pytest.raises(paramiko.SSHException),
            logged_in(estate, sick(estate), password=None, pkey=paramiko.RSAKey.generate(2048)),
        ):
            pass
    assert estate.tally.passwords == {}


def test_two_jump_hosts_in_a_row() -> None:
    with SimulatedEstate(8, jump_hosts=2) as estate:
        first, second = estate.jump_hosts
        device = sick(estate)
        with logged_in(estate, first) as near:  # type: ignore[arg-type]
            hop = near.get_transport().open_channel("direct-tcpip", (second.host, second.port), ("127.0.0.1", 0))  # type: ignore[union-attr]
            with logged_in(estate, second, sock=hop) as far:  # type: ignore[arg-type]
                last = far.get_transport().open_channel("direct-tcpip", (device.host, device.port), ("127.0.0.1", 0))  # type: ignore[union-attr]
                with logged_in(estate, device, sock=last) as client:
                    assert device.name in read(client.invoke_shell(), "#")
    assert estate.tally.forwards == {"jump-1": 1, "jump-2": 1}


def test_a_network_gives_each_device_its_own_address() -> None:
    with SimulatedEstate(8, network="127.3.0.0/28") as estate:
        assert [device.host for device in estate.devices] == [f"127.3.0.{n}" for n in range(1, 9)]
        with logged_in(estate, sick(estate)):
            pass


@pytest.mark.parametrize(("latency_ms", "least", "most"), [(0.0, 0.0, 0.1), (200.0, 0.19, 0.35)])
def test_a_round_trip_takes_its_time_and_only_its_own(latency_ms: float, least: float, most: float) -> None:
    with SimulatedEstate(8, latency_ms=latency_ms) as estate:
        device = sick(estate)
        with logged_in(estate, device) as client:
            shells = [client.invoke_shell() for _ in range(5)]
            for shell in shells:
                read(shell, f"{device.name}#")
            began = time.monotonic()
            for shell in shells:
                shell.sendall(b"terminal length 0\n")
            for shell in shells:
                read(shell, f"{device.name}#")
            assert least <= time.monotonic() - began <= most


def test_an_unknown_fault_does_not_start() -> None:
    with pytest.raises(LicsweepError, match="did not start"), SimulatedEstate(8, faults={"no-such": 0.1}):
        pass
