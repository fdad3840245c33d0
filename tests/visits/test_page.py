"""docs/how-to/air-gapped.md, "The same over SSH", as written; the office without SSH; questions, exit codes."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from licsweep.simulator.estate import SimulatedEstate
from tests.cli.conftest import Done, licsweep
from tests.cli.test_courier import OVER_SSH, PAGE
from tests.house.test_lazy_imports import BLOCKER
from tests.visits.conftest import Site


def commands() -> list[list[str]]:
    text = PAGE.read_text().partition(OVER_SSH)[2]
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [shlex.split(line)[1:] for block in blocks for line in block.splitlines()]


@pytest.fixture
def typed(tmp_path: Path) -> Iterator[Site]:
    """A project of three devices that nobody else visits."""
    with SimulatedEstate(8) as estate:
        site = Site(estate, tmp_path / "project")
        wanted = [site.of(kind).name for kind in ("slup", "overdue", "stack")]
        hosts = site.folder / "inventory" / "hosts.yaml"
        hosts.write_text(yaml.safe_dump({k: v for k, v in yaml.safe_load(hosts.read_text()).items() if k in wanted}))
        site.sweep()
        yield site


def run(site: Site, *words: str) -> Done:
    words = ("--project", str(site.folder), *words)
    login = {"LICSWEEP_USERNAME": site.estate.username, "LICSWEEP_PASSWORD": site.estate.password}
    return licsweep(*words, **login, COLUMNS="400")  # an answer in one line


def test_the_page_is_tried_as_written(typed: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(typed.folder)
    found = commands()
    assert len(found) == 9
    for words in found:
        if words[1:2] == ["uploaded"]:
            back = typed.folder / "back"
            back.mkdir()
            parcels = sorted(Path("courier/parcels").iterdir())
            for file in sorted(Path("usb").glob("*/upload/*.txt")):
                name, ack = typed.cssm.acknowledge(file.name, file.read_bytes())
                (back / name).write_bytes(ack)
            for parcel in parcels:
                done = run(typed, "courier", "uploaded", parcel.name, *words[3:])
        else:
            done = run(typed, *words)
        assert done.code == 0, (words, done.err)
        if words[1:] == ["deliver", "--yes"]:
            assert done.out.count("Import Data Successful") >= 3
    report = json.loads(run(typed, "courier", "status", "--format", "json").out)["data"]["reports"]
    assert report
    assert all(one["delivered_at"] for one in report)


def test_nothing_is_sent_where_nobody_can_be_asked(typed: Site) -> None:
    done = run(typed, "courier", "collect")
    assert done.code == 2
    assert "license smart save usage unreported" in done.err
    assert "--yes" in done.err
    assert not (typed.folder / "courier" / "audit.jsonl").exists()
    assert run(typed, "courier", "collect", "--usage", "some", "--yes").code == 2
    assert run(typed, "courier", "deliver", "--yes").code == 4


def test_exit_codes(tmp_path: Path) -> None:
    with SimulatedEstate(8, only="cslu") as estate:
        site, name = Site(estate, tmp_path / "project"), estate.devices[0].name
        limit = ("--limit", name)
        site.sweep(name)
        estate.change(name, "no-scp")
        assert run(site, "courier", "check", *limit).code == 1
        assert run(site, "courier", "collect", "--usage", "all", "--yes", *limit).code == 0
        site.carry()
        refused = run(site, "courier", "deliver", "--yes", "--format", "json", *limit)
        assert (refused.code, "ip scp server enable" in refused.out) == (1, True)
    assert run(site, "courier", "deliver", "--yes", *limit).code == 3
    assert run(site, "courier", "check", *limit).code == 3


OFFICE = """
import os, sys
from licsweep.cli import main
os.chdir(sys.argv[1])
parcel = os.listdir("courier/parcels")[0] if os.path.exists("courier/parcels") else ""
for words in (["collect", "--from", "stick"], ["pack"], ["status"], ["status", "--format", "json"], ["unpack", "back"],
              ["deliver", "--to", "usb"]):
    if words[0] == "unpack":
        folder = os.path.join("courier/parcels", os.listdir("courier/parcels")[0], "upload")
        os.mkdir("back")
        for name in os.listdir(folder):
            ack = "<smartLicenseRumAck>opaque</smartLicenseRumAck>"
            open(f"back/ACK_{name}", "w").write(f"<smartLicense>{ack}</smartLicense>")
    try:
        main(["courier", *words])
    except SystemExit as error:
        assert not error.code, (words, error.code)
"""


@pytest.mark.parametrize(("verb", "works"), [("", True), ("try: main(['courier', 'check'])\nfinally: pass\n", False)])
def test_the_office_needs_no_ssh(typed: Site, verb: str, works: bool) -> None:
    (typed.folder / "stick").mkdir()
    typed.collect(typed.of("slup").name, what="all")
    for file in (typed.folder / "courier" / "files").rglob("*.txt"):
        (typed.folder / "stick" / file.name).write_bytes(file.read_bytes())
    blocked = BLOCKER.replace('"textfsm", "ntc_templates"', '"nornir_netmiko", "asyncssh"')
    program = [sys.executable, "-c", blocked + OFFICE + verb, str(typed.folder)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is works, done.stderr
