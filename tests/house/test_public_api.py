"""What `import licsweep` offers: exactly what `__all__` names, loaded when used; the documented example runs."""

import re
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

import licsweep
from licsweep.errors import UsageError

ROOT = Path(__file__).parents[2]
OUTPUT = ROOT / "fixtures/cisco_xe/show_license_all/slup_5.3_stack_two_tags_one_feature/output.txt"


def test_all_is_there_and_nothing_else() -> None:
    assert all(getattr(licsweep, name) is not None for name in licsweep.__all__)
    assert licsweep.__all__ == sorted(licsweep.__all__, key=lambda name: (name.islower() or name[0] == "_", name))
    with pytest.raises(AttributeError, match="no attribute 'sweep_everything'"):
        licsweep.sweep_everything  # noqa: B018


def test_importing_it_loads_nothing_heavy() -> None:
    program = "import licsweep, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"sqlalchemy", "pydantic", "netmiko", "jinja2"} & set(done.stdout.split())


def test_the_documented_example_runs(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/python-api.md").read_text(), re.DOTALL)
    (tmp_path / "estate" / "inventory").mkdir(parents=True)
    (tmp_path / "estate" / "inventory" / "hosts.yaml").write_text("acc-01:\n  platform: cisco_xe\n")
    (tmp_path / "captures" / "acc-01").mkdir(parents=True)
    shutil.copy(OUTPUT, tmp_path / "captures" / "acc-01" / "show license all.txt")
    program = example + "\nassert usage.kind == 'usage'"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "1 hosts read" in done.stdout
    assert "network-advantage" in done.stdout.lower() or "Network Advantage" in done.stdout


def test_wrong_arguments_are_usage_errors(tmp_path: Path) -> None:
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "hosts.yaml").write_text("acc-01:\n  platform: cisco_xe\n")
    project = licsweep.open_project(tmp_path)
    for call, told in (
        (lambda: project.report("zz"), "usage, estate"),
        (lambda: project.report("usage", as_of="2026-01-01"), "datetime"),  # type: ignore[arg-type]
        (lambda: project.reconcile(as_of=datetime.max), "datetime"),
        (lambda: licsweep.open_project(tmp_path / "nowhere"), "folder"),
        (lambda: project.sweep(limit="core-*"), "core-*"),
        (lambda: project.sweep(filters="site=x"), "site=x"),
    ):
        with pytest.raises(UsageError) as error:
            call()
        assert told in f"{error.value.what} {error.value.why}"
