"""Simulated boxes write usage files, a simulated CSSM acknowledges parcels in both forms, the boxes import them."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from licsweep.estate.selection import Selection
from licsweep.jobs import courier, courier_back, courier_views
from licsweep.ledger_types import Form
from licsweep.simulator.cssm import SimulatedCssm
from licsweep.simulator.design import load_design, plan
from licsweep.simulator.rum import IMPORTED, UsageReports
from tests.courier.making import ingested, made_project, observation

DEVICES = 50


def simulated_boxes() -> dict[str, UsageReports]:
    devices = plan(load_design(), DEVICES, 1, "stack")
    began = datetime.now(UTC) - timedelta(days=100)
    return {
        device.name: UsageReports(
            device=device,
            uses=[("network-advantage", "regid.a", 2), ("dna-advantage", "regid.b", 2)],
            second_layout=number % 2 == 0,
            acked_at=None,
            began=began,
        )
        for number, device in enumerate(devices)
    }


@pytest.mark.parametrize("form", ["files", "archive"])
def test_fifty_boxes(tmp_path: Path, form: Form) -> None:
    boxes = simulated_boxes()
    assert len(boxes) == DEVICES
    accounts = {name: box.device.virtual_account for name, box in boxes.items()}

    def seen(**more: object) -> list[dict[str, object]]:
        return [
            observation(0, hostname=name, virtual_account=accounts[name], smart_account="Example", licenses=[])
            | {"udis": [asdict(udi) for udi in box.device.udis]}
            | more
            | {"rum_reports": [{"report_id": str(one.id), "state": one.state} for one in box.reports]}
            for name, box in boxes.items()
        ]

    project = made_project(tmp_path / "project", *seen())
    stick, back = tmp_path / "stick", tmp_path / "back"
    stick.mkdir()
    back.mkdir()
    saved = {}
    for name, box in boxes.items():
        saved[name] = box.save("all", 0) or b""
        (stick / f"{name}_rum.txt").write_bytes(saved[name])
    rows = courier.collect(project, [stick])
    assert [(row.state, row.hostname) for row in rows] == [("new", name) for name in sorted(boxes)]
    made = courier.pack(project, by="Eva", form=form)
    assert sorted(parcel.virtual_account for parcel in made.parcels) == sorted(set(accounts.values()))
    cssm = SimulatedCssm(next(iter(boxes.values())).device.smart_account)
    for parcel, folder in zip(made.parcels, made.folders, strict=True):
        for file in Path(folder, "upload").iterdir():
            name, raw = cssm.acknowledge(file.name, file.read_bytes())  # refuses what was changed on its way
            (back / f"{parcel.id}-{name}" if form == "archive" else back / name).write_bytes(raw)
        list(courier.uploaded(project, parcel.id, by="Bo"))
    assert len(cssm.accepted) == len(set(cssm.accepted)), "no report is uploaded twice"
    unpacked = courier_back.unpack(project, [back])
    assert sorted((row.state, str(row.hostname)) for row in unpacked) == [("new", name) for name in sorted(boxes)]
    for row in courier_back.deliver_to(project, tmp_path / "usb", Selection()):
        assert boxes[row.hostname].imported(Path(row.file).read_bytes()) == IMPORTED
    now = datetime.now(UTC).replace(microsecond=0)
    moment = now + timedelta(minutes=2)
    ingested(project, *seen(captured_at=moment.isoformat()))
    view = courier_views.status(project, now + timedelta(minutes=5), Selection())
    assert len(view.status.reports) == sum(
        bool(one.feature and one.signed) for box in boxes.values() for one in box.reports
    )
    assert {one.confirmed_at for one in view.status.reports} == {moment}
    assert (list(view.parcels), list(view.unmatched)) == ([], [])
