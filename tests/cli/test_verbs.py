"""The reading verbs on a demo project, and the ways in without SSH."""

import json
from pathlib import Path
from typing import Any

import pytest

from licsweep.cli import common
from licsweep.cli.explain import entries
from licsweep.errors import LicsweepError
from tests.cli.conftest import Done, licsweep

Demo = tuple[Path, Done]


def data(done: Done) -> Any:
    """The data of an envelope, its head checked."""
    assert done.code == 0, done.err
    whole = json.loads(done.out)
    assert whole["schema"].startswith("licsweep/")
    assert whole["schema"].endswith("/1")
    assert whole["tool"]["name"] == "licsweep"
    return whole["data"]


def test_snapshots_add_up(demo: Demo) -> None:
    (one,) = data(licsweep("snapshots", "--project", demo[0], "--format", "json"))
    assert one["state"] == "complete"
    assert sum(one["outcomes"].values()) == one["selected"] == 24
    assert "complete" in licsweep("snapshots", "--project", demo[0]).out


def an_ok_host(folder: Path) -> str:
    instances = data(licsweep("reconcile", "--project", folder, "--format", "json"))["instances"]
    return next(str(one["hostname"]) for one in instances if one["compliance_state"] == "reporting-ok")


def test_show_walks_back_to_the_line(demo: Demo) -> None:
    name = an_ok_host(demo[0])
    state = data(licsweep("show", name, "--project", demo[0], "--format", "json"))
    raw = licsweep("show", name, "--project", demo[0], "--raw").out
    evidence = state["observation"]["evidence"]
    assert any(one["field"].startswith("licenses[0]") for one in evidence)
    for one in evidence:
        section = raw.split(f"--- {one['command']}\n")[1]
        line = section.splitlines()[one["line_number"] - 1]
        assert one["text"] in line
    assert "licenses[0]" in licsweep("show", name, "--all", "--project", demo[0]).out


def test_show_of_a_host_that_never_answered(demo: Demo) -> None:
    instances = data(licsweep("reconcile", "--project", demo[0], "--format", "json"))["instances"]
    name = next(one["hostname"] for one in instances if one["outcome"] == "unreachable")
    done = licsweep("show", name, "--project", demo[0])
    assert "never gave a usable answer" in done.out
    nobody = licsweep("show", name + "x", "--project", demo[0])
    assert nobody.code == 2
    assert f"licsweep show {name}" in nobody.err


def test_reconcile_has_the_whole_contract(demo: Demo) -> None:
    judged = data(licsweep("reconcile", "--project", demo[0], "--format", "json"))
    assert list(judged) == [
        "as_of",
        "coverage",
        "pools",
        "smart_account_totals",
        "instances",
        "transfers_to_close",
        "transfers_to_restore_buffer",
        "exposure",
        "findings",
    ]
    assert judged["coverage"]["selected"] == 24
    assert len(judged["instances"]) == 24
    states = {one["compliance_state"] for one in judged["instances"]}
    assert {"report-overdue", "report-due", "never-reported", "out-of-compliance", "eval-mode", "unknown"} <= states
    names = {one["name"] for one in judged["findings"]}
    assert {"shortage", "below-buffer", "unused-pool", "report-overdue"} <= names


@pytest.mark.parametrize(("severity", "code"), [(None, 0), ("error", 1), ("info", 1)])
def test_fail_on(demo: Demo, severity: str | None, code: int) -> None:
    options = ["--fail-on", severity] if severity else []
    assert licsweep("reconcile", "--project", demo[0], *options).code == code


def test_before_anything_was_collected(demo: Demo) -> None:
    judged = data(licsweep("reconcile", "--project", demo[0], "--as-of", "2020-01-01", "--format", "json"))
    assert judged["instances"] == []
    assert judged["coverage"]["percent"] == 0.0


@pytest.mark.parametrize("subject", ["shortage", "LF001", "LS203", "ls105"])
def test_explain(subject: str) -> None:
    done = licsweep("explain", subject)
    assert done.code == 0
    assert len(done.out) > 40


@pytest.mark.parametrize("form", ["table", "csv", "json"])
@pytest.mark.parametrize("kind", ["usage", "estate"])
def test_reports_go_to_stdout(demo: Demo, kind: str, form: str) -> None:
    done = licsweep("report", kind, "--format", form, "--project", demo[0])
    assert done.code == 0, done.err
    assert len(done.out) > 300


def test_html_in_a_folder(demo: Demo, tmp_path: Path) -> None:
    done = licsweep("report", "usage", "--format", "html", "-o", tmp_path, "--project", demo[0])
    (path,) = [Path(line) for line in done.out.splitlines()]
    assert path.read_text().lower().startswith("<!doctype html>")


def test_known_hosts_without_devices(demo: Demo) -> None:
    rows = data(licsweep("known-hosts", "scan", "--project", demo[0], "--format", "json"))
    assert len(rows) == 24
    assert "the TCP port is closed" in {row["state"] for row in rows}  # a port may be somebody else's by now


def captures_of(folder: Path, name: str, target: Path) -> None:
    """Writes a host's stored texts as files, as a site without the tool would hand them over."""
    command, lines = "", []
    (target / name).mkdir(parents=True)
    texts: dict[str, list[str]] = {}
    for line in licsweep("show", name, "--raw", "--project", folder).out.splitlines():
        if line.startswith("--- "):
            command = line[4:]
            texts[command] = lines = []
        else:
            lines.append(line[7:])
    for command, content in texts.items():
        (target / name / f"{command.replace(' ', '_')}.txt").write_text("\n".join(content) + "\n")


def test_text_gathered_elsewhere_counts_the_same(demo: Demo, tmp_path: Path) -> None:
    name = an_ok_host(demo[0])
    captures_of(demo[0], name, tmp_path / "captures")
    project = tmp_path / "other"
    assert licsweep("init", project).code == 0
    done = licsweep("ingest", tmp_path / "captures", "--project", project, "--format", "json")
    assert data(done)["outcomes"] == {"ok": 1}
    there = data(licsweep("show", name, "--project", demo[0], "--format", "json"))["observation"]
    here = data(licsweep("show", name, "--project", project, "--format", "json"))["observation"]
    assert here["licenses"] == there["licenses"]
    assert here["platform"] == there["platform"]
    assert here["udis"] == there["udis"]


def test_observations_come_in_and_mistakes_are_named(demo: Demo, tmp_path: Path) -> None:
    name = an_ok_host(demo[0])
    observation = data(licsweep("show", name, "--project", demo[0], "--format", "json"))["observation"]
    file = tmp_path / "observations.json"
    file.write_text(json.dumps([observation]))
    done = licsweep("ingest", "--observations", file, "--project", tmp_path, "--format", "json")
    assert data(done) == {"snapshot": 1, "selected": 1, "outcomes": {"ok": 1}, "failed": []}
    file.write_text(json.dumps([observation | {"licence_rows": []}]))
    wrong = licsweep("ingest", "--observations", file, "--project", tmp_path)
    assert wrong.code == 2
    assert "licence_rows" in wrong.err


def test_importing_twice_changes_nothing(demo: Demo, tmp_path: Path) -> None:
    licsweep("init", tmp_path)
    sample = tmp_path / "entitlements" / "sample.yaml"
    licsweep("entitlements", "import", sample, "--project", tmp_path)
    once = data(licsweep("reconcile", "--project", tmp_path, "--as-of", "2026-11-24", "--format", "json"))
    licsweep("entitlements", "import", sample, "--project", tmp_path)
    assert data(licsweep("reconcile", "--project", tmp_path, "--as-of", "2026-11-24", "--format", "json")) == once


def test_parse_reads_standard_input_and_tells_of_a_cut(demo: Demo, tmp_path: Path) -> None:
    name = an_ok_host(demo[0])
    captures_of(demo[0], name, tmp_path)
    text = (tmp_path / name / "show_license_all.txt").read_text()
    whole = licsweep("parse", "-", "--platform", "cisco_xe", "--format", "json", stdin=text)
    assert data(whole)["licenses"]
    cut = licsweep("parse", "-", "--platform", "cisco_xe", "--format", "json", stdin=text[: len(text) // 2])
    assert cut.code == 1
    assert json.loads(cut.out)["data"]["complete"] is False


def test_the_suffix_decides_the_format_and_a_slash_means_a_folder(demo: Demo, tmp_path: Path) -> None:
    def written(*arguments: object) -> Done:
        return licsweep("report", "usage", "--project", demo[0], *arguments)

    assert written("-o", tmp_path / "u.xlsx").code == 0
    assert (tmp_path / "u.xlsx").read_bytes().startswith(b"PK")
    done = written("--format", "csv", "-o", f"{tmp_path}/new/n/")
    assert done.code == 0, done.err
    assert {path.parent for path in map(Path, done.out.split())} == {tmp_path / "new" / "n"}
    for wrong in (("-o", "u.pdf"), ("--format", "csv", "-o", "u.json"), ("-o", f"{tmp_path}/u.xlsx/")):
        done = written(*wrong)
        assert (done.code, done.out) == (2, "")
        assert "suffix says the format" in done.err or "folder can't be made" in done.err
    assert not Path("u.pdf").exists()
    assert not Path("u.json").exists()


def test_every_exit_code_of_the_program_is_explained() -> None:
    def below(kind: type[LicsweepError]) -> set[int]:
        return {kind.exit_code}.union(*map(below, kind.__subclasses__()))

    mine = {number for name, number in vars(common).items() if name.startswith("EXIT_")}
    assert {names[0] for kind, names, _ in entries() if kind == "exit code"} == {
        str(one) for one in {0} | mine | below(LicsweepError)
    }


def test_explain_lists_its_words_and_tells_of_one() -> None:
    listed = licsweep("explain").out
    assert all(
        word in listed
        for word in ("LF001 shortage", "LS201 Unreachable", "outcome\n  ok, partial", "lockout_after", "reporting-ok")
    )
    assert "Remedy: Find out" in licsweep("explain", "host-key-changed").out
    both = licsweep("explain", "OK").out
    assert "ok (outcome)" in both
    assert "ok (pool status)" in both
    assert "no such" in licsweep("explain", "okay").err
