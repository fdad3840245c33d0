"""The fault matrix: every kind of sick device in sweeps by the program itself, and the table that says so."""

import re
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import yaml

from licsweep.simulator.design import load_design
from licsweep.simulator.estate import Device, SimulatedEstate
from licsweep.simulator.faults import load_faults
from tests.faults.conftest import Ended, ended, sweep, write_settings
from tests.faults.matrix import SIMULATED, rows, table

ROOT = Path(__file__).parents[2]
KINDS = {name: kind for name, kind in load_faults().items() if "ssh" in kind.over}
DEVICES = 80
SETTINGS = {
    "connect_timeout": 3,
    "command_timeout": 5,
    "device_deadline": 8,
    "sweep_deadline": 60,
    "workers": 40,
    "retries": 1,
    "retry_backoff": 0.2,
    "start_jitter": 0,
    "lockout_after": 4,
}
ATTEMPTS = 2
SLACK = 4.0  # this may run on a busy machine
ONE_CONNECTION = {
    *("wrong-password", "lock-out", "changed-key", "unknown-key", "kex-mismatch"),
    *("no-session", "no-shell"),
}
# Kinds that are played by one more device than asked for: the estate has broken ones of its own.
LOCKING_DEVICES = 6


@pytest.fixture(scope="module")
def estate() -> Iterator[SimulatedEstate]:
    faults = {kind: 1 / DEVICES for kind in KINDS} | {"lock-out": LOCKING_DEVICES / DEVICES}
    with SimulatedEstate(DEVICES, faults=faults) as made:
        yield made


@pytest.fixture(scope="module")
def swept(estate: SimulatedEstate, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    """How each host of one sweep over all faults ended."""
    project = tmp_path_factory.mktemp("matrix")
    estate.write_project(project)
    write_settings(project, SETTINGS)
    code, said = sweep(estate, project)
    assert code == 3, said
    return ended(project)


def of(estate: SimulatedEstate, fault: str | None) -> list[Device]:
    return [device for device in estate.devices if device.fault == fault]


def test_every_host_is_accounted_for(estate: SimulatedEstate, swept: dict[str, Ended]) -> None:
    assert set(swept) == {device.name for device in estate.devices}


def test_healthy_devices_are_not_harmed_by_the_sick(estate: SimulatedEstate, swept: dict[str, Ended]) -> None:
    assert {device.name: swept[device.name].status for device in of(estate, None)} == {
        device.name: "ok" for device in of(estate, None)
    }


@pytest.mark.parametrize("fault", KINDS)
def test_a_sweep_of_sick_devices(estate: SimulatedEstate, swept: dict[str, Ended], fault: str) -> None:
    for device in of(estate, fault):
        got = swept[device.name]
        assert got.status in {device.expected_outcome, KINDS[fault].or_}, got
        assert got.reason or got.status == "ok"
        tries = 1 if fault in ONE_CONNECTION else ATTEMPTS
        limit = SETTINGS[KINDS[fault].within]
        assert got.seconds <= tries * limit + SETTINGS["retry_backoff"] * 2 + SLACK, got
        if got.status == "ok":
            assert licenses(got) == expected(device), "a number is right"
        elif got.status == KINDS[fault].or_:
            assert licenses(got) <= expected(device), "or openly missing"


def test_what_a_refusal_leaves_is_told_for_each_kind_of_device(tmp_path: Path) -> None:
    number = sum(kind.units for kind in load_design().kinds)
    with SimulatedEstate(number, faults={"command-refused": 1.0}) as estate:
        estate.write_project(tmp_path)
        write_settings(tmp_path, SETTINGS | {"command_timeout": 2, "device_deadline": 4, "retries": 0})
        assert sweep(estate, tmp_path)[0] == 3
    got = {name: host.status for name, host in ended(tmp_path).items()}
    assert got == {device.name: device.expected_outcome for device in estate.devices}
    assert {device.kind for device in of(estate, "command-refused")} > KINDS["command-refused"].others.keys()


def over_https(device: Device) -> str:
    """The name under which connections to a manager are counted."""
    return f"{device.name} over HTTPS"


def licenses(got: Ended) -> Counter[tuple[object, ...]]:
    return Counter(tuple(map(row.get, ("name", "entitlement_tag", "count", "status"))) for row in got.licenses)


def expected(device: Device) -> Counter[tuple[object, ...]]:
    return Counter((row.name, row.entitlement_tag, row.count, row.status) for row in device.expected_licenses)


def test_a_wrong_number_would_be_seen(estate: SimulatedEstate, swept: dict[str, Ended]) -> None:
    first, second = (next(d for d in estate.devices if d.kind == kind) for kind in ("slup", "stack"))
    assert licenses(swept[first.name]) != expected(second)


def test_a_group_whose_passwords_are_refused_is_left_alone(estate: SimulatedEstate, swept: dict[str, Ended]) -> None:
    counted = Counter(swept[device.name].status for device in of(estate, "lock-out"))
    assert counted == {"auth-failed": 3, "skipped": LOCKING_DEVICES - 3}
    assert all("account" in swept[d.name].reason for d in of(estate, "lock-out") if swept[d.name].status == "skipped")


def test_what_the_devices_saw(estate: SimulatedEstate, swept: dict[str, Ended]) -> None:
    """No password twice, none before the host key is proven, no second connection where a first one told enough."""
    assert swept
    estate.__exit__(None, None, None)
    tally = estate.tally
    fault_of = {name: device.fault for device in estate.devices for name in (device.name, over_https(device))}
    assert set(tally.passwords.values()) == {1}
    assert not {fault_of[name] for name in tally.passwords} & {"changed-key", "unknown-key", "kex-mismatch"}
    assert max(tally.connections.values()) <= ATTEMPTS
    again = {fault_of[name] for name, number in tally.connections.items() if number > 1}
    assert not again & ONE_CONNECTION
    assert None not in again


@pytest.mark.parametrize("processes", [1, 4])
def test_an_estate_behind_two_jump_hosts_is_reached_over_one_connection_to_each(tmp_path: Path, processes: int) -> None:
    with SimulatedEstate(20, jump_hosts=2, latency_ms=10) as estate:
        estate.write_project(tmp_path)
        write_settings(tmp_path, SETTINGS | {"processes": processes})
        assert sweep(estate, tmp_path)[0] == 3
    got = {name: host.status for name, host in ended(tmp_path).items()}
    assert got == {device.name: device.expected_outcome for device in estate.devices}
    assert (estate.tally.connections["jump-1"], estate.tally.connections["jump-2"]) == (1, 1)
    assert (estate.tally.passwords["jump-1"], estate.tally.passwords["jump-2"]) == (1, 1)
    assert estate.tally.forwards["jump-1"] == 1


@pytest.mark.parametrize("processes", [1, 4])
def test_the_deadline_of_a_device_holds_wherever_it_hangs(tmp_path: Path, processes: int) -> None:
    hanging = ("no-session", "no-shell", "half-open")
    with SimulatedEstate(10, faults=dict.fromkeys(hanging, 0.1)) as estate:
        estate.write_project(tmp_path)
        long = {"connect_timeout": 30, "command_timeout": 30, "device_deadline": 2, "processes": processes}
        write_settings(tmp_path, SETTINGS | long)
        assert sweep(estate, tmp_path)[0] == 3
        sick = [device.name for device in estate.devices if device.fault in hanging]
    got = {name: host for name, host in ended(tmp_path).items() if name in sick}
    assert {host.status for host in got.values()} == {"timed-out"}, got
    assert max(host.seconds for host in got.values()) < 2 + SLACK


@contextmanager
def project_of_one(folder: Path, hostname: str, port: int) -> Iterator[SimulatedEstate]:
    """A project with a single host; the estate only lends its secrets."""
    (folder / "inventory").mkdir()
    host = {"hostname": hostname, "port": port, "platform": "cisco_xe"}
    (folder / "inventory" / "hosts.yaml").write_text(yaml.safe_dump({"lone": host}))
    write_settings(folder, SETTINGS)
    estate = SimulatedEstate()
    estate.username = "sweeper"
    yield estate


def test_an_address_that_answers_nothing(tmp_path: Path) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with ExitStack() as fillers:
            for _ in range(4):
                filler = fillers.enter_context(socket.socket())
                filler.setblocking(False)
                filler.connect_ex(full.getsockname())
            with project_of_one(tmp_path, *full.getsockname()) as estate:
                assert sweep(estate, tmp_path)[0] == 4
    got = ended(tmp_path)["lone"]
    if "SSH" in got.reason:
        pytest.skip("this system queues connections without end")
    assert (got.status, "no answer to TCP" in got.reason) == ("unreachable", True), got
    assert got.seconds <= ATTEMPTS * SETTINGS["connect_timeout"] + SLACK


def test_a_name_that_nobody_knows(tmp_path: Path) -> None:
    with project_of_one(tmp_path, "no-such-host.invalid", 22) as estate:
        assert sweep(estate, tmp_path)[0] == 4
    got = ended(tmp_path)["lone"]
    assert (got.status, "resolved" in got.reason) == ("unreachable", True), got


def test_the_page_has_the_table() -> None:
    assert table() in (ROOT / "docs" / "reliability.md").read_text(), "run: python -m tests.faults.matrix"


def test_every_row_has_a_test() -> None:
    for name, row in rows().items():
        file, _, test = row.test.partition("::")
        assert re.search(rf"^def {test}\(", (ROOT / file).read_text(), re.MULTILINE), name
    assert SIMULATED in {row.test for row in rows().values()}
