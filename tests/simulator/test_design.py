"""The estate as designed, without a socket: its mix, its outputs, and that these say what the design says."""

import io
import re
from collections import Counter
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path

import ntc_templates
import pytest
import textfsm

from collectors.parse import observe
from licsweep.errors import UsageError
from licsweep.platforms import get
from licsweep.reading.host_report import capture
from licsweep.simulator.design import load_design, plan
from licsweep.simulator.device import Device
from licsweep.simulator.estate import SimulatedEstate
from licsweep.simulator.outputs import Outputs

DESIGN = load_design()
NOW = datetime(2026, 11, 24, 10, 32, 11, tzinfo=UTC)
EVERY_KIND = plan(DESIGN, sum(kind.units for kind in DESIGN.kinds), seed=1)
OUTPUTS = Outputs(DESIGN, NOW, devices=EVERY_KIND)
ONE_OF_EACH = {device.kind: device for device in EVERY_KIND}
WORKING = [device for device in ONE_OF_EACH.values() if device.expected_outcome == "ok"]
SMALLEST = ["slup", "classic", "stack", "overdue", "nxos9", "nxos10", "unreachable", "wrong-password"]
BLANKS_AT_THE_END = ("cisco_cucm", "cisco_cuc", "cisco_expressway")
NTC_PLATFORM = {"cisco_xe": "cisco_ios", "cisco_nxos": "cisco_nxos"}


def ntc_rows(device: Device, command: str, text: str) -> list[dict[str, object]]:
    """What the ntc-templates template itself reads, its index left aside."""
    name = f"{NTC_PLATFORM[device.platform]}_{command.replace(' ', '_')}.textfsm"
    template = Path(ntc_templates.__file__).parent / "templates" / name
    rows: list[dict[str, object]] = textfsm.TextFSM(io.StringIO(template.read_text())).ParseTextToDicts(text)
    return rows


def serials_read(device: Device, text: str) -> set[str]:
    (row,) = ntc_rows(device, "show version", text)
    serial = row["SERIAL"]
    return set(serial) if isinstance(serial, list) else {str(serial)}


def output(device: Device, command: str) -> str:
    return OUTPUTS.commands(device)[command]()


@pytest.mark.parametrize("devices", [8, 9, 20, 21, 22, 60, 200, 1000])
def test_an_estate_has_its_size_and_every_kind_that_fits(devices: int) -> None:
    planned = plan(DESIGN, devices, seed=1)
    kinds = Counter(device.kind for device in planned)
    assert len(planned) == devices
    ends = accumulate(kind.units for kind in DESIGN.kinds)
    fitting = [kind for kind, end in zip(DESIGN.kinds, ends, strict=True) if end <= devices]
    assert list(kinds) == [kind.name for kind in fitting]
    assert all(kinds[kind.name] == kind.units for kind in fitting if kind.units > 1)
    broken = [device for device in planned if device.expected_outcome != "ok"]
    assert len({device.kind for device in broken}) == len(broken)
    serials = [udi.sn for device in planned for udi in device.udis if udi.role is None]
    for unique in (serials, [device.name for device in planned]):
        assert len(set(unique)) == devices


def test_the_smallest_estate() -> None:
    assert [device.kind for device in plan(DESIGN, 8, seed=1)] == SMALLEST
    with pytest.raises(UsageError):
        SimulatedEstate(devices=7)


def test_a_larger_estate_spreads_over_sites_and_keeps_its_proportions() -> None:
    planned = plan(DESIGN, 200, seed=1)
    assert min(Counter(device.virtual_account for device in planned).values()) > 40
    kinds = Counter(device.kind for device in planned)
    assert kinds["slup"] > kinds["classic"] > kinds["stack"] > kinds["never-reported"] > kinds["overdue"] == 1


def test_the_seed_decides_the_serials() -> None:
    assert plan(DESIGN, 60, seed=1) == plan(DESIGN, 60, seed=1)
    assert {d.udis[0].sn for d in plan(DESIGN, 60, seed=1)} != {d.udis[0].sn for d in plan(DESIGN, 60, seed=2)}


@pytest.mark.parametrize(
    "device", [one for one in ONE_OF_EACH.values() if one.platform in NTC_PLATFORM], ids=lambda device: device.kind
)
def test_show_version_reads_as_ntc_templates_reads_it(device: Device) -> None:
    text = output(device, "show version")
    (row,) = ntc_rows(device, "show version", text)
    facts = DESIGN.kind(device.kind).facts
    assert row["HOSTNAME"] == device.name
    assert row.get("VERSION", row.get("OS")) == facts.get("version", facts["release"])
    assert serials_read(device, text) == {udi.sn for udi in device.udis}


def test_show_version_without_its_serial_is_noticed() -> None:
    device = ONE_OF_EACH["slup"]
    text = output(device, "show version").replace("Processor board ID", "Processor board no")
    assert serials_read(device, text) != {udi.sn for udi in device.udis}


@pytest.mark.parametrize("device", ONE_OF_EACH.values(), ids=lambda device: device.kind)
def test_every_output_renders_plainly(device: Device) -> None:
    commands = OUTPUTS.commands(device)
    assert {"show version", get(device.platform).identity_command} & set(commands)
    for command, render in commands.items():
        text = render()
        assert text == render()
        assert text.isascii()
        if not command.startswith(("show", "scope", "xStatus")):
            continue  # JSON and XML: tests/simulator/test_managers.py, tests/access/test_basic.py
        assert not re.search(r"[{}]|\bNone\b|Undefined|\r", text)
        if device.platform not in BLANKS_AT_THE_END:
            assert not any(line != line.rstrip() for line in text.splitlines() if "advantage" not in line)


@pytest.mark.parametrize("device", [d for d in WORKING if d.platform == "cisco_xe"], ids=lambda device: device.kind)
def test_the_printed_licenses_are_the_expected_ones(device: Device) -> None:
    text = output(device, "show license all")
    printed = re.findall(r"^(\S.*) \((.+)\):\n(?:  .*\n)*?  Count: (\d+)\n(?:  .*\n)*?  Status: (.+)\n", text, re.M)
    expected = [
        (license.name, license.entitlement_tag, str(license.count), license.status.upper().replace("-", " "))
        for license in device.expected_licenses
    ]
    assert printed == expected
    is_printed = bool(DESIGN.kind(device.kind).facts.get("account_printed"))
    assert ("Virtual Account: " + device.virtual_account in text) == is_printed


@pytest.mark.parametrize("kind", ["nxos9", "nxos10"])
def test_the_printed_features_are_the_expected_ones(kind: str) -> None:
    device = ONE_OF_EACH[kind]
    rows = ntc_rows(device, "show license usage", output(device, "show license usage"))
    expected = [
        (license.name or license.entitlement_tag, "-" if license.count is None else str(license.count))
        for license in device.expected_licenses
    ]
    assert [(row["FEATURE"], row["LICENSE_COUNT"]) for row in rows] == expected
    assert [str(row["STATUS"]).lower() == "in use" for row in rows] == [
        license.status == "in-use" for license in device.expected_licenses
    ]


@pytest.mark.parametrize("device", [d for d in WORKING if "slup" in DESIGN.kind(d.kind).outputs], ids=lambda d: d.kind)
def test_the_clock_of_the_design_is_the_clock_that_is_printed(device: Device) -> None:
    text = output(device, "show license all")
    printed = re.search(r"Next ACK deadline: (\w+ \d+ [\d:]+ \d{4})", text)
    assert printed
    days = (datetime.strptime(printed[1], "%b %d %H:%M:%S %Y").replace(tzinfo=UTC) - NOW).total_seconds() / 86400
    if "Last ACK received: <none>" in text:
        state = "never-reported" if days > 31 else "report-due"
    else:
        state = "report-overdue" if days < -1 else "report-due" if days < 29 else "reporting-ok"
    assert state == DESIGN.kind(device.kind).state


def test_both_supervisors_show_the_serial_of_their_chassis() -> None:
    active, standby = ONE_OF_EACH["dual-supervisor"].udis[1:]
    assert active.sn == standby.sn
    assert len({udi.sn for udi in ONE_OF_EACH["stack"].udis}) == 3


FIREWALLS = [d for d in EVERY_KIND if d.platform in ("cisco_ftd", "cisco_fxos", "cisco_asa")]


@pytest.mark.parametrize("device", FIREWALLS, ids=lambda device: device.name)
def test_firewalls_are_read_as_designed(device: Device) -> None:
    captures = [
        capture(device.name, re.sub("^scope [a-z]+ (?=show)", "", command), render(), NOW)
        for command, render in OUTPUTS.commands(device).items()
    ]
    seen = observe(captures, device.platform, hostname=device.name)
    assert (seen.outcome, seen.complete, seen.unclaimed_lines) == ("ok", True, ())
    assert device.udis[0].sn in {udi.sn for udi in seen.udis} | {seen.chassis_serial}
    facts = DESIGN.kind(device.kind).facts
    assert seen.cluster == facts.get("cluster")
    if device.platform == "cisco_ftd":
        assert seen.manager
        assert (seen.manager.host, seen.manager.registration) == (facts["manager"], "Completed")
        assert seen.release == facts["version"]
    if device.platform == "cisco_fxos":
        assert [member.hostname for member in seen.members] == facts["instances"]


def test_units_that_belong_together_know_each_other() -> None:
    for kind, size in (("ftd-pair", 2), ("ftdv-pair", 2), ("ftd-cluster", 4), ("ftd-container", 3)):
        units = [device for device in EVERY_KIND if device.kind == kind]
        assert len(units) == size
        assert len({device.virtual_account for device in units}) == 1
    active, standby = (device for device in EVERY_KIND if device.kind == "ftd-pair")
    serials = f"Serial Number: Ours {active.udis[0].sn}, Mate {standby.udis[0].sn}"
    assert serials in output(active, "show failover")
    assert "This host: Secondary - Standby Ready" in output(standby, "show failover")
    containers = [device.name for device in EVERY_KIND if device.kind == "ftd-container"]
    assert DESIGN.kind("ftd-chassis").facts["instances"] == containers
