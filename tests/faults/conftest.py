"""Sweeps by the program itself, and what its store holds afterwards."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from licsweep.simulator.estate import SimulatedEstate

PROGRAM = (sys.executable, "-W", "error", "-c", "from licsweep.cli import main; main()")


@dataclass(frozen=True)
class Ended:
    """How one host ended."""

    status: str
    reason: str
    seconds: float
    licenses: list[dict[str, Any]]


def environment(estate: SimulatedEstate) -> dict[str, str]:
    """The environment of a run, with the estate's secrets and no other setting."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LICSWEEP_")}
    return clean | {
        "LICSWEEP_USERNAME": estate.username,
        "LICSWEEP_PASSWORD": estate.password,
        "LICSWEEP_ENABLE_SECRET": estate.enable_secret,
    }


def write_settings(project: Path, settings: Mapping[str, float]) -> None:
    (project / "licsweep.toml").write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))


def start(
    estate: SimulatedEstate, project: Path, *options: object, before: Callable[[], object] | None = None
) -> "subprocess.Popen[str]":
    """A sweep in the background; `before` runs first in its process."""
    return subprocess.Popen(
        [*PROGRAM, "sweep", "--project", str(project), *map(str, options)],
        env=environment(estate),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=before,
    )


def sweep(estate: SimulatedEstate, project: Path, *options: object) -> tuple[int, str]:
    """A sweep; its exit code and what it said."""
    running = start(estate, project, *options)
    out, err = running.communicate(timeout=300)
    assert "Traceback" not in err, err
    return running.returncode, out + err


def query(project: Path, sql: str, *values: object) -> list[Any]:
    """Rows of the project's store; none as long as its tables are not made."""
    database = project / "licsweep.db"
    if not database.exists():
        return []
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as raw:
        if not raw.execute("SELECT 1 FROM sqlite_master WHERE name = 'host_result'").fetchone():
            return []
        return raw.execute(sql, values).fetchall()


def snapshots(project: Path) -> list[int]:
    """The ids of all snapshots."""
    return [row[0] for row in query(project, "SELECT id FROM snapshot ORDER BY id")]


def unfinished(project: Path) -> list[int]:
    """Snapshots that still count as running, which none may when a sweep has ended."""
    return [row[0] for row in query(project, "SELECT id FROM snapshot WHERE state = 'running' ORDER BY id")]


def ended(project: Path, snapshot: int | None = None) -> dict[str, Ended]:
    """How each host ended in a snapshot, the last one if none is named."""
    found = query(
        project,
        "SELECT hostname, status, reason, seconds, observation FROM host_result"
        " WHERE snapshot_id = coalesce(?, (SELECT max(id) FROM snapshot))",
        snapshot,
    )
    return {
        name: Ended(status, reason or "", seconds or 0.0, json.loads(seen).get("licenses", []) if seen else [])
        for name, status, reason, seconds, seen in found
    }
