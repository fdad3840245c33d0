"""What a terminal gets: tables that fit it, words of devices that obey nobody; and where `-o` writes."""

import json
from pathlib import Path

import pytest

from licsweep.clean_text import clean
from licsweep.reports.plain_tables import text_table
from tests.cli.conftest import Done, licsweep

Demo = tuple[Path, Done]
TABLES = ["config", "hosts", "snapshots", "reconcile", "sweep --dry-run", "entitlements list", "report usage"]
TABLES += ["entitlements list --imports", "diff 2020-01-01 1", "known-hosts list", "courier status"]
HOSTILE = "\x1b[31mred\u202e[bold]\r\n\t" + "x" * 900


@pytest.mark.parametrize("columns", [80, 200, None])
def test_every_table_fits(demo: Demo, columns: int | None) -> None:
    given = {"COLUMNS": str(columns)} if columns else {}
    for verb in TABLES:
        done = licsweep(*verb.split(), "--project", demo[0], **given)
        assert done.code == 0, done.err
        assert max(map(len, done.out.splitlines())) <= (columns or 160), verb


def test_what_has_no_room_is_named(demo: Demo) -> None:
    narrow, wide = (licsweep("hosts", "--project", demo[0], COLUMNS=width).out for width in ("80", "200"))
    assert "Virtual account; --format csv or json has all)" in narrow.splitlines()[-1]
    assert "no room for" not in wide
    assert wide.splitlines()[0].endswith("Virtual account")


def test_the_spare_columns_go_first_and_the_first_never(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    headings, row = ["a" * 20, "b" * 20, "c" * 20, "d" * 20], ["-"] * 4
    told = text_table(headings, [row], spare=[0, 1])
    assert told.splitlines()[0].split() == [headings[0], *headings[2:]]
    assert text_table(headings, [row]).splitlines()[0].split() == headings[:3]
    assert "no room" not in text_table(headings[:3], [row[:3]], spare=[0, 1])


@pytest.mark.parametrize("columns", ["20", "80", "200"])
def test_hostile_words_stay_words(monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    told = text_table([HOSTILE[:40], "Count"], [[HOSTILE, "1"], ["\u5e73" * 90, "12"]], title="Title")
    assert all(line == clean(line) for line in told.splitlines())
    assert "[bold]" in told.replace("\n", "")
    assert max(map(len, told.splitlines())) <= max(80, int(columns))


def test_numbers_stand_at_the_right_and_addresses_do_not() -> None:
    told = text_table(["Number", "Address"], [["1", "10.0.0.1"], ["1,200", "-"], ["-", "10.0.0.100"]])
    assert told.splitlines()[1] == "     1  10.0.0.1"


def test_the_suffix_says_the_format(demo: Demo, tmp_path: Path) -> None:
    file = tmp_path / "hosts.json"
    assert licsweep("hosts", "--project", demo[0], "-o", file).code == 0
    assert json.loads(file.read_text())["schema"] == "licsweep/hosts/1"
    for name, more in (("hosts.html", ()), ("hosts.doc", ()), ("other.json", ("--format", "csv"))):
        done = licsweep("hosts", "--project", demo[0], "-o", tmp_path / name, *more)
        assert done.code == 2
        assert "suffix" in done.err
        assert not (tmp_path / name).exists()


def test_a_folder_is_made_and_its_file_named(demo: Demo, tmp_path: Path) -> None:
    assert licsweep("hosts", "--project", demo[0], "--format", "csv", "-o", f"{tmp_path}/new/deep/").code == 0
    (file,) = (tmp_path / "new" / "deep").iterdir()
    assert file.name.startswith("licsweep-hosts-20")
    assert file.suffix == ".csv"
    assert licsweep("snapshots", "--project", demo[0], "-o", tmp_path / "new").code == 0
    assert [one.suffix for one in (tmp_path / "new").glob("licsweep-snapshots-*")] == [".txt"]
    assert licsweep("hosts", "--project", demo[0], "-o", f"{tmp_path}/new/none/x.csv").code == 2  # no slash, no folder


def test_html_goes_where_stdout_goes(demo: Demo) -> None:
    assert licsweep("report", "usage", "--project", demo[0], "--format", "html").out.startswith("<!DOCTYPE html>")
    assert licsweep("report", "usage", "--project", demo[0], "--format", "xlsx").code == 2
