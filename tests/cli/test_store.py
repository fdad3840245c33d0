"""`licsweep store`, `licsweep prune` and `licsweep retire`, as a person types them."""

import lzma
from datetime import timedelta
from pathlib import Path
from zlib import crc32

import pytest

from licsweep.model import LicenseUse
from licsweep.settings import load
from licsweep.store import HEAD, writing
from tests.cli.conftest import ROOT, licsweep
from tests.cli.test_outputs import checked
from tests.cli.test_verbs import data
from tests.store.conftest import NOW, save

# an observation so large that the next ones are stored as differences to it
MANY = tuple(LicenseUse(name=f"{crc32(bytes([n])):x}", count=n, status="in-use") for n in range(40))


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A project of the first release."""
    packed = ROOT / "fixtures" / "store" / "first_release.db.xz"
    (tmp_path / "licsweep.db").write_bytes(lzma.decompress(packed.read_bytes()))
    return tmp_path


def test_an_old_project_is_upgraded_and_a_host_retired(old: Path) -> None:
    refused = licsweep("snapshots", "--project", old)
    assert refused.code == 2
    assert "try: licsweep store upgrade" in refused.err
    done = licsweep("store", "upgrade", "--project", old, "--format", "json")
    assert [(row["from"], row["to"]) for row in data(done)] == [("0002", HEAD)]
    (row,) = data(licsweep("store", "upgrade", "--compact", "--project", old, "--format", "json"))
    assert (row["from"], row["bytes_after"] < row["bytes_before"]) == (HEAD, True)
    shown = data(licsweep("snapshots", "--project", old, "--format", "json"))
    assert [row["kind"] for row in shown] == ["sweep", "sweep", "reparse"]
    instances = data(licsweep("reconcile", "--project", old, "--format", "json"))["instances"]
    host = next(one["hostname"] for one in instances if one["udis"])
    for arguments, told in (
        ([host], "--why is missing"),
        ([host, "--why", "x", "--on", "2026-01-31"], "--force"),
        ([host, "--undo", "--reservation-returned"], "--undo with"),
        (["nobody", "--why", "x"], "never collected"),
    ):
        refused = licsweep("retire", *arguments, "--project", old)
        assert refused.code == 2
        assert told in refused.err
    (row,) = data(
        licsweep(
            "retire", host, "--why", "scrapped", "--on", "2026-01-31", "--force", "--project", old, "--format", "json"
        )
    )
    assert (row["at"], row["undone_at"]) == ("2026-01-31T00:00:00Z", None), "a bare date is its beginning"
    assert data(licsweep("show", host, "--project", old, "--format", "json"))["retired"]["why"] == "scrapped"
    (row,) = data(licsweep("retire", host, "--undo", "--project", old, "--format", "json"))
    assert row["undone_at"]


def test_a_copy_tells_what_it_copied_and_how_to_use_it(old: Path) -> None:
    refused = licsweep("store", "copy", "licsweep.db", "new.db", "--project", old)
    assert "try: licsweep store upgrade" in refused.err
    assert licsweep("store", "upgrade", "--project", old).code == 0
    done = licsweep("store", "copy", "licsweep.db", "new.db", "--project", old, "--format", "json")
    rows = {row.table: row.rows for row in checked("store-copy", done.out)}
    assert (rows["snapshot"], rows["host_result"]) == (3, 68)
    assert 'to use it: database = "new.db" in licsweep.toml' in done.err
    names = ("licsweep.db", "new.db")
    one, other = (data(licsweep("snapshots", "--project", old, "--format", "json", LICSWEEP_DATABASE=n)) for n in names)
    assert one == other
    table = licsweep("store", "copy", "licsweep.db", "third.db", "--project", old).out
    assert ["host_result", "68"] in [line.split()[:2] for line in table.splitlines()]
    again = licsweep("store", "copy", "licsweep.db", "new.db", "--project", old)
    assert (again.code, "not empty" in again.err) == (2, True)


def test_a_snapshot_that_is_not_there_is_an_error_everywhere(old: Path) -> None:
    assert licsweep("store", "upgrade", "--project", old).code == 0
    (old / "inventory").mkdir()
    (old / "inventory" / "hosts.yaml").write_text("a: {platform: cisco_xe, hostname: 127.0.0.1}\n")
    login = {"LICSWEEP_USERNAME": "u", "LICSWEEP_PASSWORD": "p"}
    for verb in (
        ("reconcile", "--snapshot", 9),
        ("report", "usage", "--snapshot", 9),
        ("sweep", "--failed-from", 9),
        ("diff", 1, 9),
        ("reparse", 9),
    ):
        done = licsweep(*verb, "--project", old, **login)
        assert done.code == 2, verb
        assert "snapshot 9" in done.err
        assert done.out == ""
    assert licsweep("reconcile", "--snapshot", 1, "--project", old).code == 0, "negative control"


def test_old_results_are_removed_when_somebody_agrees(tmp_path: Path) -> None:
    with writing(load(tmp_path, environment={}), "test") as store:
        for hours in range(5):
            save(store, "a", NOW + timedelta(hours=hours), licenses=MANY)
    prune = ("prune", "--project", tmp_path, "--format", "json", "--keep")
    before = data(licsweep("reconcile", "--project", tmp_path, "--format", "json"))["pools"]
    [would] = checked("prune", licsweep(*prune, 2, "--dry-run").out)
    assert (would.removed, would.kept) == (1, 2), "the first is the base of the others"
    refused = licsweep(*prune, 2, stdin="")
    assert (refused.code, refused.out) == (2, "")
    assert "nothing was removed" in refused.err
    assert "add --yes" in refused.err
    [done] = checked("prune", licsweep(*prune, 2, "--yes").out)
    assert (done.removed, done.kept, done.dates_from) == (would.removed, would.kept, would.dates_from)
    assert data(licsweep("reconcile", "--project", tmp_path, "--format", "json"))["pools"] == before
    for call in (("diff", 1, 3), ("report", "usage", "--as-of", "2026-01-31")):
        refused = licsweep(*call, "--project", tmp_path)
        assert (refused.code, "licsweep prune removed" in refused.err) == (2, True), call
    assert licsweep("diff", 4, 5, "--project", tmp_path).code == 0, "negative control"
    for span in ("0", "90 d", "x", "123456d"):
        assert "neither days, such as 90d" in licsweep(*prune, span).err
    [done] = checked("prune", licsweep(*prune, "9999d").out)
    assert done.removed == 0, "there is nothing to ask about"
