"""`licsweep reparse`: a new reading of the same captures beside the old one."""

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

from tests.cli.conftest import Done, licsweep
from tests.cli.test_verbs import data
from tests.reading.cases import ROOT

CAPTURE = ROOT / "cisco_xe/show_license_all/slup_5.3_stack_two_tags_one_feature/output.txt"


def project_with_captures(folder: Path) -> Path:
    assert licsweep("init", folder).code == 0
    (folder / "inventory" / "hosts.yaml").write_text("acc-01.example:\n  platform: cisco_xe\n")
    captures = folder / "captures" / "acc-01.example"
    captures.mkdir(parents=True)
    shutil.copy(CAPTURE, captures / "show_license_all.txt")
    done = licsweep("ingest", folder / "captures", "--taken-at", "2026-05-01T10:00:00Z", "--project", folder)
    assert done.code == 0, done.err
    return folder


def observation(folder: Path, *options: object) -> Any:
    return data(licsweep("show", "acc-01.example", "--project", folder, "--format", "json", *options))["observation"]


def spoil(folder: Path) -> None:
    """Makes the stored reading what an older template might have read."""
    import sqlite3

    with sqlite3.connect(folder / "licsweep.db") as raw:
        (body,) = raw.execute("SELECT observation FROM host_result").fetchone()
        seen = json.loads(body)
        seen["licenses"][0]["count"] += 40
        raw.execute("UPDATE host_result SET observation = ?", (json.dumps(seen),))
    raw.close()


def test_a_new_reading_counts_and_the_old_one_stays(tmp_path: Path) -> None:
    folder = project_with_captures(tmp_path)
    right = observation(folder)["licenses"][0]["count"]
    spoil(folder)
    assert observation(folder)["licenses"][0]["count"] == right + 40
    done = licsweep("reparse", "--project", folder, "--format", "json")
    said = data(done)
    assert (said["snapshot"], said["outcomes"], said["changed"]) == (2, {"ok": 1}, ["acc-01.example"])
    assert "1 hosts read differently than at first: acc-01.example" in done.err
    assert observation(folder)["licenses"][0]["count"] == right
    assert observation(folder, "--as-of", "2026-05-02")["licenses"][0]["count"] == right
    changes = data(licsweep("diff", "1", "2", "--project", folder, "--format", "json"))["changes"]
    assert [(row["what"], row["change"]) for row in changes] == [("license", "changed")]
    assert changes[0]["before"].startswith(str(right + 40))
    kinds = [row["kind"] for row in data(licsweep("snapshots", "--project", folder, "--format", "json"))]
    assert kinds == ["ingest", "reparse"]
    assert "Count" in licsweep("show", "acc-01.example", "--raw", "--project", folder).out, "evidence stays in reach"


def test_reading_again_what_reads_the_same(tmp_path: Path) -> None:
    folder = project_with_captures(tmp_path)
    before = observation(folder)
    done = licsweep("reparse", "1", "--project", folder)
    assert "0 hosts read differently" in done.err
    assert observation(folder) == before
    assert licsweep("diff", "1", "2", "--project", folder).out.strip() == "nothing changed"


def test_a_snapshot_without_captures_and_a_damaged_capture(demo: tuple[Path, Done], tmp_path: Path) -> None:
    folder = project_with_captures(tmp_path)
    wrong = licsweep("reparse", "7", "--project", folder)
    assert wrong.code == 2
    assert "snapshot 7 holds no captures" in wrong.err
    import sqlite3

    with sqlite3.connect(folder / "licsweep.db") as raw:
        raw.execute("UPDATE host_result SET texts = zeroblob(9)")
    raw.close()
    done = licsweep("reparse", "--project", folder, "--format", "json")
    assert data(done)["outcomes"] == {"unparsed": 1}
    assert data(done)["failed"][0]["hostname"] == "acc-01.example"


def test_hosts_that_did_not_answer_stay_as_they_were(demo: tuple[Path, Done], tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(demo[0], folder)
    (before,) = data(licsweep("snapshots", "--project", folder, "--format", "json"))
    licsweep("reparse", "1", "--project", folder)
    after = data(licsweep("snapshots", "--project", folder, "--format", "json"))[1]
    assert after["outcomes"] == before["outcomes"]


def test_hosts_of_platform_auto_keep_their_readings(tmp_path: Path) -> None:
    """The inventory says `auto`: texts and captures tell the platform, and nothing that was read is lost."""
    folder = project_with_captures(tmp_path)
    (folder / "inventory" / "hosts.yaml").write_text("acc-01.example:\n  platform: auto\n")
    before = observation(folder)["licenses"]
    for verb in (["reparse"], ["ingest", folder / "captures", "--platform", "cisco_xe"]):
        done = licsweep(*verb, "--project", folder, "--format", "json")
        assert done.code == 0, done.err
        assert observation(folder)["licenses"] == before


def test_an_archive_is_read_and_what_is_not_used_is_told(tmp_path: Path) -> None:
    folder = project_with_captures(tmp_path)
    (folder / "captures" / "acc-01.example" / "photo.jpg").write_bytes(b"\xff\xd8")
    (folder / "captures" / "acc-01.example" / "loop.txt").symlink_to("/etc/hostname")
    (folder / "captures" / "stranger").mkdir()
    (folder / "captures" / "stranger" / "show_license_all.txt").write_text("nothing that is known\n")
    archive = Path(shutil.make_archive(str(tmp_path / "gathered"), "zip", folder / "captures"))
    assert licsweep("ingest", archive, "--project", folder).code == 0
    done = licsweep("ingest", folder / "captures", "--project", folder)
    assert done.code == 0, done.err
    for name, reason in (("photo.jpg", "jpg files are not read"), ("loop.txt", "links in a folder are not followed")):
        assert f"{name}: " in done.err
        assert reason in done.err
    shown = licsweep("show", "stranger", "--project", folder)
    assert "unparsed" in shown.out
    assert "platform can't be recognized" in shown.out


def test_what_is_dated_in_the_future_is_refused(tmp_path: Path) -> None:
    folder = project_with_captures(tmp_path)
    done = licsweep("ingest", folder / "captures", "--taken-at", "2100-01-01", "--project", folder)
    assert done.code == 2
    assert "is in the future" in done.err
    file = tmp_path / "observations.json"
    file.write_text(json.dumps([{"hostname": "a", "captured_at": "2100-01-01T00:00:00Z"}]))
    assert "is in the future" in licsweep("ingest", "--observations", file, "--project", folder).err
    sample = folder / "entitlements" / "sample.yaml"
    late = licsweep("entitlements", "import", sample, "--exported-at", "2100-01-01", "--project", folder)
    assert (late.code, "is in the future" in late.err) in ((2, True), (0, False)), "the file's own date wins"


def test_names_in_archives_of_other_systems(tmp_path: Path) -> None:
    folder = project_with_captures(tmp_path)
    inner, outer = tmp_path / "in.zip", tmp_path / "gathered.zip"
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("h/show_license_all.txt", "x")
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("sw1\\show license all.txt", CAPTURE.read_bytes())
        archive.writestr("../../sw2/show license all.txt", CAPTURE.read_bytes())
        archive.write(inner, "in.zip")
    done = licsweep("ingest", outer, "--project", folder, "--platform", "cisco_xe", "--format", "json")
    assert data(done)["outcomes"] == {"ok": 2}
    assert "an archive in an archive is not read" in done.err
    assert licsweep("show", "sw1", "--project", folder).code == licsweep("show", "sw2", "--project", folder).code == 0


def test_a_dry_run_leaves_out_what_the_sweep_would(tmp_path: Path) -> None:
    folder = project_with_captures(tmp_path)
    with (folder / "inventory" / "hosts.yaml").open("a") as out:
        out.write("acc-02.example:\n  platform: cisco_xe\n")
    said = ("sweep", "--dry-run", "--project", folder, "--format", "json")
    rows = {row["hostname"]: row["skipped"] for row in data(licsweep(*said, "--fresher-than", 800000))}
    assert rows["acc-01.example"].startswith("fresh enough")
    assert rows["acc-02.example"] is None
    fresh = ("sweep", "--project", folder, "--limit", "acc-01*", "--fresher-than", 800000)
    assert licsweep(*fresh, LICSWEEP_USERNAME="u", LICSWEEP_PASSWORD="p").code == 0, "there was nothing to collect"
    nobody = licsweep(*said, "--failed-from", 1)
    assert nobody.code == 2
    assert "no selected host failed in snapshot 1" in nobody.err
