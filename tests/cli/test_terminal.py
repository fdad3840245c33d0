"""What a terminal gets: tables that fit it, words of devices that obey nobody; and where `-o` writes."""

import json
from pathlib import Path

import pytest

from licsweep.clean_text import clean
from licsweep.cli import sweep
from licsweep.cli.common import Run
from licsweep.cli.render import columns
from licsweep.cli.sweep import Pace
from licsweep.model import Outcome
from licsweep.reports.plain_tables import text_table
from tests.cli.conftest import Done, licsweep
from tests.cli.test_diff import LABEL, box, ingest, use

Demo = tuple[Path, Done]
TABLES = [
    "config",
    "hosts",
    "snapshots",
    "reconcile",
    "reconcile --all",
    "sweep --dry-run",
    "entitlements list",
    "report usage",
]
TABLES += ["entitlements list --imports", "diff 2020-01-01 1", "known-hosts list", "courier status"]
HOSTILE = "\x1b[31mred\u202e[bold]\r\n\t" + "x" * 900


@pytest.mark.parametrize("room", [80, 200, None])
def test_every_table_fits(demo: Demo, room: int | None) -> None:
    given = {"COLUMNS": str(room)} if room else {}
    for verb in TABLES:
        done = licsweep(*verb.split(), "--project", demo[0], **given)
        assert done.code == 0, done.err
        assert max(map(len, done.out.splitlines())) <= (room or 160), verb


def test_what_has_no_room_is_named(demo: Demo) -> None:
    narrow, wide = (licsweep("hosts", "--project", demo[0], COLUMNS=width).out for width in ("80", "200"))
    assert "Virtual account; --format csv or json has all)" in narrow.splitlines()[-1]
    assert "no room for" not in wide
    assert wide.splitlines()[0].endswith("Virtual account")


def test_the_spare_columns_go_first_then_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    headings, row = ["a" * 20, "b" * 20, "c" * 20, "d" * 20], ["-"] * 4
    told = text_table(headings, [row], spare=[0, 1])
    assert told.splitlines()[0].split() == headings[1:]
    assert text_table(headings, [row]).splitlines()[0].split() == headings[:3]  # the negative control: the last goes
    assert "no room" not in text_table(headings[:3], [row[:3]], spare=[0, 1])


def test_what_is_left_out_first_is_a_column() -> None:
    for kind, spare in columns("left-out-first").items():
        assert set(spare.split()) < set(columns(kind)), kind


@pytest.mark.parametrize("room", ["20", "80", "200"])
def test_hostile_words_stay_words(monkeypatch: pytest.MonkeyPatch, room: str) -> None:
    monkeypatch.setenv("COLUMNS", room)
    told = text_table([HOSTILE[:40], "Count"], [[HOSTILE, "1"], ["\u5e73" * 90, "12"]], title="Title")
    assert all(line == clean(line) for line in told.splitlines())
    assert "[bold]" in told.replace("\n", "")
    assert max(map(len, told.splitlines())) <= max(80, int(room))


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


def test_show_is_for_people_and_all_for_values(tmp_path: Path) -> None:
    ingest(tmp_path, box("acc-01", "FOC0000X001", use(LABEL, 2), next_ack_deadline="2026-04-20T00:00:00Z"))
    given = ("show", "acc-01", "--as-of", "2026-12-31", "--project", tmp_path)
    told = licsweep(*given, COLUMNS="80").out
    for part in ("C9300-48P FOC0000X001", "report-overdue; deadline 2026-04-20", " days overdue", "Last try  ok"):
        assert part in told
    assert "C9300 48P NW Advantage      2  in-use" in told
    assert "-> Send the report now" in told
    assert max(map(len, told.splitlines())) <= 80
    assert "next_ack_deadline" not in told
    assert "next_ack_deadline" in licsweep(*given, "--all").out


def test_show_of_a_host_that_never_answered_says_what_to_do(tmp_path: Path) -> None:
    ingest(tmp_path, {"hostname": "acc-01", "outcome": "auth-failed", "captured_at": "2026-05-01T12:00:00Z"})
    told = licsweep("show", "acc-01", "--project", tmp_path).out
    assert "Last try  auth-failed" in told
    assert "-> Check the credentials" in told
    assert "no license is printed" in told


def test_show_obeys_no_device(tmp_path: Path) -> None:
    ingest(tmp_path, box("acc-01", "FOC0000X001", use(HOSTILE[:99], 2), release=HOSTILE[:60], virtual_account=HOSTILE))
    told = licsweep("show", "acc-01", "--project", tmp_path, COLUMNS="80").out
    assert all(line == clean(line) for line in told.splitlines())
    assert max(map(len, told.splitlines())) <= 80
    assert "[bold]" in told


@pytest.mark.parametrize(("hosts", "rows"), [(3, 3), (40, 1)])
def test_what_changed_alike_on_many_is_one_row(tmp_path: Path, hosts: int, rows: int) -> None:
    """An interrupted sweep leaves most hosts untried."""
    names = [f"acc-{number:02}" for number in range(hosts)]
    ingest(tmp_path, *(box(name, f"FOC0000X0{name[-2:]}", use("Unheard Of", 1)) for name in names))
    left = {"outcome": "unreachable", "captured_at": "2026-05-01T12:00:00Z"}
    ingest(tmp_path, *({"hostname": name, **left} for name in names))
    told = licsweep("diff", "1", "2", "--project", tmp_path)
    assert len(told.out.splitlines()) == 1 + rows
    assert ("40 instances" in told.out) == (rows == 1)
    for more in ("--all", "--format=csv"):
        assert len(licsweep("diff", "1", "2", more, "--project", tmp_path).out.splitlines()) == 1 + hosts


def test_the_pace_of_a_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.monotonic", lambda: 110.0)
    pace = Pace(total=200, began=100.0)
    assert pace.told() == "0 of 200 hosts, 0.0/s, unknown left: "
    pace.counts.update({"ok": 45, "timed-out": 5})
    assert pace.told() == "50 of 200 hosts, 5.0/s, 0:00:30 left: 45 ok, 5 timed-out"


def test_a_minute_is_a_line_where_nobody_watches(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for seconds, lines in ((60, 0), (-1, 1)):
        monkeypatch.setattr(sweep, "LINE_SECONDS", seconds)
        with sweep.progress(Run(folder=Path(), quiet=False, color=False)) as (chosen, moved):
            chosen(2)
            moved(Outcome(hostname="acc-01", status="ok"))
        assert capsys.readouterr().err.count("sweeping: 1 of 2 hosts") == lines


def test_reconcile_says_what_to_do_first_in_the_order_of_the_front_page(demo: Demo) -> None:
    told = licsweep("reconcile", "--project", demo[0], COLUMNS="80").out
    parts = ("Short", "Reports late", "Terms that end", "CSSM and", "Not measured")
    heads = [told.index("coverage "), *(told.index(f"\n{word}") for word in parts)]
    assert heads == sorted(heads)
    assert "-> " in told
    assert "Pools (" not in told
    every = licsweep("reconcile", "--all", "--project", demo[0], COLUMNS="80").out
    assert "Pools (" in every
    assert "Findings (" in every
    assert "more: licsweep reconcile --all" not in every


def test_reconcile_of_one_status_and_findings(demo: Demo) -> None:
    short = licsweep("reconcile", "--status", "shortage", "--project", demo[0], COLUMNS="80").out.splitlines()
    assert all(line.endswith("shortage") for line in short[2:] if line.startswith(("Campus", "Branches", "Data")))
    csv = licsweep("reconcile", "--status", "ok", "--format", "csv", "--project", demo[0]).out.splitlines()
    assert len(csv) > 1
    assert all(line.endswith(",ok") for line in csv[1:])
    found = licsweep("reconcile", "--findings", "--format", "csv", "--project", demo[0]).out
    assert found.startswith("Severity,Code,Finding")
    assert licsweep("reconcile", "--findings", "--project", demo[0]).out.startswith("Findings (")
