"""Heavy libraries are imported inside the job that needs them, and device libraries only where devices are."""

import subprocess
import sys

import pytest

HEAVY = ("sqlalchemy", "alembic", "netmiko", "paramiko", "nornir", "jinja2", "xlsxwriter", "asyncssh", "textfsm")


def loaded_after(statement: str) -> set[str]:
    """The heavy libraries in sys.modules after a statement in a fresh interpreter."""
    program = (
        f"import sys\ntry:\n    {statement}\nexcept SystemExit:\n    pass\nprint(*sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(HEAVY) & set(done.stderr.split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["sweep", "--help"], ["report", "--help"]])
def test_help_is_light(arguments: list[str]) -> None:
    assert loaded_after(f"from licsweep.cli import main; main({arguments!r})") == set()


def test_a_heavy_import_would_be_seen() -> None:
    assert loaded_after("import licsweep.store") == {"sqlalchemy"}


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
