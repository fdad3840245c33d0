"""A person starts a project of their own."""

import json
from pathlib import Path

import pytest

from licsweep.cli import VERBS
from tests.cli.conftest import licsweep


def test_init_makes_a_project_that_the_verbs_accept(tmp_path: Path) -> None:
    folder = tmp_path / "estate"
    done = licsweep("init", folder)
    assert done.code == 0
    assert all(Path(line).is_file() for line in done.out.splitlines())
    hosts = licsweep("hosts", "--project", folder, "--format", "json")
    assert {row["name"] for row in json.loads(hosts.out)["data"]} == {"acc-berlin-01", "core-berlin-01"}
    imported = licsweep("entitlements", "import", folder / "entitlements" / "sample.yaml", "--project", folder)
    assert imported.code == 0, imported.err
    judged = licsweep("reconcile", "--project", folder, "--format", "json")
    assert {pool["owned"] for pool in json.loads(judged.out)["data"]["pools"]} == {10}


def test_init_never_overwrites(tmp_path: Path) -> None:
    assert licsweep("init", tmp_path).code == 0
    before = (tmp_path / "licsweep.toml").read_text()
    again = licsweep("init", tmp_path)
    assert again.code == 2
    assert "never overwrites" in again.err
    assert (tmp_path / "licsweep.toml").read_text() == before


def test_config_tells_where_each_value_came_from(tmp_path: Path) -> None:
    (tmp_path / "licsweep.toml").write_text("workers = 7\n")
    done = licsweep("config", "--project", tmp_path, "--format", "json", LICSWEEP_STALE_HOURS="12")
    rows = {row["setting"]: row for row in json.loads(done.out)["data"]}
    assert rows["workers"]["value"] == 7
    assert rows["workers"]["source"].endswith("licsweep.toml:1")
    assert rows["stale_hours"] == {"setting": "stale_hours", "value": 12, "source": "LICSWEEP_STALE_HOURS"}
    assert rows["report_due_days"]["source"] == "default"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["hosts"], 2, "licsweep init"),
        (["snapshots"], 2, "no project"),
        (["reconcile"], 2, "no project"),
        (["report", "usage"], 2, "no project"),
        (["ingest"], 2, "nothing to read"),
        (["ingest", "nowhere"], 2, "No such file"),
        (["parse", "nowhere.txt", "--platform", "cisco_xe"], 2, "No such file"),
        (["parse", __file__, "--platform", "cisco_toaster"], 2, "cisco_toaster"),
        (["explain", "LX999"], 2, "no such word"),
        (["entitlements", "import", "nowhere.csv"], 2, "nowhere.csv"),
        (["nonsense"], 2, "No such command 'nonsense': known are: check, "),
        (["snapshot"], 2, "No such command 'snapshot': did you mean snapshots?"),
        (["explain", "shortge"], 2, "did you mean shortage"),
        (["explain", "worker"], 2, "did you mean workers"),
        (["config", "--project", "nowhere"], 2, "nowhere: no project"),
        (["ingest", "texts", "--project", "nowhere"], 2, "nowhere: no project"),
        (["reconcile", "--as-of", "9999-12-31"], 2, "1900 to 2999"),
        (["reconcile", "--as-of", "0001-01-01T00:00:00+14:00"], 2, "1900 to 2999"),
        (["sweep", "--fresher-than", "nan"], 2, "is not a number"),
        (["init", "a", "--project", "b"], 2, "init a, but the project is b"),
    ],
)
def test_errors_say_what_and_what_next(tmp_path: Path, arguments: list[str], code: int, told: str) -> None:
    folder = (
        [] if arguments[0] in ("nonsense", "snapshot") or "--project" in arguments else ["--project", str(tmp_path)]
    )
    done = licsweep(*arguments, *folder)
    assert done.code == code
    assert told in done.err
    assert done.out == ""


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str) -> None:
    done = licsweep(verb, "--help")
    assert done.code == 0
    assert "Usage: " in done.out


def test_the_project_is_named_before_or_after_the_verb_or_around(tmp_path: Path) -> None:
    """The option after the verb counts before the one before it, and that before LICSWEEP_PROJECT; `~` is a home."""
    for number, name in enumerate(("a", "b", "c"), 1):
        (tmp_path / name).mkdir()
        (tmp_path / name / "licsweep.toml").write_text(f"workers = {number}\n")
    home = {"HOME": str(tmp_path), "LICSWEEP_PROJECT": "~/a"}
    before, after = ("--project", "~/b"), ("--project", "~/c")
    for arguments, workers in (
        (("config",), 1),
        ((*before, "config"), 2),
        (("config", *after), 3),
        ((*before, "config", *after), 3),
    ):
        rows = json.loads(licsweep(*arguments, "--format", "json", **home).out)["data"]
        assert {row["setting"]: row["value"] for row in rows}["workers"] == workers


def test_explain_tells_of_a_setting() -> None:
    done = licsweep("explain", "LOCKOUT_AFTER")
    assert done.out.startswith("lockout_after (setting)\n\nfailed passwords in a row")


@pytest.mark.parametrize("text", ["a = " + "[" * 3000, "workers = " + "9" * 5000])
def test_settings_that_no_parser_can_hold(tmp_path: Path, text: str) -> None:
    (tmp_path / "licsweep.toml").write_text(text)
    done = licsweep("config", "--project", tmp_path)
    assert done.code == 2
    assert "licsweep.toml: not valid TOML" in done.err
