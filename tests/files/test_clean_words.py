"""Words of devices and files reach a person clean, bounded, on one line: in errors, hints, logs, notes, tables."""

import json
import logging
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from licsweep.clean_text import LONGEST, clean, one_line, shell_word
from licsweep.cli import common
from licsweep.errors import InputError
from licsweep.reports.plain_tables import csv_text, text_table
from tests.cli.conftest import licsweep

NASTY = "x\x1b]0;owned\x07\x1b[2J\r\n\x00y\u202ez\u2066\u200b\u061c\U000e0041;$(touch owned)`id`"
FORBIDDEN = "\x1b\x07\x00\r\u202e\u2066\u200b\u061c\U000e0041"


def is_clean(text: str) -> bool:
    return not any(character in text for character in FORBIDDEN)


def test_the_words_themselves() -> None:
    assert is_clean(clean(NASTY))
    assert not is_clean(NASTY)
    assert clean("Zürich ＝ 東京 🙂 \u200d") == "Zürich ＝ 東京 🙂 \u200d"
    assert one_line("x" * LONGEST) == "x" * LONGEST
    assert one_line("x" * (LONGEST + 1234)) == "x" * LONGEST + " [... 1,234 more]"
    assert "\n" not in one_line("a\nb\u2028c\x85d")


def test_a_word_in_a_hint_is_one_word_for_a_shell(tmp_path: Path) -> None:
    done = subprocess.run(["sh", "-c", f"printf %s {shell_word(NASTY)}"], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout == clean(NASTY)
    assert list(tmp_path.iterdir()) == []


def test_errors_and_notes(capsys: pytest.CaptureFixture[str]) -> None:
    common.Talk().tell(InputError(NASTY * 100, why=NASTY, hint=NASTY))
    common.Run(folder=Path(), quiet=False, color=False).say(NASTY)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert is_clean("".join(lines))
    assert max(map(len, lines)) < LONGEST + 60
    talk = common.Talk(json=True)
    talk.tell(InputError(NASTY * 100, why=NASTY, hint=NASTY))
    talk.note("info", NASTY, host=NASTY)
    for line in capsys.readouterr().err.splitlines():
        assert all(is_clean(word) for word in json.loads(line).values())


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_log_lines_of_every_level(form: str, level: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.root.handlers[:], logging.root.level
    try:
        common._log(common.Talk(json=form == "json"), level)
        log = logging.getLogger("paramiko.transport" if level == "debug" else "some.package")
        log.log(logging.getLevelName(level.upper()), "banner %s", NASTY)
        log.error("%d does not fit", NASTY)
        try:
            int(NASTY)
        except ValueError:
            log.exception("traceback of %s", NASTY)
    finally:
        logging.root.handlers[:], logging.root.level = before
    told = capsys.readouterr().err
    assert "owned" in told
    assert is_clean(told)
    if form == "json":
        assert all(is_clean(json.loads(line)["message"]) for line in told.splitlines())


def test_tables_fit_and_csv_is_defused() -> None:
    table = text_table(["Name", "Count"], [[NASTY, "1"], ["y" * 10_000, "2"]])
    assert is_clean(table)
    assert max(map(len, table.splitlines())) <= 160
    assert "more]" in table
    assert csv_text(["a"], [["=1+1"], [NASTY], [5], [None]]).splitlines()[1] == "'=1+1"


def test_files_with_nasty_words_and_names(tmp_path: Path) -> None:
    """A heading, a host name, a file name and a value, each as an error of a verb."""
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "hosts.yaml").write_text(json.dumps({NASTY: {"platform": NASTY}}))
    (tmp_path / "a.csv").write_text(
        f"Virtual Account,License,{NASTY[1:]!s}\nx,y,z\n".replace("\r\n", "").replace("\0", "")
    )
    (tmp_path / f"{NASTY.replace(chr(0), '')[:60].replace('/', '')}.csv").write_text("x")
    odd = next(path for path in tmp_path.glob("x*.csv"))
    for arguments in (["hosts"], ["entitlements", "import", tmp_path / "a.csv"], ["entitlements", "import", odd]):
        done = licsweep(*arguments, "--project", tmp_path)
        assert done.code == 2, arguments
        assert is_clean(done.err + done.out)
        for line in done.err.splitlines():
            if line.startswith("  try: ") and "--map" in line:
                assert "$(touch" not in line or "FIELD" in shlex.split(line)[-1]


def test_code_of_the_current_folder_never_runs(tmp_path: Path) -> None:
    """The simulator's process takes licsweep and its libraries from where they are installed."""
    for name in (
        "licsweep/__init__.py",
        "licsweep/simulator/__init__.py",
        "licsweep/simulator/__main__.py",
        "asyncssh.py",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"open({str(tmp_path / 'owned')!r}, 'w').close(); raise SystemExit('taken over')\n")
    program = "from licsweep.simulator.estate import SimulatedEstate as E\nwith E(8) as e: print(len(e.devices), 'up')"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "8 up\n", done.stderr
    assert not (tmp_path / "owned").exists()
