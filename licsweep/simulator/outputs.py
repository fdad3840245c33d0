"""The outputs of a simulated device: Jinja2 templates over the design, with dates relative to the estate's start."""

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache, partial
from zoneinfo import ZoneInfo

from jinja2 import Environment, FunctionLoader, StrictUndefined

from licsweep.simulator.design import Design, estate_data
from licsweep.simulator.device import Device

DEVICE_DATE = "%b %d %H:%M:%S %Y %Z"


class Outputs:
    """All the outputs of an estate whose data lie in `folder` (None: ours). `now` stands still from the start, so two
    sweeps read the same."""

    def __init__(self, design: Design, now: datetime, folder: str | None = None) -> None:
        self._design, self._now = design, now
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

    def commands(self, device: Device) -> Mapping[str, Callable[[], str]]:
        """Each command that the device knows, with what renders its output (lines end in LF)."""
        folder = self._design.kind(device.kind).outputs
        names = sorted(entry.name for entry in (self._folder / folder).iterdir() if entry.name.endswith(".j2"))
        return {
            name.removesuffix(".j2").replace("_", " "): cache(partial(self._render, device, f"{folder}/{name}"))
            for name in names
        }

    def _render(self, device: Device, template: str) -> str:
        kind = self._design.kind(device.kind)
        rng = random.Random(device.udis[0].sn)  # noqa: S311 - spreads the minutes of the dates
        return self._environment.get_template(template).render(
            device=device,
            licenses=[(self._design.licenses[line.license], line) for line in kind.licenses],
            now=self._now.astimezone(ZoneInfo(device.timezone)),
            jitter=rng.randrange(600),
            up_days=rng.randrange(20, 300),
            **kind.facts,
        )
