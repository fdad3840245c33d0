"""A working project to start from."""

import json
from dataclasses import fields
from importlib.resources import files
from pathlib import Path

from licsweep.errors import UsageError
from licsweep.files import present, write
from licsweep.settings import FILE_NAME, Settings

SAMPLES = {
    "inventory/hosts.yaml": "hosts.yaml",
    "inventory/groups.yaml": "groups.yaml",
    "inventory/defaults.yaml": "defaults.yaml",
    "entitlements/sample.yaml": "entitlements.yaml",
}


def write_project(folder: Path) -> list[Path]:
    """Writes licsweep.toml, inventory/ and entitlements/ with a sample each; never overwrites. The files written.

    Raises UsageError where one of them is there already.
    """
    sample = files("licsweep.inventory")
    wanted = {folder / FILE_NAME: settings_text()}
    wanted |= {folder / where: sample.joinpath(name).read_text(encoding="utf-8") for where, name in SAMPLES.items()}
    if there := next(filter(present, wanted), None):
        raise UsageError(f"{there} is there already", why="init never overwrites", hint="init in an empty folder")
    try:
        for path, text in wanted.items():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write(path, text, new=True)
    except OSError as error:
        raise UsageError(f"{error.filename or folder}: {error.strerror}", why="the project can't be written") from error
    return list(wanted)


def settings_text() -> str:
    """licsweep.toml with every setting at its default, commented out."""
    lines = ["# Settings of this project: file < environment LICSWEEP_* < flags (licsweep config shows each)."]
    for setting in fields(Settings):
        lines += ["", f"# {setting.metadata['meaning']}", f"# {setting.name} = {json.dumps(setting.default)}"]
    return "\n".join(lines) + "\n"
