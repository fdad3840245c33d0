"""Judgement needs no device library, no database, no network."""

import gc
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from licsweep.errors import InputError
from reconcile.judge import JudgementInput, judge, position
from reconcile.tables.rows import WaiverRow
from reconcile.tables.tables import Tables

BLOCKED = ("nornir", "netmiko", "paramiko", "textfsm", "ntc_templates", "sqlalchemy", "jinja2", "click", "rich")
PROGRAM = """
import sys
for name in {blocked!r}:
    sys.modules[name] = None
from datetime import UTC, datetime
from reconcile.judge import JudgementInput, judge
import reconcile.findings
made = judge(JudgementInput(as_of=datetime(2026, 1, 1, tzinfo=UTC)))
print(made.judgement.coverage.percent, [n for n in ("asyncssh", "alembic", "licsweep.store") if n in sys.modules])
{more}
"""


def run(more: str = "") -> subprocess.CompletedProcess[str]:
    program = PROGRAM.format(blocked=BLOCKED, more=more)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


def test_judges_with_the_rest_of_the_house_blocked() -> None:
    done = run()
    assert (done.returncode, done.stdout, done.stderr) == (0, "0.0 []\n", "")


def test_the_block_is_real() -> None:
    assert "ModuleNotFoundError" in run("import netmiko").stderr


def test_position_is_the_judgement_and_the_collector_is_on_again() -> None:
    given = JudgementInput(as_of=datetime(2026, 1, 1, tzinfo=UTC))
    assert position(given) == (judge(given).judgement, judge(given).agreements)
    wrong = JudgementInput(as_of=given.as_of, tables=Tables(waivers=(WaiverRow(finding="none", subject="*"),)))
    with pytest.raises(InputError):
        judge(wrong)
    assert gc.isenabled()
    gc.disable()
    judge(given)
    assert not gc.isenabled()  # it was not there to be turned on
    gc.enable()
