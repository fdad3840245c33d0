"""Observations that another collector made: a JSON list, or what `licsweep parse --format json` prints."""

import json
from pathlib import Path
from typing import Any

from licsweep.errors import InputError
from licsweep.imports.files import load_json
from licsweep.model import Observation
from licsweep.serialization import check_json

ENVELOPE = ("schema", "data")


def read(path: Path) -> tuple[Observation, ...]:
    """The observations of a file, in its order. Raises InputError that names the row, the host and the key.

    The file is a list of observations, or one observation or such a list in the envelope of `--format json`.
    """
    document = load_json(path)
    if isinstance(document, dict) and all(key in document for key in ENVELOPE):
        document = document["data"]
    rows = document if isinstance(document, list) else [document]
    return tuple(_observation(path, number, row) for number, row in enumerate(rows, 1))


def _observation(path: Path, number: int, row: Any) -> Observation:
    host = row.get("hostname") if isinstance(row, dict) else None
    where = f"{path}: observation {number} ({host or 'no hostname'})"
    seen: Observation = check_json(json.dumps(row), Observation, where)
    if not (seen.hostname or "").strip():
        raise InputError(f"{where}: hostname: is missing", why="an observation belongs to a host")
    check_counts(seen, where)
    return seen


def check_counts(seen: Observation, where: str) -> None:
    """Raises InputError for a count below 0."""
    counts = [use.count for use in seen.licenses] + [reserved.count for reserved in seen.reservations]
    counts += [code.count for authorization in seen.authorizations for code in authorization.licenses]
    if negative := [count for count in counts if (count or 0) < 0]:
        raise InputError(f"{where}: count {negative[0]}", why="no device uses or reserves fewer than none")
