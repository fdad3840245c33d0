"""The design of an estate and its devices: ours (fixtures/estate, packaged as licsweep.demo_estate) or a folder given
from outside, with estate.yaml, entitlements.yaml and outputs/.

The same count and seed give the same estate, ports and host keys apart.
"""

import random
from collections.abc import Sequence
from dataclasses import field, replace
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from itertools import accumulate, count, pairwise
from pathlib import Path
from typing import Any, TypeVar

from licsweep import platforms
from licsweep.model import LicenseUse, Record, Udi
from licsweep.position_types import ComplianceState
from licsweep.serialization import load_yaml_file
from licsweep.simulator.device import Device
from licsweep.vocabulary import HaRole, LicenseStatus, OutcomeStatus

T = TypeVar("T")


class Site(Record):
    """A site; all its devices stand in one virtual account and tell the time in one zone."""

    name: str
    timezone: str
    virtual_account: str


class Dialect(Record):
    """How the vty of one kind of session talks; `{name}` in the prompt is the device's name, `height` the words before
    the number of lines of a page."""

    prompt: str
    more: str
    erase: str
    invalid: str
    height: str = "terminal length"


class License(Record):
    """A license: what a device prints of it and what CSSM calls it (`cssm` None: CSSM does not know it)."""

    feature: str | None
    label: str | None = None
    description: str | None = None
    type: str | None = None
    cssm: str | None = None
    tag: str | None = None


class Printed(Record):
    """One license line of a kind: `name` where it prints another than the feature's; the last three are columns of
    the NX-OS table."""

    license: str
    name: str | None = None
    count: int | None = 1
    status: LicenseStatus = "in-use"
    installed: bool = True
    expiry: str = "Never"
    comments: str = "-"


class Member(Record):
    """A chassis, stack member or supervisor; `same_serial` for a supervisor that shows its chassis' serial."""

    pid: str
    role: HaRole | None = None
    same_serial: bool = False


class Consumption(Record):
    """What each device of a kind makes its manager consume: container instances do so for their chassis, once."""

    manager: str
    licenses: tuple[str, ...]


class Kind(Record):
    """A kind of device: `outputs` names its folder of templates, `facts` are what they print, `share` its part of
    the devices beyond the first of each kind, `fault` what is broken on purpose (faults.yaml). `units` that belong
    together, a failover pair or a cluster, stand in an estate together, and once."""

    name: str
    platform: str
    outputs: str
    role: str
    share: int = 0
    units: int = 1
    site: str | None = None
    banner: str = ""
    fault: str | None = None
    members: tuple[Member, ...]
    licenses: tuple[Printed, ...]
    consumes: Consumption | None = None
    facts: dict[str, Any]
    outcome: OutcomeStatus = "ok"
    state: ComplianceState | None = None


class Design(Record):
    """The whole estate; the first eight kinds of ours make the smallest one."""

    username: str
    smart_account: str
    sites: tuple[Site, ...]
    groups: dict[str, str] = field(default_factory=dict)
    dialects: dict[str, Dialect] = field(default_factory=dict)
    licenses: dict[str, License]
    kinds: tuple[Kind, ...]

    def kind(self, name: str) -> Kind:
        """The kind of that name."""
        return next(kind for kind in self.kinds if kind.name == name)

    def dialect(self, platform: str) -> Dialect:
        """How devices of a platform talk, by its kind of session; one that has no dialect talks as IOS does."""
        return self.dialects.get(platforms.get(platform).session) or self.dialects["ios"]


def estate_data(folder: str | None = None) -> Traversable:
    """The folder of an estate's data; ours where none is named."""
    return Path(folder) if folder else files("licsweep.demo_estate")


def load_data(name: str, kind: type[T], folder: str | None = None) -> T:
    """A YAML file of that folder as this type. Raises InputError."""
    with as_file(estate_data(folder) / name) as path:
        return load_yaml_file(path, kind)


def load_design(folder: str | None = None) -> Design:
    """The design in that folder, with our dialects beside its own. Raises InputError."""
    design = load_data("estate.yaml", Design, folder)
    return replace(design, dialects=load_data("dialects.yaml", dict[str, Dialect]) | design.dialects)


def plan(design: Design, devices: int, seed: int, only: str | None = None) -> tuple[Device, ...]:
    """The devices of an estate, without ports; all of one kind where `only` names it."""
    rng = random.Random(seed)  # noqa: S311 - invented serials, no secret
    serials = (f"FOC{number:05d}X{rng.randrange(256):02X}" for number in count(1))
    numbers: dict[str, int] = {}
    planned = []
    mix = [design.kind(only)] * devices if only else _mix(design.kinds, devices)
    for index, kind in enumerate(mix):
        site = next((s for s in design.sites if s.name == kind.site), design.sites[index % len(design.sites)])
        place = f"{site.name}-{kind.role}"
        numbers[place] = numbers.get(place, 0) + 1
        works = kind.outcome == "ok"
        planned.append(
            Device(
                name=f"{place}-{numbers[place]:03d}",
                platform=kind.platform,
                kind=kind.name,
                groups=(design.groups.get(kind.platform, kind.platform), site.name),
                site=site.name,
                timezone=site.timezone,
                smart_account=design.smart_account,
                virtual_account=site.virtual_account,
                udis=_udis(kind.members, serials),
                fault=kind.fault,
                expected_outcome=kind.outcome,
                expected_licenses=tuple(_expected(design, line) for line in kind.licenses) if works else (),
            )
        )
    return tuple(planned)


def units_of(design: Design, device: Device, devices: Sequence[Device]) -> list[Device]:
    """The devices that a device belongs together with, itself included, in their order."""
    alike = [other for other in devices if other.kind == device.kind]
    size, place = design.kind(device.kind).units, [other.name for other in alike].index(device.name)
    return alike[place - place % size :][:size]


def _mix(kinds: tuple[Kind, ...], devices: int) -> list[Kind]:
    """One of each kind as far as the number goes, in their order; the rest by share."""
    fitting = [
        kind for kind, end in zip(kinds, accumulate(kind.units for kind in kinds), strict=True) if end <= devices
    ]
    rest = devices - sum(kind.units for kind in fitting)
    even = not any(kind.share for kind in fitting)
    steps = list(accumulate((kind.share or even for kind in fitting), initial=0))
    more = [rest * high // steps[-1] - rest * low // steps[-1] for low, high in pairwise(steps)]
    return [kind for kind, extra in zip(fitting, more, strict=True) for _ in range(kind.units + extra)]


def _udis(members: tuple[Member, ...], serials: Any) -> tuple[Udi, ...]:
    """The device's own UDI, and where it has roles one UDI a member."""
    numbered: list[Udi] = []
    for member in members:
        serial = numbered[0].sn if member.same_serial else next(serials)
        numbered.append(Udi(role=member.role, pid=member.pid, sn=serial))
    own = Udi(pid=numbered[0].pid, sn=numbered[0].sn)
    return (own, *(udi for udi in numbered if udi.role))


def _expected(design: Design, line: Printed) -> LicenseUse:
    known = design.licenses[line.license]
    name = line.name or known.feature
    return LicenseUse(name=name, entitlement_tag=known.label, count=line.count, status=line.status)
