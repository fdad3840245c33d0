"""The files of contrib: units that systemd accepts, and command lines that run as they stand there."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import licsweep

CONTRIB = Path(__file__).parents[2] / "contrib"
PROGRAM = "/opt/licsweep/bin/licsweep"
PROJECT = "/var/lib/licsweep"


def commands(text: str) -> list[list[str]]:
    """The options of every call of the program in a file."""
    return [shlex.split(line)[1:] for line in re.findall(rf"{PROGRAM} [^\n]*", text)]


def environment(text: str) -> dict[str, str]:
    return dict(re.findall(r"^(?:Environment=)?(LICSWEEP_\w+)=(.*)$", text, re.MULTILINE))


def verified(folder: Path, change: tuple[str, str] = ("", "")) -> "subprocess.CompletedProcess[str]":
    """systemd's own opinion of the units, with programs and pages that this machine has."""
    shutil.copytree(CONTRIB / "systemd", folder)
    for file in (*folder.glob("*.service"), *folder.glob("*/*.conf")):
        text = file.read_text().replace(PROGRAM, "/bin/true").replace("man:licsweep(1)", "https://example.net")
        file.write_text(text.replace(*change))
    units = [str(file) for file in folder.iterdir() if file.is_file()]
    return subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd on this machine")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    done = verified(tmp_path / "sound")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert verified(tmp_path / "broken", ("DynamicUser=yes", "DynamicUser=perhaps")).returncode == 1


def in_place_of(folder: Path, words: list[str], variables: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    """A call and its environment with folders of the test in place of the system's."""
    places = {PROJECT: folder, "%d": folder / "given", "/etc/licsweep": folder / "given"}
    places |= {"/var/lib/prometheus/node-exporter": folder}

    def here(text: str) -> str:
        for place, own in places.items():
            text = text.replace(place, str(own))
        return text

    return list(map(here, words)), {name: here(value) for name, value in variables.items()}


def test_the_lines_of_cron_are_calls_of_the_program(tmp_path: Path) -> None:
    text = (CONTRIB / "cron/licsweep").read_text()
    lines = [line for line in text.splitlines() if PROGRAM in line]
    field = r"(\*|[0-9]+)"
    assert all(re.match(rf"#?{field} {field} {field} {field} {field} licsweep {PROGRAM} ", line) for line in lines)
    (tmp_path / "inventory").mkdir(parents=True)
    (tmp_path / "given").mkdir()
    (tmp_path / "given/credentials.toml").write_text('username = "noc"\npassword = "x"\n')
    (tmp_path / "given/credentials.toml").chmod(0o600)
    (tmp_path / "inventory/hosts.yaml").write_text("acc-01: {hostname: 192.0.2.1, platform: cisco_xe}\n")
    for line in lines:
        (words,) = commands(line.partition("2>>")[0])
        words, variables = in_place_of(tmp_path, words, environment(text))
        if "sweep" in words:
            done = licsweep(*words, "--dry-run", **variables)
            assert (done.code, "default: file" in done.out) == (0, True), done.err


def test_the_folder_of_logs_is_that_of_cron() -> None:
    rotated = (CONTRIB / "logrotate/licsweep").read_text()
    (pattern,) = re.findall(r"^(/\S+) \{$", rotated, re.MULTILINE)
    (log,) = re.findall(r"2>>(\S+)", (CONTRIB / "cron/licsweep").read_text())
    assert Path(log).match(pattern)
    assert rotated.count("{") == rotated.count("}") == 1
