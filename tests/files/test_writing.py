"""One writer: the whole new file or the old one, for its owner only; links, pipes and /dev/stdout as they are meant."""

import logging
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from licsweep import files
from licsweep.errors import OutputError
from tests.cli.conftest import licsweep


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.csv"
    path.write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left") as caught:
        files.write(path, "new")
    assert "unchanged" in caught.value.why
    assert [each.name for each in tmp_path.iterdir()] == ["report.csv"]
    assert path.read_text() == "old"


def test_a_limit_of_the_system_leaves_the_old_file(tmp_path: Path) -> None:
    """The real error of a write that is too large, in a process of its own."""
    path = tmp_path / "f"
    path.write_text("old")
    code = (
        "import resource, signal, sys; from pathlib import Path; from licsweep import files, errors\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try: files.write(Path(sys.argv[1]), 'x' * 100_000)\n"
        "except errors.OutputError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert "File too large" in done.stdout
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("before", [0o644, 0o600, 0o440])
def test_its_owner_alone_reads_it(tmp_path: Path, before: int) -> None:
    path = tmp_path / "f"
    path.write_text("old")
    path.chmod(before)
    files.write(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == "new"


def test_a_file_system_without_modes_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(os, "fstat", lambda descriptor: os.stat_result((0o100777, *([0] * 9))))
    with caplog.at_level(logging.WARNING):
        files.write(tmp_path / "f", "x")
    assert "others may read it" in caplog.text


def test_a_link_stays_and_its_target_is_written(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "f").write_text("old")
    (tmp_path / "link").symlink_to("real/f")
    files.write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "f").read_text() == "new"


def test_a_new_file_takes_nobodys_name(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "f").write_text("old")
    for name in ("link", "f"):
        with pytest.raises(OutputError, match="File exists"):
            files.write(tmp_path / name, "new", new=True)
    files.write(tmp_path / "g", "new", new=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f", "g", "link"]
    assert (tmp_path / "f").read_text() == "old"


@pytest.mark.parametrize("place", ["missing/f", "."])
def test_a_place_that_takes_no_file(tmp_path: Path, place: str) -> None:
    with pytest.raises(OutputError):
        files.write(tmp_path / place, "x")
    assert list(tmp_path.iterdir()) == []


def test_standard_output_and_pipes(tmp_path: Path) -> None:
    done = licsweep("explain", "LF001")
    assert done.code == 0
    (tmp_path / "known_hosts").write_text("")
    (tmp_path / "licsweep.toml").write_text("")
    through = licsweep("known-hosts", "list", "--format", "json", "-o", "/dev/stdout", "--project", tmp_path)
    assert '"schema"' in through.out
    redirected = tmp_path / "out"
    with redirected.open("w") as out:
        subprocess.run(
            [sys.executable, "-c", "from licsweep.cli import main; main()", "known-hosts", "list", "-o", "/dev/stdout"],
            stdout=out,
            cwd=tmp_path,
            check=True,
        )
    assert "Fingerprint" in redirected.read_text()
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with subprocess.Popen(["cat", fifo], stdout=subprocess.PIPE, text=True) as reader:
        assert licsweep("known-hosts", "list", "-o", fifo, "--project", tmp_path).code == 0
        assert "Fingerprint" in reader.communicate(timeout=10)[0]
    assert fifo.is_fifo()
