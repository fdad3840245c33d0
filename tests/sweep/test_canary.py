"""Secrets go in and are looked for everywhere that anything comes out: logs, database, reports, errors, processes."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from licsweep.settings import load
from licsweep.simulator.estate import SimulatedEstate
from licsweep.store import reading
from tests.access.secret_forms import ECHOES, KEYED
from tests.cli.conftest import licsweep
from tests.store.conftest import captured

PASSPHRASE, ENABLE, JUMP = "canary-passphrase", "canary-enable", "canary-jump"
PRINTED = ("proxy-user-word", "proxy-pass-word")


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, tuple[str, ...], dict[str, str], str]]:
    """A project after a talkative sweep; the secrets; the environment; all that was printed."""
    folder = tmp_path_factory.mktemp("canary")
    key = folder / "id_canary"
    paramiko.ECDSAKey.generate().write_private_key_file(str(key), PASSPHRASE)
    with SimulatedEstate(24) as estate:
        estate.write_project(folder)
        (folder / "licsweep.toml").write_text("command_timeout = 3\ndevice_deadline = 6\nstart_jitter = 0.0\n")
        environment = {
            "LICSWEEP_USERNAME": estate.username,
            "LICSWEEP_PASSWORD": estate.password,
            "LICSWEEP_ENABLE_SECRET": ENABLE,
            "LICSWEEP_KEY_PASSPHRASE": PASSPHRASE,
            "LICSWEEP_JUMP_PASSWORD": JUMP,
        }
        said = []
        for options in (
            ["sweep", "--log-level", "debug", "--log-format", "json", "--min-coverage", "0"],
            ["sweep", "--dry-run"],
            ["config"],
            ["doctor"],
        ):
            done = licsweep(*options, "--project", folder, **environment)
            assert done.code == (options == ["doctor"]), done.err  # one box is not there, on purpose
            said += [done.out, done.err]
        locked_key = environment | {"LICSWEEP_SSH_KEY": str(key), "LICSWEEP_KEY_PASSPHRASE": ENABLE}
        failed = subprocess.run(
            [sys.executable, "-c", "from licsweep.cli import main; main()", "sweep", "--debug", "--project", folder],
            env=os.environ | locked_key,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" in failed.stderr  # --debug shows one, on purpose
        said += [failed.stdout, failed.stderr]
        yield folder, (estate.password, PASSPHRASE, ENABLE, JUMP, *PRINTED), environment, "\n".join(said)


Swept = tuple[Path, tuple[str, ...], dict[str, str], str]


def test_nothing_printed_or_logged_holds_one(swept: Swept) -> None:
    _, secrets, _, said = swept
    assert "DEBUG" in said.upper()
    for secret in secrets:
        assert secret not in said


def test_no_file_holds_one(swept: Swept) -> None:

    folder, secrets, _, _ = swept
    reports = folder / "reports"
    reports.mkdir()
    for kind in ("usage", "estate"):
        for form in ("html", "xlsx", "csv", "json", "table"):
            assert licsweep("report", kind, "--format", form, "-o", reports, "--project", folder).code == 0
    contents = {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    contents |= {f"{one.hostname} {one.command}": one.text.encode() for one in captured(folder)}
    assert any(b"<removed>" in content for content in contents.values())
    for secret in secrets:
        assert [name for name, content in contents.items() if secret.encode() in content] == []


def test_no_support_archive_holds_one(swept: Swept, tmp_path: Path) -> None:
    folder, secrets, environment, said = swept
    (tmp_path / "log").write_text(
        "\n".join(["begin", *(f"typed {word}" for word in environment.values()), said[-10_000:]])
    )
    with reading(load(folder)) as store:
        hosts = [option for name in store.captured_in() for option in ("--with-captures", name)]
    options = ("-o", tmp_path / "s.zip", "--project", folder, "--log", tmp_path / "log", "--named", *hosts)
    assert licsweep("support", *options, **environment).code == 0
    with zipfile.ZipFile(tmp_path / "s.zip") as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    assert len(contents) > len(hosts) / 2
    for secret in secrets:
        assert [name for name, content in contents.items() if secret.encode() in content] == []


def test_files_are_for_their_owner(swept: Swept) -> None:
    folder = swept[0]
    for name in ("licsweep.db", "licsweep.lock"):
        assert (folder / name).stat().st_mode & 0o077 == 0


def test_no_argument_of_a_process_holds_one(swept: Swept) -> None:
    folder, secrets, environment, _ = swept
    running = subprocess.Popen(
        [sys.executable, "-c", "from licsweep.cli import main; main()", "sweep", "--workers", "1", "--project", folder],
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert running.stderr is not None
    running.stderr.readline()  # it is under way
    lines = [p.read_bytes() for p in Path("/proc").glob("[0-9]*/cmdline")] if Path("/proc/self").exists() else []
    running.terminate()
    running.communicate(timeout=20)
    assert any(b"sweep" in line for line in lines)
    for secret in secrets:
        assert not any(secret.encode() in line for line in lines)


def test_the_search_can_find(swept: Swept) -> None:
    assert json.dumps(swept[2]).count(swept[1][0]) == 1


DESIGN = """username: visitor
smart_account: Example Visitors
sites: [{name: lab, timezone: UTC, virtual_account: Lab}]
licenses: {}
kinds:
  - {name: box, platform: cisco_asa, outputs: box, role: fw, members: [{pid: ASAv}], licenses: [], facts: {}}
"""
OWN, STORED = "Quill#\u03a99/ma%ple", "zx81QUILLmaple77"


def test_a_box_that_prints_secrets_in_every_form(tmp_path: Path) -> None:
    """The run's own password in all forms in which a box echoes it, and others where a configuration has them."""
    printed = [form(OWN) for form in ECHOES.values()] + [form.format(s=STORED, x=STORED) for form in KEYED.values()]
    outputs = tmp_path / "design" / "outputs" / "box"
    outputs.mkdir(parents=True)
    (tmp_path / "design" / "estate.yaml").write_text(DESIGN)
    (tmp_path / "design" / "entitlements.yaml").write_text("default: {}\n")
    (outputs / "show_version.j2").write_text("Cisco Adaptive Security Appliance Software Version 9.20(2)\n")
    (outputs / "show_license_all.j2").write_text("{% raw %}" + "Count: 1\n".join(printed) + "{% endraw %}")
    project = tmp_path / "project"
    with SimulatedEstate(1, design=str(tmp_path / "design"), password=OWN) as estate:
        project.mkdir()
        estate.write_project(project)
        environment = {"LICSWEEP_USERNAME": estate.username, "LICSWEEP_PASSWORD": OWN}
        options = ("--log-level", "debug", "--min-coverage", "0", "--project", project)
        done = licsweep("sweep", *options, **environment)
    with reading(load(project)) as store:
        text = "\n".join(one.text for one in store.captures(1, estate.devices[0].name))
    assert text.count("Count: 1\n") == len(printed) - 1, done.err
    everything = "\n".join((done.out, done.err, text))
    joined = "".join(everything.split())
    for name, form in ECHOES.items():
        assert form(OWN).strip("\n") not in everything, name
    for each in (everything, joined):
        assert OWN.lower() not in each.lower()
        assert STORED not in each
