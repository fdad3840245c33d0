"""One writer of snapshots per project: a lock that the system frees even after a SIGKILL."""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from licsweep.errors import LockedError, StoreError


@contextmanager
def locked(database: Path, doing: str) -> Iterator[None]:
    """Holds the project's lock; LockedError says who has it and since when."""
    path = database.with_suffix(".lock")
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}", why="the lock file can't be opened") from error
    with os.fdopen(handle, "r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise LockedError(
                f"another run holds {path}",
                why=_who(file.read()),
                hint="wait for it; the lock frees itself when it ends",
            ) from error
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        file.seek(0)
        file.truncate()
        json.dump({"pid": os.getpid(), "machine": socket.gethostname(), "doing": doing, "since": now}, file)
        file.flush()
        yield
        file.seek(0)
        file.truncate()


def _who(text: str) -> str:
    try:
        holder = json.loads(text)
        return "{doing}, process {pid} on {machine}, since {since}".format(**holder)
    except (ValueError, KeyError, TypeError):
        return "its holder has not signed yet"
