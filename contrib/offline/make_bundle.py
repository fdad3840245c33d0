"""The archive for an install without a network: `make bundle`, or make_bundle.py FOLDER REQUIREMENT...

It holds the wheels of licsweep and of all that it needs, as constraints.txt pins them, requirements.txt with their
SHA-256, and install.sh. Wheels are those of this machine's Python and platform. Needs what `make bundle` installs.
"""

import hashlib
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from packaging.utils import parse_wheel_filename

from licsweep.version import VERSION

HERE = Path(__file__).parent
CONSTRAINTS = HERE.parents[1] / "constraints.txt"


def make(folder: Path, requirements: list[str]) -> Path:
    """Writes the archive into the folder and gives its path. Raises CalledProcessError where pip fails."""
    name = f"licsweep-{VERSION}-offline-{'-'.join(_made_for()).lower()}"
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"{name}.tar.gz"
    with tempfile.TemporaryDirectory() as place, tarfile.open(archive, "w:gz") as packed:
        gather(Path(place), requirements)
        packed.add(place, name)
    return archive


def gather(folder: Path, requirements: list[str]) -> None:
    """Puts into the folder what the archive holds."""
    wheels = folder / "wheels"
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--wheel-dir", str(wheels)]
    subprocess.run([*pip, "--constraint", str(CONSTRAINTS), *requirements], check=True)  # noqa: S603 - our own words
    lines = [_pinned(wheel) for wheel in sorted(wheels.glob("*.whl"))]
    (folder / "requirements.txt").write_text("".join(lines), "utf-8")
    (folder / "made-for.txt").write_text("{} {} {}\n".format(*_made_for()), "utf-8")
    shutil.copy(HERE / "install.sh", folder)


def _made_for() -> tuple[str, str, str]:
    """The wheels are for this Python, system and machine; install.sh compares."""
    return f"Python{sys.version_info[0]}.{sys.version_info[1]}", platform.system(), platform.machine()


def _pinned(wheel: Path) -> str:
    name, version, _, _ = parse_wheel_filename(wheel.name)
    return f"{name}=={version} --hash=sha256:{_sha256(wheel)}\n"


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


if __name__ == "__main__":
    made = make(Path(sys.argv[1]), sys.argv[2:])
    print(f"{_sha256(made)}  {made}")
