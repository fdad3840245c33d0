"""`licsweep support`: an archive that says what it holds, without secrets and without names of the site."""

import json
import re
import zipfile
from pathlib import Path

import pytest

from licsweep.jobs.support import PARTS
from tests.cli.conftest import Done, licsweep

SECRET = "support-canary-word"
ADDRESS = "172.27.14.9"


def members(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log that somebody else's program wrote: secrets, an address, control characters."""
    path = tmp_path_factory.mktemp("log") / "sweep.log"
    lines = [f"hq-acc-001 at {ADDRESS}: \x1b[31mlogin with {SECRET}", '{"password": "zq81xJpW77"}', *["x"] * 600]
    path.write_text("\n".join([*lines[2:], *lines[:2]]))
    return path


@pytest.fixture(scope="module")
def archive(demo: tuple[Path, Done], log: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of the demo, with a log and the captures of a host."""
    path = tmp_path_factory.mktemp("support") / "support.zip"
    options = ("-o", path, "--project", demo[0], "--log", log, "--with-captures", "hq-acc-001")
    done = licsweep("support", *options, LICSWEEP_PASSWORD=SECRET)
    assert (done.code, done.out.strip()) == (0, str(path)), done.err
    assert path.stat().st_mode & 0o077 == 0
    return members(path)


def test_it_says_what_it_holds(archive: dict[str, str]) -> None:
    listed = re.findall(r"^(\S.*?\.(?:json|txt)): \S", archive["README.txt"], re.MULTILINE)
    assert sorted(listed) == sorted(set(archive) - {"README.txt"})
    assert set(PARTS) < set(archive)
    store = json.loads(archive["store.json"])
    assert (store["sizes"]["host_result"], store["runs"][0]["selected"]) == (24, 24)
    assert {row["status"] for row in store["not ok in the last"]} >= {"auth-failed", "timed-out"}
    assert json.loads(archive["inventory.json"])["hosts"] == 24
    assert {row["check"] for row in json.loads(archive["doctor.json"])} >= {"python", "database", "reachability"}
    assert json.loads(archive["settings.json"])["settings"]["workers"] == [30, "default"]
    assert json.loads(archive["versions.json"])["packages"]["netmiko"]


def test_no_secret_and_no_name_of_the_site_is_in_it(archive: dict[str, str]) -> None:
    everything = "\n".join((*archive, *archive.values()))
    for word in (SECRET, "zq81xJpW77", ADDRESS, "\x1b"):
        assert word not in everything
    assert re.findall(r"\b(?:hq|dc|br)-(?:acc|core)-\d+", everything) == []
    (scrubbed,) = {name.split("/")[1] for name in archive if name.startswith("captures/")}
    assert f"{scrubbed} at " in archive["log.txt"]  # one name everywhere
    assert archive["log.txt"].count("\n") == 499


def test_named_keeps_the_names_but_no_secret(demo: tuple[Path, Done], log: Path, tmp_path: Path) -> None:
    path = tmp_path / "support.zip"
    options = ("-o", path, "--project", demo[0], "--log", log, "--named")
    assert licsweep("support", *options, LICSWEEP_PASSWORD=SECRET).code == 0
    found = members(path)
    assert f"hq-acc-001 at {ADDRESS}" in found["log.txt"]
    assert not any(SECRET in text or "zq81xJpW77" in text for text in found.values())
    assert not any(name.startswith("captures/") for name in found)


def test_where_nothing_can_be_read_the_archive_says_why(tmp_path: Path) -> None:
    (tmp_path / "words.toml").write_text(f'password = "{SECRET}"\n')
    (tmp_path / "words.toml").chmod(0o600)
    (tmp_path / "my.log").write_text(f"it typed {SECRET}\n")
    for settings in ("workers = 0\n", 'credentials = "file"\ncredentials_file = "words.toml"\n'):
        (tmp_path / "licsweep.toml").write_text(settings)
        options = ("-o", tmp_path / "s.zip", "--project", tmp_path, "--log", tmp_path / "my.log")
        assert licsweep("support", *options).code == 0
        found = members(tmp_path / "s.zip")
        assert "LS" in json.loads(found["store.json"])["error"]
    assert SECRET not in found["log.txt"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("-o", "support.tar"), "a support archive is a zip file"),
        (("-o", "s.zip", "--with-captures", "hq-acc-0001"), "licsweep show hq-acc-001"),
        (("-o", "s.zip", "--log", "nowhere.log"), "nowhere.log: No such file"),
        (("-o", "{project}/entitlements/x.zip"), "a file of the project"),
    ],
)
def test_what_it_refuses(demo: tuple[Path, Done], options: tuple[str, ...], told: str) -> None:
    done = licsweep("support", *(one.format(project=demo[0]) for one in options), "--project", demo[0])
    assert (done.code, told in done.err) == (2, True), done.err
    assert not Path(options[1]).exists()
