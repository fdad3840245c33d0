"""`licsweep demo`: everything goes as the estate was designed, and says where its reports are."""

import sqlite3
import zlib
from pathlib import Path

from tests.cli.conftest import Done, licsweep


def test_all_went_as_designed(demo: tuple[Path, Done]) -> None:
    _, done = demo
    assert done.code == 0, done.err
    assert "not as designed" not in done.err


def test_each_report_file_is_printed_on_a_line_and_is_there(demo: tuple[Path, Done]) -> None:
    folder, done = demo
    files = [Path(line) for line in done.out.splitlines() if line.startswith(str(folder))]
    assert {file.suffix for file in files} == {".html", ".xlsx", ".csv", ".json"}
    assert all(file.stat().st_size for file in files)
    assert {file.name.split("-")[1] for file in files} == {"usage", "estate"}


def test_no_bar_in_a_pipe(demo: tuple[Path, Done]) -> None:
    _, done = demo
    for text in (done.out, done.err):
        assert "\x1b" not in text
        assert "\r" not in text


def test_broken_boxes_are_told_with_their_reason(demo: tuple[Path, Done]) -> None:
    _, done = demo
    for outcome in ("unreachable (", "auth-failed (", "host-key-changed (", "timed-out ("):
        assert outcome in done.err


def test_proxy_words_reach_nothing(demo: tuple[Path, Done]) -> None:
    folder = demo[0]
    with sqlite3.connect(folder / "licsweep.db") as raw:
        texts = [zlib.decompress(text) for (text,) in raw.execute("SELECT text FROM capture")]
    raw.close()
    assert any(b"Username: <removed>" in text for text in texts)
    everything = [*texts, *(file.read_bytes() for file in folder.rglob("*") if file.is_file())]
    for word in (b"proxy-user-word", b"proxy-pass-word"):
        assert not any(word in content for content in everything)


def test_too_few_devices_is_a_usage_error() -> None:
    assert licsweep("demo", "--devices", 3).code == 2


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "licsweep.toml").write_text("workers = 5\n")
    done = licsweep("demo", "--devices", 8, "--keep", tmp_path)
    assert (done.code, [path.name for path in tmp_path.iterdir()]) == (2, ["licsweep.toml"])
    assert "not empty" in done.err
