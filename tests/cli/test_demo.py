"""`licsweep demo`: everything goes as the estate was designed, and says where its reports are."""

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
    assert all(file.stat().st_size > 500 for file in files)


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
    words = (b"proxy-user-word", b"proxy-pass-word")
    for file in [*folder.rglob("*")]:
        if file.is_file():
            assert not any(word in file.read_bytes() for word in words), file
    raw = [licsweep("show", name, "--raw", "--project", folder).out for name in _hosts(folder)]
    assert any("<removed>" in text for text in raw)
    assert not any(word.decode() in text for word in words for text in raw)


def _hosts(folder: Path) -> list[str]:
    lines = licsweep("hosts", "--project", folder, "--format", "csv").out.splitlines()[1:]
    return [line.split(",")[0] for line in lines]


def test_too_few_devices_is_a_usage_error() -> None:
    assert licsweep("demo", "--devices", 3).code == 2
