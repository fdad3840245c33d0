"""A project of simulated devices that were swept once, the courier's visits to them, and the simulated CSSM."""

import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from licsweep.estate.credentials import Credentials, Secret
from licsweep.estate.selection import Selection
from licsweep.jobs import courier, courier_back, courier_visits, sweep
from licsweep.jobs.courier import CarriedFile
from licsweep.jobs.courier_back import HandedOut
from licsweep.settings import DEFAULT_SET, Project, load
from licsweep.simulator.cssm import SimulatedCssm
from licsweep.simulator.device import Device
from licsweep.simulator.estate import SimulatedEstate
from licsweep.visits.checked_device import CheckedDevice
from licsweep.visits.collect import CollectOptions
from licsweep.visits.trip import Trip

SETTINGS = (
    "connect_timeout = 5\ncommand_timeout = 5\ndevice_deadline = 30\nstart_jitter = 0\nslow_start = 0\nretries = 0\n"
)


class Site:
    """One project and its devices; each method is what a person would do there."""

    def __init__(self, estate: SimulatedEstate, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.estate, self.folder = estate, folder
        estate.write_project(folder)
        (folder / "licsweep.toml").write_text(SETTINGS)
        self.cssm = SimulatedCssm(estate.devices[0].smart_account)

    @property
    def project(self) -> Project:
        return load(self.folder, environment={})

    @property
    def credentials(self) -> dict[str, Credentials]:
        word = Secret(self.estate.password)
        return {DEFAULT_SET: Credentials(username=self.estate.username, password=word, source="test")}

    def of(self, kind: str) -> Device:
        return next(device for device in self.estate.devices if device.kind == kind)

    def sweep(self, *limit: str) -> None:
        request = sweep.SweepRequest(selection=Selection(limit=limit))
        plan = sweep.make_plan(self.project, request, self.credentials)
        sweep.sweep(self.project, request, plan=plan, progress=lambda _: None, selected=lambda _: None)

    def trip(self, *limit: str) -> Trip:
        return courier_visits.prepare(self.project, Selection(limit=limit), "Eva", self.credentials)

    def check(self, *limit: str) -> dict[str, CheckedDevice]:
        return {row.hostname: row for row in courier_visits.check(self.trip(*limit), lambda _: None)}

    def collect(self, *limit: str, **options: object) -> list[CarriedFile]:
        wanted = CollectOptions(**options)  # type: ignore[arg-type]
        return courier_visits.collect(self.trip(*limit), wanted, lambda _: None)

    def deliver(self, *limit: str, again: bool = False) -> list[HandedOut]:
        trip = self.trip(*limit)
        return courier_visits.deliver(trip, courier_visits.waiting(trip, again=again), lambda _: None)

    def carry(self, change: Callable[[str, bytes], bytes] = lambda _, raw: raw) -> list[CarriedFile]:
        """Packs, uploads to the simulated CSSM and unpacks what it gives back, as `change` leaves it."""
        packed = courier.pack(self.project, by="Eva")
        back = self.folder / "back"
        back.mkdir(exist_ok=True)
        for parcel, folder in zip(packed.parcels, packed.folders, strict=True):
            for file in sorted((Path(folder) / "upload").iterdir()):
                name, ack = self.cssm.acknowledge(file.name, file.read_bytes())
                (back / name).write_bytes(change(name, ack))
            list(courier.uploaded(self.project, parcel.id, by="Eva"))
        return courier_back.unpack(self.project, [back])

    def audit(self) -> str:
        return (self.folder / "courier" / "audit.jsonl").read_text()


def states(rows: Sequence[CarriedFile | HandedOut]) -> list[str]:
    return [row.state for row in rows]


@pytest.fixture(scope="module")
def estate() -> Iterator[SimulatedEstate]:
    with SimulatedEstate(devices=22) as running:
        yield running


@pytest.fixture(autouse=True)
def no_internet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever dials anything but loopback fails."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not str(address[0]).startswith("127."):
            raise AssertionError(f"{address} was dialed")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def site(estate: SimulatedEstate, tmp_path: Path) -> Site:
    return Site(estate, tmp_path / "project")
