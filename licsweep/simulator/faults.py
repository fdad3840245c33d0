"""The kinds of fault (fixtures/estate/faults.yaml) and which devices have which."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Literal

from licsweep import platforms
from licsweep.errors import UsageError
from licsweep.model import Record
from licsweep.platforms import Transport
from licsweep.simulator.design import load_data
from licsweep.simulator.device import Device
from licsweep.vocabulary import OutcomeStatus


class FaultKind(Record):
    """A row of the matrix: what the device `does`, what a sweep `must` make of it, what bounds its time."""

    does: str
    must: str
    outcome: OutcomeStatus
    or_: OutcomeStatus | None = None
    others: dict[str, OutcomeStatus] = field(default_factory=dict)
    within: Literal["connect_timeout", "command_timeout", "device_deadline"]
    sessions: tuple[str, ...] = ()
    over: tuple[Transport, ...] = ("ssh",)

    def fits(self, platform: platforms.Platform) -> bool:
        """Whether devices of a platform can have it."""
        return platform.transport in self.over and (not self.sessions or platform.session in self.sessions)


def load_faults() -> dict[str, FaultKind]:
    """Every kind of fault by name."""
    return load_data("faults.yaml", dict[str, FaultKind])


def shares(texts: Sequence[str]) -> dict[str, float]:
    """`KIND:FRACTION` texts as a mapping. Raises UsageError that names the kinds."""
    known = load_faults()
    found: dict[str, float] = {}
    for text in texts:
        kind, _, fraction = text.partition(":")
        try:
            found[kind] = float(fraction)
        except ValueError:
            found[kind] = -1.0
        if kind not in known or not 0 < found[kind] <= 1:
            raise UsageError(
                f"--fault {text}",
                why="KIND:FRACTION is expected, the fraction over 0 and at most 1",
                hint=f"KIND is one of: {', '.join(known)}",
            )
    if sum(found.values()) > 1:
        raise UsageError("the fractions of --fault add up to more than 1", why="a device has one fault at most")
    return found


def spread(devices: Sequence[Device], wanted: Mapping[str, float], seed: int) -> tuple[Device, ...]:
    """The devices with faults: at least one of each kind, on devices that would work; the same seed, the same ones."""
    kinds = load_faults()
    working = [device.name for device in devices if device.expected_outcome == "ok"]
    random.Random(seed).shuffle(working)  # noqa: S311 - no secret
    record = {device.name: platforms.get(device.platform) for device in devices}
    given: dict[str, str] = {}
    for name, share in sorted(wanted.items(), key=lambda item: not kinds[item[0]].sessions):  # the choosy ones first
        number = max(1, round(share * len(record)))
        fitting = [host for host in working if kinds[name].fits(record[host])]
        given |= dict.fromkeys([host for host in fitting if host not in given][:number], name)
    return tuple(
        _with_fault(device, given[device.name], kinds) if device.name in given else device for device in devices
    )


def _with_fault(device: Device, fault: str, kinds: Mapping[str, FaultKind]) -> Device:
    outcome = kinds[fault].others.get(device.kind, kinds[fault].outcome)
    if outcome == "ok":
        return replace(device, fault=fault)
    return replace(device, fault=fault, expected_outcome=outcome, expected_licenses=())
