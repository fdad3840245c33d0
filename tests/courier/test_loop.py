"""The loop without a device: files by hand, parcels, uploads, acknowledgements, the console, confirmation."""

import hashlib
import io
import re
import shutil
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from licsweep.courier.progress import entries_of
from licsweep.courier.status import ReportStatus
from licsweep.errors import InputError, KeptFileDamaged, LockedError, NothingToCarry, UnknownParcel, UsageError
from licsweep.estate.selection import Selection
from licsweep.jobs import courier, courier_back, courier_views, judge
from licsweep.settings import Project
from tests.courier.making import TAG, ack, ingested, made_project, observation, serial, usage_file

ALL = Selection()
Loop = Callable[..., None]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Hosts acc-01 to acc-04 in two virtual accounts, acc-05 in none."""
    lost = observation(5, smart_account=None, virtual_account=None)
    return made_project(tmp_path / "project", *(observation(number) for number in range(1, 5)), lost)


def carry(project: Project, folder: Path, **raws: bytes) -> list[courier.CarriedFile]:
    folder.mkdir(exist_ok=True)
    for name, raw in raws.items():
        (folder / f"{name}.txt").write_bytes(raw)
    return courier.collect(project, [folder])


def reports(project: Project, **options: object) -> dict[str, ReportStatus]:
    view = courier_views.status(project, datetime.now(UTC) + timedelta(minutes=5), ALL)
    return {one.report_id: one for one in view.status.reports}


def uploads(made: courier.Packed) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for folder in made.folders for file in Path(folder, "upload").iterdir()}


def test_bytes_are_the_same_from_the_file_to_the_parcel(project: Project, tmp_path: Path) -> None:
    raws = {f"f{n}": usage_file(serial(n), n * 10, hostname=f"acc-{n:02}", telemetry=n * 10 + 1) for n in range(1, 5)}
    rows = carry(project, tmp_path / "stick", **raws)
    assert [(row.state, row.hostname, row.reports, row.telemetry) for row in rows] == [
        ("new", f"acc-{n:02}", 1, 1) for n in range(1, 5)
    ]
    made = courier.pack(project, by="Eva")
    assert sorted(uploads(made).values()) == sorted(raws.values())
    assert [(one.smart_account, one.virtual_account, len(one.files)) for one in made.parcels] == [
        ("Example", "Office", 2),
        ("Example", "Plant", 2),
    ]
    for name in uploads(made):
        assert re.fullmatch(r"dev_FOC2500W00[1-4]_[0-9]{8}-[0-9]{6}-[0-9]{3}\.txt", name)
    for parcel, folder in zip(made.parcels, made.folders, strict=True):
        sums = Path(folder, "SHA256SUMS").read_bytes()
        assert parcel.id == f"{parcel.packed_at:%Y-%m-%d}-{hashlib.sha256(sums).hexdigest()[:8]}"
        cover = Path(folder, "cover.html").read_text()
        assert all(word in cover for word in (parcel.virtual_account, "Example", "Eva", *sums.decode().split()))


def test_the_release_sheet_names_what_leaves(project: Project, tmp_path: Path) -> None:
    carry(project, tmp_path / "stick", one=usage_file(serial(1), 1, hostname="acc-01", tags="Building 7"))
    (folder,) = courier.pack(project, by="Eva").folders
    page = Path(folder, "release-officer.html").read_text()
    for word in ("acc-01", serial(1), "FOC2500AP01", "Building 7", "license smart privacy hostname", "customer-tags"):
        assert word in page
    assert "Other fields" not in page, "every field of a known report has a kind"


def test_what_is_not_packed_is_named(project: Project, tmp_path: Path) -> None:
    rows = carry(
        project, tmp_path / "stick", five=usage_file(serial(5), 50), strange=usage_file("FOC9999X999", 9), a=ack()
    )
    assert [row.state for row in rows] == ["not-used", "new", "unmatched"]
    made = courier.pack(project, by="Eva")
    assert made.parcels == ()
    assert {one.hostname: one.why.split(":")[0] for one in made.left} == {
        "acc-05": "no virtual account is known",
        None: "no single host of the estate has its UDI",
    }
    assert reports(project)["9"].hostname is None
    ingested(project, observation(5), observation(6, udis=[{"pid": "C9300-48P", "sn": "FOC9999X999"}]))
    assert len(courier.pack(project, by="Eva").parcels) == 2, "the estate has learned both"


def test_a_file_of_two_hosts_is_matched_to_none(project: Project, tmp_path: Path) -> None:
    one, other = (usage_file(serial(n), n).decode().strip() for n in (1, 2))
    both = (one.removesuffix("</smartLicense>") + other.removeprefix("<smartLicense>")).encode()
    (row,) = carry(project, tmp_path / "stick", both=both)
    assert (row.state, row.hostname) == ("unmatched", None)


def test_the_same_file_counts_once_and_a_newer_one_takes_its_place(project: Project, tmp_path: Path) -> None:
    old, new = usage_file(serial(1), 1, 2), usage_file(serial(1), 1, 2, 3)
    carry(project, tmp_path / "stick", old=old)
    assert [row.state for row in carry(project, tmp_path / "stick", again=old)] == ["known", "known"]
    carry(project, tmp_path / "stick", new=new)
    assert sorted(uploads(courier.pack(project, by="Eva")).values()) == [new], "all reports, each in one file"


def test_the_whole_loop(project: Project, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    carry(project, stick, one=usage_file(serial(1), 10, 11), three=usage_file(serial(3), 30))
    made = courier.pack(project, by="Eva")
    (parcel,) = made.parcels
    assert courier.pack(project, by="Eva").parcels == ()
    with pytest.raises(UsageError, match="was packed at"):
        list(courier.uploaded(project, parcel.id, by="Bo", at=datetime.now(UTC) - timedelta(days=1)))
    with pytest.raises(InputError, match="in the future"):
        list(courier.uploaded(project, parcel.id, by="Bo", at=datetime.now(UTC) + timedelta(days=3)))
    with pytest.raises(UnknownParcel):
        list(courier.uploaded(project, "2026-01-01-00000000", by="Bo"))
    told = list(courier.uploaded(project, parcel.id, by="Bo", virtual_account="office"))
    assert "uploaded to the virtual account office, packed for Plant" in told[0]
    back = tmp_path / "back"
    back.mkdir()
    for name in uploads(made):
        (back / f"ACK_{name}").write_bytes(ack(name))
    rows = courier_back.unpack(project, [back])
    assert [(row.state, row.hostname, row.parcel) for row in rows] == [
        ("new", "acc-01", parcel.id),
        ("new", "acc-03", parcel.id),
    ]
    assert [row.state for row in courier_back.unpack(project, [back])] == ["known", "known"]
    north = courier_back.deliver_to(project, tmp_path / "usb", Selection(limit=("acc-01",)))
    assert [(row.hostname, Path(row.file).read_bytes()) for row in north] == [
        ("acc-01", ack(next(name for name in uploads(made) if "W001" in name)))
    ]
    assert "license smart import flash:FILE" in (tmp_path / "usb" / "checklist.html").read_text()
    with pytest.raises(NothingToCarry):
        courier_back.deliver_to(project, tmp_path / "usb", Selection(limit=("acc-01",)))
    known = reports(project)
    assert [known[n].delivered_at is not None for n in ("10", "11", "30")] == [True, True, False]
    assert not any(one.confirmed_at for one in known.values())
    seen = [{"report_id": "10", "state": "ACK"}, {"report_id": "11", "state": "CLOSED"}]
    moment = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=1)
    ingested(project, observation(1, captured_at=moment.isoformat(), rum_reports=seen))
    known = reports(project)
    assert known["10"].confirmed_at == moment
    assert known["11"].confirmed_at is None, "the device prints another state"
    moment += timedelta(minutes=1)
    ingested(project, observation(1, captured_at=moment.isoformat(), last_ack_received=moment.isoformat()))
    assert reports(project)["11"].confirmed_at == moment


def test_the_usage_report_says_what_was_reported_and_what_nothing_signs(project: Project, tmp_path: Path) -> None:
    ingested(project, observation(7, licensing_model="classic", slup_enabled=False, next_ack_deadline=None))
    ingested(project, observation(8, licensing_model="rtu", slup_enabled=False, next_ack_deadline=None, licenses=[]))
    carry(project, tmp_path / "stick", one=usage_file(serial(1), 10), two=usage_file(serial(2), 20))
    for parcel in courier.pack(project, by="Eva").parcels:
        list(courier.uploaded(project, parcel.id, by="Bo"))
        (file,) = parcel.files
        if file.hostname == "acc-01":
            (tmp_path / f"ACK_{file.name}").write_bytes(ack())
            courier_back.unpack(project, [tmp_path / f"ACK_{file.name}"])
    tables = {
        table.name: [{column.key: cell for cell, column in row} for row in table.cells()]
        for table in judge.report(project, "usage").tables
    }
    known = {
        row["hostname"]: (row["usage_uploaded_at"] is not None, row["usage_acknowledged_at"] is not None)
        for row in tables["instances"]
    }
    assert (known["acc-01"], known["acc-02"], known["acc-03"]) == ((True, True), (True, False), (False, False))
    (project.folder / "catalogue.yaml").write_text(f"- {{license: Plant Stack, tags: ['{TAG}']}}\n")
    (row, *others) = (one for one in judge.reconcile(project).contradictions if one.acknowledged is not None)
    assert (row.acknowledged, row.acknowledged_as_of is not None, others) == (2, True, []), "acc-02's has no ACK yet"
    assert [(row["hostname"], row["count"]) for row in tables["unsigned"]] == [("acc-07", 2), ("acc-08", None)]


def test_a_lost_parcel_is_packed_again(project: Project, tmp_path: Path) -> None:
    raw = usage_file(serial(1), 10)
    carry(project, tmp_path / "stick", one=raw)
    (lost,) = courier.pack(project, by="Eva").parcels
    list(courier.uploaded(project, lost.id, by="Bo"))
    again = courier.pack(project, by="Eva", again=[lost.id])
    (second,) = again.parcels
    assert second.id != lost.id
    assert list(uploads(again).values()) == [raw]
    one = reports(project)["10"]
    assert (one.parcel, one.uploaded_at) == (second.id, None)
    shutil.rmtree(project.folder / "courier" / "parcels" / lost.id)
    assert courier.pack(project, by="Eva").made_again == (), "nobody needs the lost one any more"
    view = courier_views.status(project, datetime.now(UTC) + timedelta(days=20), ALL)
    assert [(out["id"], out["state"]) for out in view.parcels] == [(second.id, "out too long, not uploaded")]
    (tmp_path / "late.txt").write_bytes(ack())
    late = tmp_path / f"ACK_{lost.files[0].name}"
    late.write_bytes(ack())
    courier_back.unpack(project, [late])
    one = reports(project)["10"]
    assert (one.parcel, one.uploaded_at is not None) == (lost.id, True), "the first parcel was not lost after all"


def test_parcels_have_a_size(project: Project, tmp_path: Path) -> None:
    raws = {f"f{n}": usage_file(serial(n), n) for n in (1, 3)}
    carry(project, tmp_path / "stick", **raws)
    made = courier.pack(project, by="Eva", limit=len(raws["f1"]) + 1)
    assert [len(parcel.files) for parcel in made.parcels] == [1, 1]
    carry(project, tmp_path / "more", a=usage_file(serial(1), 11), b=usage_file(serial(1), 12))
    made = courier.pack(project, by="Eva", limit=1)
    assert len(uploads(made)) == 2, "two files of one device, one name each, whatever parcel they are in"


def test_the_archive_is_that_of_the_sample(project: Project, tmp_path: Path) -> None:
    raw = usage_file(serial(1), 10)
    carry(project, tmp_path / "stick", one=raw)
    made = courier.pack(project, by="Eva", form="archive", to=tmp_path / "usb")
    ((name, outer),) = uploads(made).items()
    assert re.fullmatch(r"UD_SA_[0-9]{2}[A-Z][a-z]{2}[0-9_]{15}\.tar\.gz", name)
    with tarfile.open(fileobj=io.BytesIO(outer)) as archive:
        manifest, inner = archive.getmembers()
        assert manifest.name == "manifest.mf"
        assert inner.name == name.replace("_SA_", "_VA_")
        stream = archive.extractfile(inner)
        assert stream is not None
        with tarfile.open(fileobj=stream) as devices:
            (device,) = devices.getmembers()
            content = devices.extractfile(device)
            assert content is not None
            assert (device.name, content.read()) == (made.parcels[0].files[0].name, raw)
            assert (device.uid, device.uname, device.mtime) == (0, "", int(made.parcels[0].packed_at.timestamp()))
    assert "UNPROVEN" in Path(made.folders[0], "cover.html").read_text()
    assert (tmp_path / "usb" / made.parcels[0].id / "upload" / name).read_bytes() == outer, "the same bytes again"


def test_changed_bytes_never_leave(project: Project, tmp_path: Path) -> None:
    carry(project, tmp_path / "stick", one=usage_file(serial(1), 10))
    (kept,) = (project.folder / "courier" / "files").rglob("*.txt")
    kept.write_bytes(kept.read_bytes().replace(b"17.09.04", b"17.09.05"))
    with pytest.raises(KeptFileDamaged):
        courier.pack(project, by="Eva")
    carry(project, tmp_path / "stick")
    made = courier.pack(project, by="Eva")
    assert list(uploads(made).values()) == [usage_file(serial(1), 10)], "the file was there again"


def test_one_run_at_a_time(project: Project, tmp_path: Path) -> None:
    with courier.open_ledger(project, "courier collect"), pytest.raises(LockedError):
        courier.pack(project, by="Eva")


def test_hostile_words_are_words(project: Project, tmp_path: Path) -> None:
    hostname = "<script>alert(1)</script>\x1b[31m\ud800"
    carry(project, tmp_path / "stick", one=usage_file(serial(1), 10, hostname=hostname))
    made = courier.pack(project, by="<b>Eva\x1b</b>")
    for name in ("cover.html", "release-officer.html"):
        page = Path(made.folders[0], name).read_text()
        assert "<script" not in page
        assert "<b>" not in page
        assert "\x1b" not in page
        assert "default-src 'none'" in page


def test_a_parcel_whose_folder_is_gone_is_made_again(project: Project, tmp_path: Path) -> None:
    carry(project, tmp_path / "stick", one=usage_file(serial(1), 10))
    made = courier.pack(project, by="Eva")
    before = {path.name: path.read_bytes() for path in Path(made.folders[0]).rglob("*") if path.is_file()}
    shutil.rmtree(made.folders[0])
    again = courier.pack(project, by="Somebody else")
    assert again.parcels == made.parcels
    assert (made.made_again, again.made_again) == ((), (made.parcels[0].id,))
    assert {path.name: path.read_bytes() for path in Path(again.folders[0]).rglob("*") if path.is_file()} == before


def test_an_ack_that_came_while_it_was_imported_confirms(project: Project, tmp_path: Path) -> None:
    carry(project, tmp_path / "stick", one=usage_file(serial(1), 10))
    begun = datetime.now(UTC)
    with courier.open_ledger(project, "courier deliver") as (store, ledger):
        (file,) = ledger.files.values()
        for step, seconds in (("delivering", 0), ("delivered", 4), ("delivered", 9)):
            store.record_courier(entries=entries_of(file, step, begun + timedelta(seconds=seconds)))
    late, early = (begun.replace(microsecond=0) - timedelta(seconds=off) for off in (0, 1))
    for number, last in enumerate((early, late), 10):
        moment = begun + timedelta(seconds=number)
        ingested(project, observation(1, captured_at=moment.isoformat(), last_ack_received=last.isoformat()))
        one = reports(project)["10"]
        assert (one.confirmed_at is not None) == (last == late)
        assert one.delivered_at == begun + timedelta(seconds=4), "a repeated visit moves nothing"
