"""The whole loop for fifty devices with something wrong at every step: byte for byte the same from device to parcel,
nothing lost, nothing imported twice."""

from datetime import UTC, datetime
from pathlib import Path

from licsweep.courier.contents import Contents
from licsweep.jobs import courier, courier_back
from licsweep.jobs.courier_back import HandedOut
from licsweep.ledger_types import Ledger, Parcel
from licsweep.simulator.cssm import SimulatedCssm
from licsweep.simulator.design import load_design
from licsweep.simulator.estate import SimulatedEstate
from licsweep.store import reading
from tests.visits.conftest import Site
from tests.visits.test_kill import killed

DEVICES = 50
COLLECT_KILLS, DELIVER_KILLS = (5, 170, 500), (9, 150, 420)


class Loop:
    """Fifty devices of an estate that make usage reports, and what goes wrong with some of them."""

    def __init__(self, estate: SimulatedEstate, folder: Path) -> None:
        design = load_design()
        slup = [one for one in estate.devices if design.kind(one.kind).outputs == "xe_slup"]
        self.names = tuple(one.name for one in slup if one.expected_outcome == "ok")[:DEVICES]
        assert len(self.names) == DEVICES
        self.estate, self.site, self.back = estate, Site(estate, folder / "project"), folder / "back"
        self.back.mkdir()
        self.full, self.no_scp = self.names[:3], self.names[3:6]
        self.swapped, self.other_account, self.full_later = self.names[6:9]
        self.right_acks: dict[str, bytes] = {}
        self.site.sweep(*self.names)

    @property
    def ledger(self) -> Ledger:
        with reading(self.site.project) as store:
            return store.courier_ledger()

    def trouble(self, names: tuple[str, ...], *troubles: str) -> None:
        for name in names:
            self.estate.change(name, *troubles)

    def collect(self) -> None:
        """Killed on the way, with full flashes and servers that are off; then again, and a third time for nothing."""
        self.trouble(self.full, "flash-full")
        self.trouble(self.no_scp, "no-scp")
        assert set(killed(self.site, "collect", self.names, COLLECT_KILLS)) == set(COLLECT_KILLS)
        rows = self.site.collect(*self.names)
        assert {row.hostname for row in rows if row.state == "not-used"} == set(self.full)
        self.trouble(self.full)
        rows = self.site.collect(*self.names)
        assert {row.hostname for row in rows if row.state == "new"} == set(self.full)
        assert not [row for row in rows if row.state == "not-used"]
        assert {row.state for row in self.site.collect(*self.names)} == {"nothing-to-report"}

    def upload(self) -> None:
        """One parcel is lost and packed again; of one device the acknowledgement is that of another account."""
        first = courier.pack(self.site.project, by="Eva")
        second = courier.pack(self.site.project, by="Eva", again=[first.parcels[0].id])
        assert [one.virtual_account for one in second.parcels] == [first.parcels[0].virtual_account]
        for parcel, folder in zip(first.parcels[1:] + second.parcels, first.folders[1:] + second.folders, strict=True):
            self._upload(parcel, Path(folder) / "upload")
        counted = {(one.sn, one.report_id) for file in self.ledger.files.values() for one in file.counted}
        assert counted <= set(self.site.cssm.accepted)

    def _upload(self, parcel: Parcel, folder: Path) -> None:
        for file in parcel.files:
            raw = (folder / file.name).read_bytes()
            assert raw == Contents(self.site.folder).read(file.sha256)
            name, ack = self.site.cssm.acknowledge(file.name, raw)
            if file.hostname == self.other_account:
                self.right_acks[name] = ack
                ack = SimulatedCssm("Another Company").acknowledge(file.name, raw)[1]
            (self.back / name).write_bytes(ack)
        list(courier.uploaded(self.site.project, parcel.id, by="Bo"))

    def unpack(self) -> None:
        """The same acknowledgements twice."""
        assert {row.state for row in courier_back.unpack(self.site.project, [self.back])} == {"new"}
        assert {row.state for row in courier_back.unpack(self.site.project, [self.back])} == {"known"}

    def deliver(self) -> None:
        """Killed on the way, with another box, a full flash, servers that are off, a foreign acknowledgement."""
        self.estate.change(self.swapped, serial="FOC99999Y99")
        self.trouble((self.full_later,), "flash-full")
        assert set(killed(self.site, "deliver", self.names, DELIVER_KILLS)) == set(DELIVER_KILLS)
        refused = self._refused()
        assert refused.keys() == {*self.no_scp, self.swapped, self.other_account, self.full_later}
        assert "another box" in refused[self.swapped]
        assert refused[self.other_account] == "Signature Verification failed"
        self.trouble((*self.no_scp, self.full_later))
        for name, ack in self.right_acks.items():
            (self.back / name).write_bytes(ack)
        courier_back.unpack(self.site.project, [self.back])
        assert self._refused().keys() == {self.swapped}

    def _refused(self) -> dict[str, str]:
        rows: list[HandedOut] = self.site.deliver(*self.names)
        assert {row.state for row in rows} <= {"delivered", "already", "refused"}
        return {row.hostname: row.answer or "" for row in rows if row.state == "refused"}

    def nothing_is_lost(self) -> None:
        """By what the devices themselves say of their reports."""
        self.site.sweep(*self.names)
        with reading(self.site.project) as store:
            states = {state.hostname: state.observation for state in store.host_states(as_of=datetime.now(UTC))}
        for name in {*self.names} - {self.swapped}:
            seen = states[name]
            assert seen
            assert seen.usage_report_summary
            left = seen.usage_report_summary.waiting_for_ack, seen.usage_report_summary.available_to_report
            assert left == (0, 0), name

    def nothing_is_changed_or_done_twice(self) -> None:
        """By what the devices wrote and took, which the simulator counts."""
        tally, files = self.estate.tally, self.ledger.files.values()
        for name in self.names:
            own = [file for file in files if file.hostname == name]
            assert {file.sha256 for file in own if file.kind == "usage"} <= set(tally.usage_files[name])
            acks = [file for file in own if file.kind == "ack"]
            foreign = len(self.right_acks) if name == self.other_account else 0
            assert tally.imports.get(name, 0) == (0 if name == self.swapped else len(acks) - foreign), name
        assert tally.repeated == {}


def test_fifty_devices(tmp_path: Path) -> None:
    with SimulatedEstate(devices=120) as estate:
        loop = Loop(estate, tmp_path)
        loop.collect()
        loop.upload()
        loop.unpack()
        loop.deliver()
        loop.nothing_is_lost()
    loop.nothing_is_changed_or_done_twice()
