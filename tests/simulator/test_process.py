"""The simulator's own process: what it says, how it ends, what it must not show."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import paramiko
import pytest

from licsweep.errors import LicsweepError, MissingExtra
from licsweep.serialization import to_json
from licsweep.simulator import estate as estate_module
from licsweep.simulator.device import Wanted
from licsweep.simulator.estate import SimulatedEstate

COMMAND = [sys.executable, "-m", "licsweep.simulator"]
WANTED = Wanted(devices=8, password="a-password", enable_secret="a-secret")


def at_the_pager(device: dict[str, Any], username: str, password: str) -> paramiko.Transport:
    transport = paramiko.Transport((device["host"], device["port"]))
    transport.connect(username=username, password=password)
    channel = transport.open_session()
    channel.invoke_shell()
    channel.sendall(b"show version\n")
    while b"--More--" not in channel.recv(65536):
        pass
    return transport


@pytest.mark.parametrize("ending", ["end of input", "SIGTERM"])
def test_it_announces_once_and_ends_quietly(ending: str) -> None:
    """Not a word on standard error, with a port scan, a session cut off and one still open behind it."""
    with subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(to_json(WANTED) + "\n")
        process.stdin.flush()
        announced = json.loads(process.stdout.readline())
        assert len(announced["devices"]) == 8
        assert "a-password" not in json.dumps(announced)
        assert "a-secret" not in json.dumps(announced)
        device = announced["devices"][0]
        socket.create_connection((device["host"], device["port"])).close()
        cut, still_open = (at_the_pager(device, announced["username"], "a-password") for _ in range(2))
        cut.sock.shutdown(socket.SHUT_RDWR)
        if ending == "SIGTERM":
            process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=5)
    cut.close()
    still_open.close()
    tally = json.loads(rest[0])
    assert tally["connections"] == {device["name"]: 3}
    assert tally["passwords"] == {device["name"]: 2}
    assert (rest[1], process.returncode) == ("", 0)


def test_without_a_password_it_does_not_start() -> None:
    done = subprocess.run(COMMAND, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "password" in done.stderr or "JSON" in done.stderr


def test_it_ends_with_its_parent() -> None:
    """The parent is killed outright; the child notices the end of its input."""
    parent = (
        "import os, signal\n"
        "from licsweep.simulator.estate import SimulatedEstate\n"
        "with SimulatedEstate(devices=8) as estate:\n"
        "    print(estate.devices[0].port, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", parent], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == -signal.SIGKILL, done.stderr
    # capture_output returned: nobody holds the inherited pipe ends any more
    assert done.stdout.strip().isdigit()


def test_the_password_is_in_no_argument_and_no_file(estate: SimulatedEstate, project: Path) -> None:
    files = [path for path in project.rglob("*") if path.is_file()]
    assert len(files) == 6
    assert not [path for path in files if estate.password in path.read_text()]
    assert [path for path in files if estate.devices[0].name in path.read_text()], "the search does find what is there"
    assert estate._process
    for shown in ("cmdline", "environ"):
        assert estate.password.encode() not in Path(f"/proc/{estate._process.pid}/{shown}").read_bytes()


def test_two_estates_have_two_passwords() -> None:
    assert SimulatedEstate(devices=8).password != SimulatedEstate(devices=8).password


def test_without_asyncssh_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncssh", None)
    with pytest.raises(MissingExtra) as caught, SimulatedEstate(devices=8):
        pass
    assert caught.value.hint == "pip install 'licsweep[demo]'"


def test_a_simulator_that_does_not_come_up_is_an_error_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    estate = SimulatedEstate(devices=8)
    monkeypatch.setattr(estate_module, "START_SECONDS", 0.05)
    with pytest.raises(LicsweepError, match="did not start"), estate:
        pass


def test_the_reason_of_a_failed_start_is_told() -> None:
    with pytest.raises(LicsweepError) as caught, SimulatedEstate(devices=8, host_key_type="not-a-key"):
        pass
    assert "not-a-key" in caught.value.why


def test_its_user_does_not_import_asyncssh() -> None:
    check = "import sys, licsweep.simulator.estate as e; sys.exit(bool({'asyncssh', 'jinja2'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
