"""The outputs of a simulated device: Jinja2 templates over the design, with dates relative to the estate's start."""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

from jinja2 import Environment, FunctionLoader, StrictUndefined

from licsweep.simulator.design import Design, estate_data, units_of
from licsweep.simulator.device import Device
from licsweep.simulator.rum import RumState

DEVICE_DATE = "%b %d %H:%M:%S %Y %Z"
Current = Callable[[], tuple[Device, RumState]]


def _random(device: Device) -> random.Random:
    return random.Random(device.udis[0].sn)  # noqa: S311 - spreads the minutes of the dates


def designed_state(facts: Mapping[str, Any], device: Device, now: datetime) -> RumState:
    """What a device says of its usage reports when the estate starts."""
    if (days := facts.get("ack_days")) is None:
        return RumState(acked_at=None, total=6, acknowledged=0, available=6)
    return RumState(acked_at=now - timedelta(days=days, minutes=_random(device).randrange(600)))


class Outputs:
    """All the outputs of an estate of these devices, whose data lie in `folder` (None: ours). `now` stands still from
    the start, so two sweeps read the same."""

    def __init__(
        self, design: Design, now: datetime, folder: str | None = None, devices: Sequence[Device] = ()
    ) -> None:
        self._design, self.now, self._devices = design, now, devices
        self._estate = [(one, design.kind(one.kind)) for one in devices]
        self._folder = estate_data(folder) / "outputs"
        self._environment = Environment(
            loader=FunctionLoader(lambda name: self._folder.joinpath(name).read_text()),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,  # noqa: S701 - text for a terminal
        )
        self._environment.filters["ago"] = lambda moment, **span: (moment - timedelta(**span)).strftime(DEVICE_DATE)
        self._environment.filters["ahead"] = lambda moment, **span: (moment + timedelta(**span)).strftime(DEVICE_DATE)
        self._environment.filters["iso"] = lambda moment: moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._environment.filters["milliseconds"] = lambda moment: int(moment.timestamp() * 1000)
        self._environment.filters["checksum"] = lambda text: crc32(text.encode())
        self._environment.globals["days"] = lambda days, minutes: timedelta(days=days, minutes=minutes)
        self._rendered = cache(self.render)

    def commands(self, device: Device, current: Current | None = None) -> Mapping[str, Callable[[], str]]:
        """Each command that the device knows, with what renders its output (lines end in LF). `current` tells the box
        that stands there now and its usage reports, where they change."""
        kind = self._design.kind(device.kind)
        names = sorted(e.name for e in (self._folder / kind.outputs).iterdir() if e.name.endswith(".j2"))
        as_designed = device, designed_state(kind.facts, device, self.now)
        return {
            name.removesuffix(".j2").replace("_", " "): partial(
                self._now, f"{kind.outputs}/{name}", current or (lambda: as_designed)
            )
            for name in names
        }

    def _now(self, template: str, current: Current) -> str:
        device, rum = current()
        return self._rendered(template, device, rum=rum)

    def render(self, template: str, device: Device, **more: Any) -> str:
        """A template as that device prints it, with what it needs beside the device's facts."""
        kind = self._design.kind(device.kind)
        rng, units = _random(device), units_of(self._design, device, self._devices or [device])
        return self._environment.get_template(template).render(
            device=device,
            units=units,
            estate=self._estate,
            managed=[(one, its) for one, its in self._estate if its.facts.get("manager") == units[0].name],
            licenses=[(self._design.licenses[line.license], line) for line in kind.licenses],
            now=self.now.astimezone(ZoneInfo(device.timezone)),
            zone=ZoneInfo(device.timezone),
            jitter=rng.randrange(600),
            up_days=rng.randrange(20, 300),
            **kind.facts,
            **more,
        )
