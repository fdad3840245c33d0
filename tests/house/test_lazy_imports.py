"""Heavy libraries are imported inside the job that needs them, and device libraries only where devices are."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

OUTPUT = Path(__file__).parents[2] / "fixtures/cisco_xe/show_license_all/slup_5.3_stack_two_tags_one_feature/output.txt"

BLOCKER = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("nornir", "netmiko", "paramiko", "textfsm", "ntc_templates"):
            raise ImportError("blocked: " + name)
sys.meta_path.insert(0, Blocked())
"""


@pytest.mark.parametrize(
    ("statement", "works"),
    [
        ("import reconcile.judge, licsweep.jobs.judge, licsweep.reports.usage, licsweep.store", True),
        ("import licsweep.access.session", False),
    ],
)
def test_judgement_and_reports_work_without_device_libraries(statement: str, works: bool) -> None:
    done = subprocess.run([sys.executable, "-c", BLOCKER + statement], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is works, done.stderr


READING = """
import os, sys
from licsweep.cli import main
os.chdir(sys.argv[1])
for arguments in (["ingest", "captures", "--taken-at", "2026-05-01T10:00:00Z"], ["reparse"], ["show", "acc-01"]):
    try:
        main(arguments)
    except SystemExit as error:
        assert not error.code, (arguments, error.code)
"""


def test_texts_are_read_without_any_device_library(tmp_path: Path) -> None:
    """`ingest` and `reparse` on a project with an inventory: nobody is dialed, so nothing that dials is imported."""
    blocked = BLOCKER.replace('"textfsm", "ntc_templates"', '"nornir_netmiko"')
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "hosts.yaml").write_text("acc-01:\n  platform: cisco_xe\n")
    (tmp_path / "captures" / "acc-01").mkdir(parents=True)
    shutil.copy(OUTPUT, tmp_path / "captures" / "acc-01" / "show license all.txt")
    program = [sys.executable, "-c", blocked + READING, str(tmp_path)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Last try  ok" in done.stdout
