"""The rows of the fault matrix that managers play over HTTPS, in sweeps by the program itself."""

import pytest

from licsweep.platforms import get
from licsweep.simulator.estate import SimulatedEstate
from licsweep.simulator.faults import load_faults
from tests.faults.conftest import Ended, ended, sweep, write_settings
from tests.faults.test_matrix import ATTEMPTS, SETTINGS, SLACK, over_https

KINDS = {name: kind for name, kind in load_faults().items() if "https" in kind.over}
NOTHING_SENT = {"tcp-refused", "unknown-certificate", "other-name", "changed-certificate"}
Swept = tuple[SimulatedEstate, dict[str, Ended]]


@pytest.fixture(scope="module", params=["fmc-pair", "fdm"])
def swept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Swept:
    """A sweep over managers of one kind with all the faults that it can have, and one that is healthy at least."""
    platform = get("cisco_fdm" if request.param == "fdm" else "cisco_fmc")
    kinds = [name for name, kind in KINDS.items() if kind.fits(platform)]
    project, devices = tmp_path_factory.mktemp("managers"), len(kinds) + 2
    with SimulatedEstate(devices, only=request.param, faults=dict.fromkeys(kinds, 1 / devices)) as estate:
        estate.write_project(project)
        write_settings(project, SETTINGS | {"lockout_after": 12})
        code, said = sweep(estate, project)
        assert code == 3, said
        assert estate.password not in said
        files = [file for file in project.rglob("*") if file.is_file()]
        assert not any(estate.password.encode() in file.read_bytes() for file in files)
    return estate, ended(project)


@pytest.mark.parametrize("fault", KINDS)
def test_a_sweep_of_sick_managers(swept: Swept, fault: str) -> None:
    estate, got = swept
    sick = [device for device in estate.devices if device.fault == fault]
    if KINDS[fault].fits(get(estate.devices[0].platform)):
        assert len(sick) == 1
    for device in sick:
        host = got[device.name]
        assert host.status in {KINDS[fault].outcome, KINDS[fault].or_}, host
        assert host.reason or host.status == "ok"
        assert host.seconds <= ATTEMPTS * SETTINGS[KINDS[fault].within] + SLACK, host
        if fault == "older-release":
            assert "devicelicenses: this release does not have it" in host.reason
        if fault in NOTHING_SENT - {"changed-certificate"}:
            assert over_https(device) not in estate.tally.connections


def test_healthy_managers_are_not_harmed_by_the_sick(swept: Swept) -> None:
    estate, got = swept
    healthy = [device for device in estate.devices if device.fault is None]
    assert healthy
    assert {(got[device.name].status, got[device.name].reason) for device in healthy} == {("ok", "")}
    assert {estate.tally.connections[over_https(device)] for device in healthy} == {1}
