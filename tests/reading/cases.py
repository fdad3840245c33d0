"""Fixture cases: fixtures/<platform>/<command>/<case>/ with output.txt and expected.json; a folder is a test.

The folder of a REST answer is named by the end of its path; expected.json says the command.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from licsweep.files import decoded

ROOT = Path(__file__).parents[2] / "fixtures"


class Case(NamedTuple):
    name: str
    platform: str
    command: str
    text: str
    expected: dict[str, Any]


def cases() -> Iterator[Case]:
    for path in sorted(ROOT.glob("cisco_*/*/*/expected.json")):
        platform, folder, _ = path.relative_to(ROOT).parts[:3]
        text = decoded(path.with_name("output.txt").read_bytes())
        truth = json.loads(path.read_text("utf-8"))
        command = truth.get("command") or folder.replace("_", " ")
        yield Case(str(path.parent.relative_to(ROOT)), platform, command, text, truth["observation"])


def differences(want: Any, got: Any, path: str = "") -> list[str]:
    """What `got` does not state as `want` does: types count, a list is a multiset, a row too many is a difference."""
    if isinstance(want, dict) and isinstance(got, dict):
        return [found for key in want for found in differences(want[key], got.get(key), f"{path}.{key}")]
    if isinstance(want, list) and isinstance(got, list):
        return _rows(want, got, path)
    same = type(want) is type(got) and want == got
    return [] if same else [f"{path}: want {want!r}, got {got!r}"]


def _rows(want: list[Any], got: list[Any], path: str) -> list[str]:
    left, found = list(got), []
    for row in want:
        partner = next((one for one in left if not differences(row, one)), None)
        if partner is None:
            found.append(f"{path}: missing {row!r}")
        else:
            left.remove(partner)
    return found + [f"{path}: phantom {row!r}" for row in left]
