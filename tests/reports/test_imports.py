"""Reports need no device library, and load a format's library only to write that format."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from datetime import UTC, datetime
from pathlib import Path

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"nornir", "netmiko", "textfsm", "paramiko", "ntc_templates"}:
            raise ImportError(f"blocked: {name}")

sys.meta_path.insert(0, Blocked())
formats, folder, extra = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
if extra:
    __import__(extra)
import licsweep.reports as reports
from licsweep.position_types import Coverage, Judgement, JudgementResult
now = datetime(2026, 11, 24, tzinfo=UTC)
empty = JudgementResult(judgement=Judgement(as_of=now, coverage=Coverage(selected=0, outcomes={}, percent=0.0)))
report = reports.KINDS["usage"](empty, generated_at=now)
for format in formats.split(",") if formats else ():
    assert reports.write(report, format, folder)
print(" ".join(name for name in ("jinja2", "xlsxwriter", "rich", "pydantic", "sqlalchemy") if name in sys.modules))
"""


def run(formats, folder, extra=""):
    command = [sys.executable, "-W", "error", "-c", PROGRAM, formats, str(folder), extra]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("formats", "loaded"),
    [("", ""), ("json", ""), ("csv", ""), ("html", "jinja2"), ("xlsx", "xlsxwriter"), ("table", "rich")],
)
def test_each_format_loads_its_own_library_only(tmp_path, formats, loaded):
    done = run(formats, tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, loaded), done.stderr


def test_negative_control_the_blocker_blocks(tmp_path):
    done = run("", tmp_path, extra="netmiko")
    assert done.returncode == 1
    assert "blocked: netmiko" in done.stderr
