"""Inventory source `ansible`: what `ansible-inventory --list` prints of an inventory, or that JSON in a file.

Ansible's own program resolves groups and variables; it runs only for a path that a person named, without our secrets in
its environment. Of the variables only those of source_fields.yaml and of [inventory.map] are taken.
"""

import os
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from licsweep import files
from licsweep.clean_text import shell_word
from licsweep.errors import InputError, InventoryError, MissingExtra
from licsweep.estate.inventory import Inventory, options
from licsweep.estate.other_sources import KEYS, Raw, gather, names_of_others, secrets_among
from licsweep.serialization import check_json
from licsweep.settings import Project

MAX_SECONDS = 120
_MAX_BYTES = 64 * files.MIB
_STRICT = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true", "ANSIBLE_NOCOLOR": "true"}
_KEPT = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")
_OWN_WAYS = ("ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args", "ansible_ssh_private_key_file")
_OF_ALL = ("all", "ungrouped")


@dataclass(frozen=True, slots=True)
class _Group:
    """A group of the listing; `hostvars` is what stands under `_meta` in place of these."""

    hosts: list[str] = field(default_factory=list)
    children: list[str] = field(default_factory=list)
    vars: dict[str, Any] = field(default_factory=dict)
    hostvars: dict[str, dict[str, Any]] | None = None


def read(project: Project) -> Inventory | None:
    """The hosts of the inventory. Raises InventoryError, InputError; MissingExtra without Ansible's program."""
    given = options(project, {**KEYS, "file": str}, needed=("file",))
    path = project.path(given["file"])
    raw = files.read(path, _MAX_BYTES).text if path.suffix == ".json" else _listed(path)
    groups = check_json(raw, dict[str, _Group], str(path))
    hostvars = groups.pop("_meta", _Group()).hostvars
    own = next((name for name, group in groups.items() if group.vars), None)
    if hostvars is None or own:
        why = f"group {own} has variables of its own" if own else "_meta.hostvars is missing"
        hint = "ansible-inventory -i INVENTORY --list > hosts.json (without --export)"
        raise InputError(f"{path}: not what ansible-inventory --list prints", why=why, hint=hint)
    above = _groups_of(groups)
    names = sorted(hostvars.keys() | {host for group in groups.values() for host in group.hosts})
    raws = [Raw(f"{path}: {name}", hostvars.get(name, {}), above.get(name, ()), name) for name in names]
    used = Counter(name for values in hostvars.values() for name in values)
    untaken = [name for name in sorted(used) if name in _OWN_WAYS or secrets_among([name])]
    notes = [f"{path}: {name} of {used[name]} hosts: not taken (docs/inventory.md)" for name in untaken]
    fields = {ours: theirs for ours, (theirs, *_) in names_of_others()["ansible"].items()}
    return gather(project, given, raws, fields, notes=notes)


def _groups_of(groups: Mapping[str, _Group]) -> dict[str, list[str]]:
    """The groups of each host, those that name it first, then the ones above them."""
    parents: dict[str, list[str]] = {}
    found: dict[str, list[str]] = {}
    for name, group in groups.items():
        for child in group.children:
            parents.setdefault(child, []).append(name)
        for host in group.hosts:
            found.setdefault(host, []).append(name)
    for mine in found.values():
        for one in mine:  # grows while it is walked
            mine += [parent for parent in parents.get(one, ()) if parent not in mine]
    return {host: [one for one in mine if one not in _OF_ALL] for host, mine in found.items()}


def _listed(path: Path) -> bytes:
    """The output of `ansible-inventory --list`, bounded in time and size; a part that it can't parse is an error."""
    if not files.present(path):
        raise InputError(f"{path}: no such file or folder", why="it is the inventory that licsweep.toml names")
    program = shutil.which("ansible-inventory")
    if program is None:
        what, why = f"{path}: ansible-inventory is not installed here", "it resolves groups and variables"
        hint = f"ansible-inventory -i {shell_word(path)} --list > hosts.json; and name hosts.json as the file"
        raise MissingExtra(what, why=why, hint=hint)
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith("ANSIBLE_")}
    call = [program, "-i", str(path.absolute()), "--list"]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as told:
        streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": told}
        place: dict[str, Any] = {"cwd": path.absolute().parent, "env": kept | _STRICT}
        try:
            done = subprocess.run(call, **streams, **place, timeout=MAX_SECONDS, check=False)  # noqa: S603 - Ansible's own
        except subprocess.TimeoutExpired:
            what = f"{path}: ansible-inventory did not end within {MAX_SECONDS} s"
            raise InventoryError(what, why="it was stopped") from None
        except OSError as error:  # its Python is gone, it is no program
            raise InventoryError(f"{program}: can't be run", why=error.strerror or "", hint="try it by hand") from None
        out.seek(0)
        told.seek(0)
        raw, lines = out.read(_MAX_BYTES + 1), told.read(files.MIB).decode("utf-8", "replace").strip().splitlines()
    if done.returncode or len(raw) > _MAX_BYTES:
        why = next((line for line in lines if "ERROR" in line), lines[-1] if lines else "it prints too much")
        raise InventoryError(f"{path}: ansible-inventory can't list it", why=why, hint="try it by hand")
    return raw
