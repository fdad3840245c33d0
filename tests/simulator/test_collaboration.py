"""What the simulated CUCM cluster, Unity Connection and Expressways print, as it is read."""

from datetime import UTC, datetime

import pytest

from collectors.parse import observe
from licsweep.reading.host_report import capture
from licsweep.simulator.design import load_design, plan
from licsweep.simulator.device import Device
from licsweep.simulator.outputs import Outputs

DESIGN = load_design()
NOW = datetime(2026, 11, 24, 10, 32, 11, tzinfo=UTC)
EVERY_KIND = plan(DESIGN, sum(kind.units for kind in DESIGN.kinds), seed=1)
OUTPUTS = Outputs(DESIGN, NOW, devices=EVERY_KIND)
NODES = [device for device in EVERY_KIND if device.platform in ("cisco_cucm", "cisco_cuc", "cisco_expressway")]


@pytest.mark.parametrize("device", NODES, ids=lambda device: device.name)
def test_a_node_is_read_as_designed(device: Device) -> None:
    captures = [
        capture(device.name, command, render(), NOW)
        for command, render in OUTPUTS.commands(device).items()
        if not command.startswith(("GET", "AXL"))
    ]
    seen = observe(captures, device.platform, hostname=device.name)
    assert (seen.outcome, seen.complete, seen.unclaimed_lines) == ("ok", True, ())
    facts = DESIGN.kind(device.kind).facts
    assert (seen.release, seen.cluster) == (facts["release"], facts.get("cluster"))
    assert [(use.entitlement_tag, use.count, use.status) for use in seen.licenses] == [
        (use.entitlement_tag, use.count, use.status) for use in device.expected_licenses
    ]
    if nodes := facts.get("nodes"):
        assert [member.hostname for member in seen.members] == nodes
        assert seen.node_role == ("publisher" if device.name == nodes[0] else "subscriber")


def test_one_publisher_two_subscribers_a_unity_and_two_expressways() -> None:
    assert [device.name for device in NODES] == [
        *("dc-cucm-001", "dc-cucm-002", "dc-cucm-003", "dc-cuc-001", "dc-exp-001", "dc-exp-002"),
    ]
