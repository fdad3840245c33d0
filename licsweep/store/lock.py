"""One writer of snapshots per project: a locked file that the system frees even after a SIGKILL."""

import errno
import fcntl
import json
import os
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from licsweep.errors import LockedError, StoreError

_MOST = 4096  # characters that are read of who holds it


@contextmanager
def locked(path: Path, doing: str) -> Iterator[Callable[[], bool]]:
    """Holds the lock; what it gives tells whether `path` still is the file that is held.

    Raises LockedError that says who holds it and since when, StoreError where `path` can't be a lock file.
    """
    with os.fdopen(_opened(path), "r+", encoding="utf-8", errors="replace") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise LockedError(
                f"another run holds {path}",
                why=_holder(file.read(_MOST)),
                hint="wait until that run ends; the lock is then free, however it ended",
            ) from error
        holder = {
            "pid": os.getpid(),
            "machine": socket.gethostname(),
            "doing": doing,
            "since": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        try:
            with suppress(OSError):  # on a full disk it is held all the same
                file.truncate(0)
                file.write(json.dumps(holder))
                file.flush()
            yield lambda: _is_at(path, file.fileno())
        finally:
            file.truncate(0)


def _opened(path: Path) -> int:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    except OSError as error:
        why = "it is a symbolic link, which is not followed" if error.errno == errno.ELOOP else str(error.strerror)
        raise StoreError(f"{path}: the lock file can't be opened", why=why) from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise StoreError(f"{path}: the lock file can't be used", why="it is not a regular file")
    return handle


def is_locked(path: Path) -> bool:
    """Whether a run holds the lock; True as well where this user may not look."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _is_at(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except OSError:
        return False


def _holder(text: str) -> str:
    try:
        return "{doing}, process {pid} on {machine}, since {since}".format(**json.loads(text))
    except (ValueError, KeyError, TypeError):
        return "the lock holder is not recorded yet"
