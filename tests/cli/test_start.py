"""What a call loads: help loads nothing heavy, and no verb that only reads loads what it does not use.

bench/start.py measures the same calls.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from licsweep.cli import VERBS
from tests.cli.conftest import Done

TEXT = Path(__file__).parents[2] / "fixtures/cisco_xe/show_license_all/slup_5.3_stack_two_tags_one_feature/output.txt"
HEAVY = (
    "alembic asyncssh cryptography jinja2 netmiko nornir ntc_templates openpyxl paramiko prometheus_client pydantic"
    " rich sqlalchemy textfsm urllib3 xlsxwriter"
)
# What may be loaded besides what the calls above may load, and the calls, run in one process in this order.
LOADS = {
    "": ["--help", "--version", *(f"{verb} --help" for verb in VERBS)],
    "pydantic": ["explain", "explain LS201", "config --format json"],
    "rich": ["config", "hosts", "known-hosts list"],
    "sqlalchemy": [
        "snapshots",
        "show hq-acc-001",
        "show hq-acc-001 --all",
        "show hq-acc-001 --raw",
        "diff 1 1",
        "entitlements list",
        "entitlements explain network-advantage",
        "reconcile",
        "reconcile --all",
        "plan what-if --retire hq-acc-001",
        "check",
        "export json",
        "report usage",
        "report contract",
        "report review",
        "report usage --bundle {out}/usage.zip",
        "verify {out}/usage.zip",
        "courier status",
    ],
    "textfsm": [f"parse --platform cisco_xe {TEXT}"],
    "prometheus_client": ["metrics"],
    "jinja2": ["report usage -o {out}/usage.html"],
    "xlsxwriter": ["report usage -o {out}/usage.xlsx"],
    "cryptography": [],
    "paramiko": [],
    "netmiko": [],
    "nornir": ["sweep --dry-run"],  # and no urllib3: a kind of session is loaded where a device wants it
}
PROGRAM = """
import os, sys
from licsweep.cli import main
sys.stdout = open(os.devnull, "w")
for call in sys.argv[2:]:
    try:
        main(call.split(), prog_name="licsweep")
    except SystemExit as error:
        assert error.code in (0, 1), (call, error.code)  # 1: findings
    print(call, " ".join(set(sys.argv[1].split()) & sys.modules.keys()), sep="|", file=sys.stderr)
"""


def loaded(folder: Path, calls: list[str]) -> dict[str, set[str]]:
    """The heavy libraries that are loaded after each call, all in one fresh process."""
    program = [sys.executable, "-c", PROGRAM, HEAVY, *calls]
    done = subprocess.run(program, cwd=folder, capture_output=True, text=True, check=True)
    told = (line.split("|") for line in done.stderr.splitlines() if "|" in line)
    return {call: set(found.split()) for call, found in told}


def test_a_call_loads_only_what_it_uses(demo: tuple[Path, Done], tmp_path: Path) -> None:
    calls = [call.format(out=tmp_path) for calls in LOADS.values() for call in calls]
    found = loaded(demo[0], calls)
    assert list(found) == calls
    may: set[str] = set()
    for library, group in LOADS.items():
        may |= {library} - {""}
        for call in group:
            assert found[call.format(out=tmp_path)] <= may, call


@pytest.mark.parametrize(("call", "library"), [("snapshots", "sqlalchemy"), ("hosts", "rich")])
def test_what_is_loaded_is_seen(demo: tuple[Path, Done], call: str, library: str) -> None:
    assert library in loaded(demo[0], [call])[call]


def test_completion_of_a_verb_imports_no_verb() -> None:
    program = (
        "import sys; from licsweep.cli import main; from click import Context\n"
        "found = [one.value for one in main.shell_complete(Context(main), 's')]\n"
        "print(*found); print(*(name for name in sys.modules if name.startswith('licsweep.cli.')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    verbs, imported = done.stdout.split("\n")[:2]
    assert verbs.split() == [name for name in VERBS if name.startswith("s")]
    assert imported == ""
