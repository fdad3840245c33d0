"""The courier's log of what was sent to which device, when, by whom: one JSON line each, in a file that only grows.

A line is on the disk before anything is sent. Secrets are in no line of the courier's.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

from licsweep import files
from licsweep.clean_text import one_line
from licsweep.estate.inventory import Target

NAME = "courier/audit.jsonl"


class Audit:
    """The log of a project, for one person's run."""

    def __init__(self, project_folder: Path, by: str) -> None:
        self._path, self._by = project_folder / NAME, one_line(by)
        files.make_folder(self._path.parent)

    def write(self, target: Target, **what: str) -> None:
        """Adds a line about a device. Raises OutputError."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        about = {"at": now, "by": self._by, "host": target.name, "address": f"{target.address}:{target.port}"}
        files.append_line(self._path, json.dumps(about | {key: one_line(text) for key, text in what.items()}))
