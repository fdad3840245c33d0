"""A working project to start from."""

import json
from dataclasses import fields
from importlib.resources import files
from pathlib import Path

from licsweep.errors import UsageError
from licsweep.estate import inventory
from licsweep.estate.netbox_api import check_url
from licsweep.files import make_folder, present, write
from licsweep.settings import FILE_NAME, Settings, load

SAMPLES = {
    "inventory/hosts.yaml": "hosts.yaml",
    "inventory/groups.yaml": "groups.yaml",
    "inventory/defaults.yaml": "defaults.yaml",
    "entitlements/sample.yaml": "entitlements.yaml",
}


def write_project(folder: Path, source: str | None = None) -> list[Path]:
    """Writes licsweep.toml, inventory/ and entitlements/ with a sample each; never overwrites. The files written.

    With a source (`csv:FILE`) the hosts are its; where that is a file, it is read before anything is written. Raises
    UsageError where one of the files is there already, InventoryError and InputError for a source.
    """
    sample = files("licsweep.inventory")
    samples = {where: name for where, name in SAMPLES.items() if not (source and name == "hosts.yaml")}
    wanted = {folder / FILE_NAME: settings_text() + (_source_text(folder, source) if source else "")}
    wanted |= {folder / where: sample.joinpath(name).read_text(encoding="utf-8") for where, name in samples.items()}
    if there := next(filter(present, wanted), None):
        raise UsageError(f"{there} is there already", why="init never overwrites", hint="init in an empty folder")
    for path, text in wanted.items():
        make_folder(path.parent)
        write(path, text, new=True)
    return list(wanted)


def _source_text(folder: Path, source: str) -> str:
    """The table [inventory] of a source. NetBox is not asked: its token and its authority are named there first."""
    project = inventory.named(load(folder), source)
    given = {key: value for key, value in project.inventory.items() if key != "folder" or value != "inventory"}
    if "url" in given:
        check_url(given["url"])
        given["credentials"] = "netbox"
    else:
        inventory.load(project)
    lines = [f"{key} = {json.dumps(value)}" for key, value in given.items()]
    more = ["", "[credentials.netbox]", 'from = ["environment"]'] if "url" in given else []
    return "\n".join(["", "[inventory]", *lines, *more]) + "\n"


def settings_text() -> str:
    """licsweep.toml with every setting at its default, commented out."""
    lines = ["# Settings of this project: file < environment LICSWEEP_* < flags (licsweep config shows each)."]
    for setting in fields(Settings):
        lines += ["", f"# {setting.metadata['meaning']}", f"# {setting.name} = {json.dumps(setting.default)}"]
    return "\n".join(lines) + "\n"
