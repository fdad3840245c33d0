"""The courier's loop on the simulated estate: the devices whose transport is off report through the simulated CSSM."""

from collections.abc import Mapping
from pathlib import Path

from licsweep import files
from licsweep.estate.credentials import Credentials
from licsweep.estate.selection import Selection
from licsweep.jobs import courier, courier_back, courier_visits
from licsweep.jobs.courier_back import HandedOut
from licsweep.settings import Project
from licsweep.simulator.cssm import SimulatedCssm
from licsweep.simulator.estate import SimulatedEstate
from licsweep.visits.collect import CollectOptions

AIR_GAPPED = "transport-off"
BY = "demo"


def carry(project: Project, estate: SimulatedEstate, credentials: Mapping[str, Credentials]) -> list[HandedOut]:
    """Collects, packs, has it acknowledged, unpacks and delivers; what became of each acknowledgement."""
    names = tuple(device.name for device in estate.devices if device.kind == AIR_GAPPED)
    if not names:
        return []
    chosen = Selection(limit=names)
    trip = courier_visits.prepare(project, chosen, BY, credentials)
    courier_visits.collect(trip, CollectOptions(), lambda _: None)
    cssm, back = SimulatedCssm(estate.devices[0].smart_account), project.folder / "courier" / "back"
    files.make_folder(back)
    packed = courier.pack(project, by=BY)
    for parcel, folder in zip(packed.parcels, packed.folders, strict=True):
        for file in parcel.files:
            name, ack = cssm.acknowledge(file.name, files.read(Path(folder, "upload", file.name)).raw)
            files.write(back / name, ack)
        for _ in courier.uploaded(project, parcel.id, by=BY):
            pass
    courier_back.unpack(project, [back])
    trip = courier_visits.prepare(project, chosen, BY, credentials)
    return courier_visits.deliver(trip, courier_visits.waiting(trip), lambda _: None)
