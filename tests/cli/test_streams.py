"""Standard streams that are closed, full, or read by nobody: notes are dropped, data never silently."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = f"{sys.executable} -c 'from licsweep.cli import main; main()'"


def shell(line: str, folder: Path) -> tuple[int, str, str]:
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False, cwd=folder)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "hosts.yaml").write_text(
        "acc-01:\n  platform: cisco_xe\n  hostname: 127.0.0.1\n  port: 9\n"
    )
    return tmp_path


@pytest.mark.parametrize("stream", ["2>&-", "2>/dev/full", "<&-", "2>&1 >/dev/null | true"])
def test_a_sweep_goes_on_without_its_notes(project: Path, stream: str) -> None:
    """Nobody answers at that port: the host is accounted for, whoever reads the notes."""
    once = "LICSWEEP_USERNAME=a LICSWEEP_PASSWORD=b LICSWEEP_RETRIES=0"
    shell(f"{once} {PROGRAM} sweep {stream}", project)
    code, out, err = shell(f"{PROGRAM} snapshots --format csv", project)
    assert code == 0, err
    assert "complete" in out
    assert "1 host-key-unknown" in out or "1 unreachable" in out


@pytest.mark.parametrize(("encoding", "told"), [("latin-1", r"h\u540d-01"), ("utf-8", "h\u540d-01")])
def test_a_letter_that_the_terminal_has_not_is_told(project: Path, encoding: str, told: str) -> None:
    (project / "inventory" / "hosts.yaml").write_text("h\u540d-01: {platform: cisco_xe}\n", encoding="utf-8")
    code, out, err = shell(f"PYTHONIOENCODING={encoding} {PROGRAM} hosts", project)
    assert (code, told in out, err) == (0, True, "1 hosts\n")


@pytest.mark.parametrize("verb", ["hosts", "reconcile"])
def test_closed_standard_output_is_told(project: Path, verb: str) -> None:
    code, _, err = shell(f"{PROGRAM} {verb} >&-", project)
    assert code == 2
    assert "standard output is closed" in err


@pytest.mark.parametrize("verb", ["hosts", "config --format json"])
def test_full_standard_output_is_told(project: Path, verb: str) -> None:
    code, _, err = shell(f"{PROGRAM} {verb} >/dev/full", project)
    assert code == 2
    assert "standard output can't be written: No space left" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "own",
    [
        "licsweep.db",
        "licsweep.db-wal",
        "licsweep.lock",
        "licsweep.toml",
        "known_hosts",
        "inventory/hosts.yaml",
        "entitlements/pool.csv",
        "waivers.yaml",
        "contract.json",
        "link",
    ],
)
def test_no_output_replaces_a_file_of_the_project(project: Path, own: str) -> None:
    (project / "link").symlink_to("known_hosts")
    before = (project / "inventory/hosts.yaml").read_text()
    code, out, err = shell(f"{PROGRAM} hosts -o {own}; {PROGRAM} hosts -o hosts.csv", project)
    assert (code, out) == (0, "")
    assert f"{own}: a file of the project" in err
    assert (project / "inventory/hosts.yaml").read_text() == before
    assert (project / "hosts.csv").is_file()
    assert not (project / "known_hosts").exists()


@pytest.mark.parametrize(
    "call", ["parse x.txt --platform cisco_xe -o ./x.txt", "site export 1 --site a --key x.txt -o x.txt"]
)
def test_no_output_replaces_what_its_call_reads(project: Path, call: str) -> None:
    (project / "x.txt").write_text("kept")
    code, _, err = shell(f"{PROGRAM} {call}", project)
    assert (code, "x.txt: a file of the project or of this call" in err) == (2, True)
    assert (project / "x.txt").read_text() == "kept"
