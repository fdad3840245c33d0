"""One writer of snapshots per project: a locked file that the system frees even after a SIGKILL."""

import errno
import fcntl
import io
import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from licsweep import files
from licsweep.errors import InputError, LockedError, StoreError

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe in its place holds nobody up


@contextmanager
def locked(path: Path, doing: str) -> Iterator[Callable[[], bool]]:
    """Holds the lock; what it gives tells whether `path` still is the file that is held.

    Raises LockedError that says who holds it and since when, StoreError where `path` can't be opened.
    """
    try:
        opened = io.FileIO(os.open(path, _FLAGS, 0o600), "r+")
    except OSError as error:
        why = "it is a symbolic link, which is not followed" if error.errno == errno.ELOOP else str(error.strerror)
        raise StoreError(f"{path}: the lock file can't be opened", why=why) from error
    with opened as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            hint = "wait until that run ends; the lock is then free, however it ended"
            raise LockedError(f"another run holds {path}", why=_holder(file), hint=hint) from error
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        holder = {"pid": os.getpid(), "machine": socket.gethostname(), "doing": doing, "since": now}
        with suppress(OSError):  # on a full disk it is held all the same
            file.truncate(0)
            file.write(json.dumps(holder).encode())
        yield lambda: _is_at(path, file)
        with suppress(OSError):
            file.truncate(0)


def is_locked(path: Path) -> bool:
    """Whether a run holds the lock; True as well where this user may not look."""
    try:
        with files.opened(path) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except InputError:
        return files.present(path)
    return False


def _is_at(path: Path, file: io.FileIO) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.lstat())
    except OSError:
        return False


def _holder(file: io.FileIO) -> str:
    try:
        return "{doing}, process {pid} on {machine}, since {since}".format(**json.loads(file.read(4096)))
    except (OSError, ValueError, KeyError, TypeError):
        return "the lock holder is not recorded yet"
