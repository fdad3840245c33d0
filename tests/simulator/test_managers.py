"""Managers of the simulated estate, asked without a socket: what they say is read as the estate was designed."""

import json
import re
from base64 import b64encode
from datetime import UTC, datetime

import pytest

from collectors.parse import observe
from licsweep.model import Observation
from licsweep.platforms import get
from licsweep.reading.host_report import capture
from licsweep.simulator.account import Account
from licsweep.simulator.design import load_design, plan
from licsweep.simulator.device import Device
from licsweep.simulator.managers import DOMAIN, MANAGERS, Fdm, Fmc, Manager, Reply, Request
from licsweep.simulator.outputs import Outputs

DESIGN = load_design()
NOW = datetime(2026, 11, 24, 10, 32, 11, tzinfo=UTC)
DEVICES = plan(DESIGN, sum(kind.units for kind in DESIGN.kinds), seed=1)
OUTPUTS = Outputs(DESIGN, NOW, devices=DEVICES)
AUTH = "/api/fmc_platform/v1/auth"
BASIC = {"authorization": "Basic " + b64encode(b"sweeper:loopback-word").decode()}


def named(name: str) -> Device:
    return next(device for device in DEVICES if device.name == name)


def manager(name: str, fault: str = "") -> Manager:
    device = named(name)
    kind = MANAGERS[get(device.platform).session]
    return kind(OUTPUTS.commands(device), Account("sweeper", "loopback-word", frozenset()), fault)


def logged_in(one: Manager) -> dict[str, str]:
    """The headers of a session."""
    if isinstance(one, Fdm):
        body = json.dumps({"grant_type": "password", "username": "sweeper", "password": "loopback-word"}).encode()
        said = one.answer(Request(method="POST", target="/api/fdm/latest/fdm/token", headers={}, body=body))
        return {"authorization": f"Bearer {json.loads(said.text)['access_token']}"}
    said = one.answer(Request(method="POST", target=f"{AUTH}/generatetoken", headers=BASIC))
    return {"x-auth-access-token": said.headers["X-auth-access-token"]}


def get_(one: Manager, headers: dict[str, str], target: str) -> Reply:
    return one.answer(Request(method="GET", target=target, headers=headers))


def seen(name: str) -> Observation:
    one, device = manager(name), named(name)
    headers = logged_in(one)
    captures = [capture(name, "show version", OUTPUTS.commands(device)["show version"](), NOW)]
    captures *= device.platform == "cisco_fmc"
    for line in get(device.platform).lines:
        if line.startswith("GET "):
            target = f"{line.removeprefix('GET ').replace('DOMAIN', DOMAIN)}?expanded=true&limit=200&offset=0"
            captures.append(capture(name, f"GET {target}", get_(one, headers, target).text, NOW))
    return observe(captures, device.platform, hostname=name)


@pytest.mark.parametrize("name", ["hq-fmc-001", "hq-fmc-002", "br-fmc-001", "br-fdm-001"])
def test_managers_are_read_whole(name: str) -> None:
    got = seen(name)
    assert (got.outcome, got.complete, got.unclaimed_lines) == ("ok", True, ())
    assert (got.virtual_account, got.release) == (named(name).virtual_account, "7.4.2")


def test_a_manager_knows_its_devices() -> None:
    got = seen("hq-fmc-001")
    assert (got.ha_role, got.registration_status, seen("hq-fmc-002").ha_role) == ("active", "registered", "standby")
    managed = {device.hostname: device for device in got.managed_devices}
    ours = [device for device in DEVICES if DESIGN.kind(device.kind).facts.get("manager") == "hq-fmc-001"]
    assert {name: one.serial for name, one in managed.items()} == {one.name: one.udis[0].sn for one in ours}
    assert len(managed) == 11
    assert [managed[name].ha_role for name in ("hq-fw-001", "hq-fw-002")] == ["active", "standby"]
    assert {managed[f"dc-fwc-00{number}"].cluster for number in range(1, 5)} == {"dc-edge"}
    assert managed["br-fw-001"].performance_tier == "FTDv50"
    chassis = next(device for device in DEVICES if device.kind == "ftd-chassis")
    assert {managed[f"dc-fwi-00{number}"].chassis_serial for number in range(1, 4)} == {chassis.udis[0].sn}
    assert managed["hq-fw-001"].license_types == ("ESSENTIALS", "IPS", "MALWARE_DEFENSE", "URL")


def test_what_manages_itself_has_its_licenses() -> None:
    got = seen("br-fdm-001")
    expected = [(use.entitlement_tag, use.count, use.status) for use in named("br-fdm-001").expected_licenses]
    assert [(use.entitlement_tag, use.count, use.status) for use in got.licenses] == expected
    assert got.udis[0].sn == named("br-fdm-001").udis[0].sn


def test_a_virtual_pair_is_in_evaluation() -> None:
    got = seen("br-fmc-001")
    assert (got.registration_status, got.authorization_status) == ("unregistered", "eval-mode")
    assert got.evaluation_seconds_left == 41 * 86_400


def test_whoever_logs_in_last_has_the_session_and_a_token_is_refreshed_three_times() -> None:
    one = manager("hq-fmc-001")
    first, second = logged_in(one), logged_in(one)
    path = "/api/fmc_platform/v1/info/serverversion"
    assert [get_(one, headers, path).status for headers in (first, second)] == [401, 200]
    said = one.answer(Request(method="POST", target=f"{AUTH}/generatetoken", headers=BASIC))
    statuses = []
    for _ in range(4):
        headers = {"x-auth-refresh-token": said.headers.get("X-auth-refresh-token", "")}
        said = one.answer(Request(method="POST", target=f"{AUTH}/refreshtoken", headers=headers))
        statuses.append(said.status)
    assert statuses == [204, 204, 204, 401]


def test_without_expanded_a_list_has_names_only_and_pages_are_counted() -> None:
    one = manager("hq-fmc-001")
    headers = logged_in(one)
    path = f"/api/fmc_config/v1/domain/{DOMAIN}/devices/devicerecords"
    short = json.loads(get_(one, headers, f"{path}?limit=3&offset=9").text)
    assert (short["paging"], [sorted(item) for item in short["items"]]) == (
        {"offset": 9, "limit": 3, "count": 11, "pages": 4},
        [["id", "name"]] * 2,
    )
    assert get_(one, headers, "/api/fmc_platform/v1/license/other").status == 404


def test_a_cdfmc_takes_a_bearer_token_behind_its_prefix() -> None:
    one = manager("hq-fmc-001")
    path = "/fmc/api/fmc_platform/v1/license/smartlicenses"
    assert get_(one, {"authorization": "Bearer loopback-word"}, path).status == 200
    told = get_(one, {"authorization": "Bearer wrong"}, path)
    assert (told.status, "SCC token is invalid" in told.text) == (401, True)
    assert isinstance(one, Fmc)


def test_no_document_is_wrong_json() -> None:
    for device in DEVICES:
        if device.platform in ("cisco_fmc", "cisco_fdm"):
            for name, render in OUTPUTS.commands(device).items():
                if name != "show version":
                    assert json.loads(render())
                    assert not re.search(r"\bNone\b|Undefined|\r", render())
