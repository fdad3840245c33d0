"""The wheel, installed in an empty environment, does the main job: code and data are all in it."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from licsweep.version import VERSION

ROOT = Path(__file__).parents[2]
TOY = Path(__file__).with_name("toy_platform")
APART = ("unshare", "--net", "--map-root-user")
TOP_LEVEL = {"licsweep", "collectors", "reconcile"}


def run(*command: object, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=os.environ | environment,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT)
    (made,) = folder.glob("licsweep-*.whl")
    return made


def test_top_level_names(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name.split("/")[0] for name in archive.namelist()}
    assert {name for name in names if not name.endswith((".dist-info", ".data"))} == TOP_LEVEL
    assert len(names) == len(TOP_LEVEL) + 2


def test_all_data_is_in_it(wheel: Path) -> None:
    mapped = {
        "templates": "licsweep/templates",
        "inventory": "licsweep/inventory",
        "fixtures/estate": "licsweep/demo_estate",
    }
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    for folder, package in mapped.items():
        for file in (ROOT / folder).rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                assert f"{package}/{file.relative_to(ROOT / folder)}" in packed
    for file in [
        *ROOT.glob("reconcile/*.yaml"),
        *(p for end in ("j2", "css", "yaml") for p in ROOT.glob(f"licsweep/**/*.{end}")),
    ]:
        assert str(file.relative_to(ROOT)) in packed


@pytest.fixture(scope="module")
def offline(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make bundle` packs, with what the demo needs only."""
    folder = tmp_path_factory.mktemp("offline")
    program = (
        "import sys; from pathlib import Path; from make_bundle import gather; gather(Path(sys.argv[1]), sys.argv[2:])"
    )
    run(sys.executable, "-c", program, folder, f"{wheel}[demo]", PYTHONPATH=str(ROOT / "contrib" / "offline"))
    return folder


def apart() -> bool:
    """Whether a network namespace can be made."""
    return bool(shutil.which("unshare")) and subprocess.run([*APART, "true"], check=False).returncode == 0


def installed(offline: Path, target: Path) -> "subprocess.CompletedProcess[str]":
    """install.sh, in a network namespace that has no route, where this machine lets us make one."""
    return subprocess.run(
        [*(APART if apart() else ()), "sh", offline / "install.sh", target],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=os.environ | {"PYTHON": sys.executable},
    )


@pytest.fixture(scope="module")
def python(offline: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that install.sh made without a network."""
    folder = tmp_path_factory.mktemp("env")
    done = installed(offline, folder)
    assert (done.returncode, done.stdout) == (0, f"licsweep {VERSION}\n"), done.stderr
    return folder / "bin" / "python"


@pytest.mark.skipif(not apart(), reason="no network namespace can be made here")
def test_there_was_no_network(python: Path) -> None:
    program = "import socket; socket.create_connection(('192.0.2.1', 9), 5)"
    done = subprocess.run([*APART, python, "-c", program], capture_output=True, text=True, check=False)
    assert "Network is unreachable" in done.stderr


def test_a_changed_wheel_is_not_installed(offline: Path, tmp_path: Path) -> None:
    """Nor is the right one taken from an index, which pip could reach where it is a folder."""
    lines = (offline / "requirements.txt").read_text().splitlines()
    (tmp_path / "requirements.txt").write_text(next(line for line in lines if line.startswith("textfsm=")))
    for name in ("install.sh", "made-for.txt"):
        shutil.copy(offline / name, tmp_path)
    (tmp_path / "wheels").mkdir()
    (whole,) = offline.glob("wheels/textfsm-*.whl")
    (tmp_path / "wheels" / whole.name).write_bytes(whole.read_bytes() + b" ")
    done = installed(tmp_path, tmp_path / "env")
    assert (done.returncode, "DO NOT MATCH THE HASHES" in done.stderr) == (1, True), done.stderr
    (tmp_path / "made-for.txt").write_text("Python2.7 Plan9 vax\n")
    done = installed(tmp_path, tmp_path / "env")
    assert (done.returncode, "for Python2.7 Plan9 vax; this is Python3." in done.stderr) == (2, True)


def test_man_page_and_completion_come_with_it(python: Path) -> None:
    share = python.parents[1] / "share"
    for file in (ROOT / "share").rglob("*"):
        if file.is_file():
            assert (share / file.relative_to(ROOT / "share")).read_bytes() == file.read_bytes()
    for typed, completed in (("licsweep snap", "snapshots"), ("licsweep sweep --dr", "--dry-run")):
        program = f"""PATH={python.parent}:$PATH; . {share}/bash-completion/completions/licsweep
            COMP_WORDS=({typed}) COMP_CWORD={typed.count(" ")}; _licsweep_completion licsweep; echo "${{COMPREPLY[@]}}"
        """
        assert run("bash", "-c", program) == f"{completed}\n"


def test_the_demo_runs_from_it(python: Path, tmp_path: Path) -> None:
    owners = run(
        python,
        "-c",
        "from importlib.metadata import packages_distributions as owned; found = owned()\n"
        f"print([found[name] for name in {sorted(TOP_LEVEL)}])",
    )
    assert owners.strip() == str([["licsweep"]] * len(TOP_LEVEL))
    out = run(python.with_name("licsweep"), "demo", "--devices", 8, "--keep", tmp_path / "project")
    assert str(tmp_path / "project" / "reports" / "licsweep-usage-") in out


def test_a_platform_of_another_package_goes_all_the_way(python: Path, tmp_path: Path) -> None:
    """Swept from a simulated box, stored, read back, judged, reported; docs/adding-a-platform.md is that package."""
    shutil.copytree(TOY, tmp_path / "toy", ignore=shutil.ignore_patterns("__pycache__"))
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", tmp_path / "toy")
    try:
        told = json.loads(run(python, TOY.parent / "toy_sweep.py", TOY / "estate", tmp_path / "project"))
    finally:
        run(python, "-m", "pip", "uninstall", "--quiet", "--yes", "toy-platform")
    assert told["planned"][0]["lines"] == "terminal pager 0; show version; show license; exit"
    assert told["snapshots"][0]["outcomes"] == {"ok": 3}
    for shown in told["shown"]:
        seen = shown["observation"]
        assert (seen["platform"], seen["release"], seen["complete"]) == ("toy_box", "4.2", True)
        assert {use["entitlement_tag"]: use["count"] for use in seen["licenses"]} == {"Toy Base": 2, "Toy Plus": 1}
        assert seen["unclaimed_lines"] == []
    pools = {pool["license"]: (pool["owned"], pool["in_use"]) for pool in told["judged"]["pools"]}
    assert pools == {"Toy Base": (7, 6), "Toy Plus": (4, 3)}
    assert "Toy Plus" in json.dumps(told["reported"])


def test_the_extra_reaches_a_box_that_offers_sha1_only(python: Path, wheel: Path, tmp_path: Path) -> None:
    """What the extra brings stands before the environment's own paramiko: a second environment takes half a minute."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        assert b"netmiko[par4]" in archive.read(name)
    ask = "from importlib.metadata import requires; print(*(n for n in requires('netmiko') if 'par4' in n))"
    older = run(python, "-c", ask).split(";")[0]
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--target", tmp_path, older)
    told = json.loads(run(python, ROOT / "tests" / "wheel" / "old_ssh.py", PYTHONPATH=str(tmp_path)))
    assert told["paramiko"] == str(tmp_path)
    failed = [line for line in told["said"] if "unreachable" in line]
    assert len(failed) == 1
    assert told["refused"] in failed[0]
    assert "no common SSH algorithm" in failed[0]
    assert f"old SSH algorithms were allowed for: {told['allowed']}" in told["said"]
