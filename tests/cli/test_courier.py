"""`licsweep courier` as a person types it: the page about air-gapped sites, step by step; exit codes and JSON."""

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import Done, licsweep
from tests.courier.making import ack, made_project, observation, serial, usage_file

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "air-gapped.md"
OVER_SSH = "## The same over SSH"  # tried by tests/visits/test_page.py


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return made_project(tmp_path / "project", *(observation(number) for number in (1, 2))).folder


def commands() -> list[list[str]]:
    found = [
        shlex.split(line)
        for block in re.findall(r"```sh\n(.*?)```", PAGE.read_text().partition(OVER_SSH)[0], re.DOTALL)
        for line in block.splitlines()
    ]
    assert len(found) == 8
    return found


def test_the_page_is_tried_as_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "courier.yaml").write_text(re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)[0])
    (folder / "stick").mkdir()
    (folder / "stick" / "acc-01_rum.txt").write_bytes(usage_file(serial(1), 1))
    done: dict[str, Done] = {}
    for _, *words in commands():
        if words[1] == "uploaded":
            words = ["courier", "uploaded", next(Path("courier/parcels").iterdir()).name, *words[5:]]  # packed just now
        if words[1] == "unpack":
            (folder / "back").mkdir()
            (file,) = Path("usb").glob("*/upload/*.txt")
            (folder / "back" / f"ACK_{file.name}").write_bytes(ack())
        done[words[1]] = licsweep(*words)
        assert done[words[1]].code == 0, (words, done[words[1]].err)
    assert (folder / "radar.html").read_text().startswith("<!DOCTYPE html>")
    assert "acc-01" in (folder / "status.html").read_text()
    assert len(list((folder / "usb" / "acks").rglob("ACK_*"))) == 1


def test_json_is_what_the_schemas_say(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(usage_file(serial(1), 7))
    licsweep("courier", "collect", "--from", tmp_path / "a.txt", "--project", folder)
    done = licsweep("courier", "status", "--format", "json", "--project", folder)
    document = json.loads(done.out)
    assert document["schema"] == "licsweep/courier-status/1"
    assert set(document["data"]) == {"as_of", "reports", "devices"}
    (report,) = document["data"]["reports"]
    steps = ("collected", "packed", "uploaded", "acknowledged", "delivered", "confirmed")
    assert set(report) == {"report_id", "hostname", "parcel", *(f"{step}_at" for step in steps)}
    assert {key for row in document["data"]["devices"] for key in row} == {"hostname", "deadline", "days_left"}
    before = licsweep("courier", "status", "--format", "json", "--as-of", "2026-01-01", "--project", folder)
    assert json.loads(before.out)["data"]["reports"] == []
    some = licsweep("courier", "status", "--format", "csv", "--limit", "acc-02", "--project", folder)
    assert some.out.splitlines() == [",".join(["Report", "Host", "Parcel", *map(str.capitalize, steps)])]


def test_exit_codes(folder: Path, tmp_path: Path) -> None:
    def code(*words: object) -> tuple[int, str]:
        done = licsweep("courier", *words, "--project", folder)
        return done.code, done.err

    (tmp_path / "none.txt").write_bytes(b"hostname x\n")
    got, err = code("collect", "--from", tmp_path / "none.txt")
    assert (got, "LS501" in err, "no usage report" in err) == (4, True, True)
    assert code("collect", "--from", tmp_path / "missing")[0] == 2
    assert "visits no device" in code("collect", "--from", tmp_path / "none.txt", "--limit", "acc-01")[1]
    got, err = code("pack")
    assert (got, "LS501" in err) == (4, True)
    got, err = code("uploaded", "2026-01-01-abcdef01")
    assert (got, "LS502" in err) == (2, True)
    assert code("deliver", "--to", tmp_path / "usb")[0] == 4
    assert code("deliver", "--to", tmp_path / "usb", "--dry-run")[0] == 2
    got, err = code("radar")
    assert (got, "courier.yaml" in err) == (2, True)
    (folder / "courier.yaml").write_text("turnaround_days: -1\n")
    assert code("radar")[0] == 2
    trips = "[{date: 2026-07-01, sites: [north]}, {date: 2026-07-02}, {date: 2026-07-20, sites: [south]}]"
    (folder / "courier.yaml").write_text(f"turnaround_days: 14\ntrips: {trips}\n")
    south = "name: s, last_sync: 2026-06-25, offline: true, site: south"
    (folder / "onprem.yaml").write_text(f"servers: [{{{south}}}, {{name: n, offline: true}}, {{name: online}}]\n")
    radar = licsweep("courier", "radar", "--as-of", "2026-06-30", "--format", "json", "--project", folder)
    dates = ("deadline", "critical", "collected", "imported", "in_time")
    assert {one["hostname"]: [one[key] for key in dates] for one in json.loads(radar.out)["data"]["servers"]} == {
        "s": ["2026-07-25", "2026-09-23", "2026-07-02", "2026-07-20", True],
        "n": ["2026-06-30", "2026-06-30", "2026-07-02", None, False],
    }, "one that never synchronized is due today; one with a line needs no visit"
    page = licsweep("courier", "radar", "--as-of", "2026-06-30", "--format", "html", "--project", folder)
    assert "SSM On-Prem servers without a line" in page.out
    for name in ("courier.yaml", "onprem.yaml"):
        (folder / name).unlink()
    assert "No such command" in code("radio")[1]


def test_an_import_points_at_the_courier(folder: Path, tmp_path: Path) -> None:
    for raw, told in ((usage_file(serial(1), 1), "courier collect --from"), (ack(), "courier unpack")):
        (tmp_path / "x.txt").write_bytes(raw)
        done = licsweep("entitlements", "import", tmp_path / "x.txt", "--project", folder)
        assert (done.code, told in done.err) == (2, True)
