"""What CSSM gives back: archives that mean harm, names that lie, contents that say another device."""

import gzip
import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

from licsweep.courier import archives
from licsweep.errors import UsageError
from licsweep.estate.selection import Selection
from licsweep.jobs import courier, courier_back
from licsweep.settings import Project
from tests.courier.making import ack, made_project, observation, serial, usage_file

POLICY = b"<smartLicensePolicy><data>p</data></smartLicensePolicy>"


def tar(*members: tuple[str, bytes], **odd: Any) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, raw in members:
            about = tarfile.TarInfo(name)
            about.size = len(raw)
            for key, value in odd.items():
                setattr(about, key, value)
            archive.addfile(about, io.BytesIO(raw))
    return packed.getvalue()


@pytest.fixture
def packed(tmp_path: Path) -> tuple[Project, dict[str, str]]:
    """A project with a parcel of acc-01 and acc-03, and the name that each host's file has in it."""
    project = made_project(tmp_path / "project", *(observation(number) for number in (1, 3)))
    for number in (1, 3):
        (tmp_path / f"{number}.txt").write_bytes(usage_file(serial(number), number))
        courier.collect(project, [tmp_path / f"{number}.txt"])
    (parcel,) = courier.pack(project, by="Eva").parcels
    return project, {one.hostname: one.name for one in parcel.files}


def unpacked(project: Project, folder: Path, name: str, raw: bytes, host: str | None = None) -> list[tuple[Any, ...]]:
    path = folder / name
    path.write_bytes(raw)
    return [(row.state, row.hostname, row.why) for row in courier_back.unpack(project, [path], host)]


def test_an_archive_in_an_archive(packed: tuple[Project, dict[str, str]], tmp_path: Path) -> None:
    project, names = packed
    inner = tar(*((f"ACK_{name}", ack(name)) for name in names.values()))
    rows = unpacked(project, tmp_path, "ACK_UD_SA.tar.gz", tar(("manifest.mf", b"m"), ("ACK_UD_VA_1.tar.gz", inner)))
    assert [row[:2] for row in rows] == [("not-used", None), ("new", "acc-01"), ("new", "acc-03")]


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (tar(("../../ACK_x.txt", ack())), "leads out of the archive"),
        (tar(("/etc/ACK_x.txt", ack())), "leads out of the archive"),
        (tar(("ACK_x.txt", b""), type=tarfile.SYMTYPE, linkname="/etc/passwd"), "a link or a device"),
        (tar(("ACK_x.txt", b""), type=tarfile.LNKTYPE, linkname="y"), "a link or a device"),
        (tar(("ACK_x.txt", b""), type=tarfile.CHRTYPE), "a link or a device"),
        (tar(("ACK_x.txt", b"\0" * 3_000_000)), "more than"),
        (gzip.compress(b"\0" * 3_000_000), "more than"),
        (tar(*((f"{number}", b"") for number in range(60))), "more than"),
        (tar(("a.tar.gz", tar(("b.tar.gz", tar(("c.tar.gz", tar(("ACK_x.txt", ack())))))))), "within each other"),
        (tar(("ACK_x.txt", ack()))[:60], "cut off or damaged"),
        (gzip.compress(b"no archive"), "cut off or damaged"),
    ],
    ids=["up", "root", "symlink", "hardlink", "device", "large", "bomb", "many", "deep", "cut", "no-tar"],
)
def test_harmful_archives_are_told(
    packed: tuple[Project, dict[str, str]], tmp_path: Path, raw: bytes, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 2_000_000)
    monkeypatch.setattr(archives, "MAX_MEMBERS", 50)
    before = sorted(tmp_path.rglob("*"))
    rows = unpacked(packed[0], tmp_path, "archive.tar.gz", raw)
    assert told in str(rows[-1][2])
    assert {row[0] for row in rows} == {"not-used"}
    assert [path for path in sorted(tmp_path.rglob("*")) if path not in before] == [tmp_path / "archive.tar.gz"]


def test_what_is_for_nobody_is_kept_and_listed(packed: tuple[Project, dict[str, str]], tmp_path: Path) -> None:
    project, names = packed
    kept = project.folder / "courier" / "files"
    before = len(list(kept.rglob("*.txt")))
    rows = [
        *unpacked(project, tmp_path, "ACK_dev_OTHER_1.txt", ack("of another account")),
        *unpacked(project, tmp_path, f"ACK_{names['acc-01']}", ack(f'{{"udi_serial_number":"{serial(3)}"}}')),
        *unpacked(project, tmp_path, "policy.txt", POLICY),
    ]
    assert [row[:2] for row in rows] == [("unmatched", None)] * 3
    assert f"seems to be of acc-01 and holds the serial number {serial(3)}" in rows[1][2]
    assert len(list(kept.rglob("*.txt"))) == before + 3
    assert unpacked(project, tmp_path, "policy.txt", POLICY, host="acc-03")[0][:2] == ("new", "acc-03")
    state, _, why = unpacked(project, tmp_path, "policy.txt", POLICY, host="acc-01")[0]
    assert (state, "taken for acc-03" in why) == ("not-used", True), "the file of acc-03 is not lost"
    with pytest.raises(UsageError, match="no such host"):
        unpacked(project, tmp_path, "policy.txt", POLICY, host="acc-99")
    (row,) = courier_back.deliver_to(project, tmp_path / "usb", Selection())
    assert (row.hostname, row.kind, Path(row.file).read_bytes()) == ("acc-03", "policy", POLICY)


def test_the_serial_number_inside_is_enough_where_one_file_waits(
    packed: tuple[Project, dict[str, str]], tmp_path: Path
) -> None:
    project, _ = packed
    inside = ack(f"{{&quot;udi_serial_number&quot;:&quot;{serial(1)}&quot;}}")
    assert unpacked(project, tmp_path, "renamed.txt", inside)[0][:2] == ("new", "acc-01")
    state, _, why = unpacked(project, tmp_path, "second.txt", inside.replace(b"quot;}", b"quot; }"))[0]
    assert (state, "none wait for one" in why) == ("unmatched", True)


def test_a_second_download_has_another_name(packed: tuple[Project, dict[str, str]], tmp_path: Path) -> None:
    project, names = packed
    name = f"ACK_{names['acc-01'].replace('.txt', ' (1).txt')}"
    assert unpacked(project, tmp_path, name, ack())[0][:2] == ("new", "acc-01")
    (row,) = courier_back.deliver_to(project, tmp_path / "usb", Selection())
    assert Path(row.file).name == f"ACK_{names['acc-01']}"


def test_a_usage_file_is_named_and_not_taken(packed: tuple[Project, dict[str, str]], tmp_path: Path) -> None:
    ((state, _, why),) = unpacked(packed[0], tmp_path, "x.txt", usage_file(serial(1), 1))
    assert state == "not-used"
    assert "courier collect --from" in why
