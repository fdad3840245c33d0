"""The one place that opens a person's files, and the one that writes outputs.

Reading: regular files only, at most `limit` bytes, and nothing that blocks: a pipe, a device or a socket is refused. A
file that a person names may be a link; one that was found in a folder may be no link that leads out of this folder.
Writing: a temporary file beside the target, synced and renamed, readable by its owner only where nothing else is asked.
"""

import io
import logging
import os
import re
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from licsweep.errors import InputError, OutputError

log = logging.getLogger(__name__)
MIB = 1024 * 1024
MAX_BYTES = 512 * MIB
OWNER_ONLY = 0o600
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}
_QUICK = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_OPEN_ALREADY = ("/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/")


class Content(NamedTuple):
    """The bytes of a file; its mode (permission bits) and the time of its last change, of the same opening."""

    raw: bytes
    mode: int
    modified: datetime

    @property
    def text(self) -> str:
        """As `decoded` reads it."""
        return decoded(self.raw)


def decoded(raw: bytes) -> str:
    """The text of a file: UTF-8, or UTF-16 with or without its mark; other bytes are read as Windows-1252."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    for place, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        half = raw[place::2][:2000]
        if half and half.count(0) > len(half) * 0.8:
            return raw.decode(encoding, "replace")
    text = raw.decode("utf-8-sig", "surrogateescape")
    return re.sub("[\udc80-\udcff]+", lambda odd: _western(odd[0]), text)


def _western(odd: str) -> str:
    return odd.encode("ascii", "surrogateescape").decode("cp1252", "replace")


def present(path: Path) -> bool:
    """Whether something has this name, also what can't be read: a broken link or a pipe is refused, not overlooked."""
    return os.path.lexists(path)


@contextmanager
def opened(path: Path, *, found_in: Path | None = None) -> Iterator[io.FileIO]:
    """A regular file that a person named or that was `found_in` a folder, opened to read. InputError says why not."""
    try:
        with io.FileIO(os.open(path, _QUICK) if found_in is None else _open_inside(path, found_in)) as file:
            if kind := _KINDS.get(stat.S_IFMT(os.fstat(file.fileno()).st_mode)):
                raise InputError(f"{path}: {kind}, not a file", why="only regular files are read")
            yield file
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}", why="the file can't be read") from error
    except ValueError as error:
        if "null byte" not in str(error):
            raise
        raise InputError(f"{path}: not a file name", why="it holds a null byte") from error


def read(path: Path, limit: int = MAX_BYTES, *, found_in: Path | None = None) -> Content:
    """The content of such a file; InputError also where it is larger than `limit`, whatever the system says of it."""
    with opened(path, found_in=found_in) as file:
        about, raw = os.fstat(file.fileno()), bytearray()
        while len(raw) <= limit and (part := file.read(min(MIB, limit + 1 - len(raw)))):
            raw += part
    if len(raw) > limit:
        size = f"{limit // MIB} MiB" if limit >= MIB else f"{limit // 1024} KiB"
        raise InputError(f"{path}: larger than {size}", why="no more is read of a file of this kind")
    return Content(bytes(raw), stat.S_IMODE(about.st_mode), _moment(about.st_mtime))


def _moment(seconds: float) -> datetime:
    """A time of a file system, which knows years that Python does not."""
    return datetime.fromtimestamp(min(max(seconds, 0.0), datetime.max.replace(tzinfo=UTC).timestamp() - 1), UTC)


def _open_inside(path: Path, folder: Path) -> int:
    """Opened step by step from the folder, so that nobody can put a link in between."""
    root, real = (Path(os.path.realpath(given, strict=True)) for given in (folder, path))
    if not real.is_relative_to(root):
        raise InputError(f"{path}: a link out of its folder", why="a file that was found is read from its folder only")
    at = os.open(root, _QUICK | os.O_DIRECTORY)
    for part in real.relative_to(root).parts:
        try:
            step = os.open(part, _QUICK | os.O_NOFOLLOW, dir_fd=at)
        finally:
            os.close(at)
        at = step
    return at


def write(path: Path, content: str | bytes | Iterable[str], *, new: bool = False, mode: int = OWNER_ONLY) -> None:
    """Writes the whole content (text may come in parts) or nothing; `mode` also where a file with another mode stood.

    A link that a person named stays: its target is replaced. A device or a pipe (/dev/stdout) is written to as it is.
    `new` refuses a name that exists. Raises OutputError; BrokenPipeError where the reader of a pipe has gone.
    """
    parts: Iterable[str | bytes] = [content] if isinstance(content, str | bytes) else content
    data = (part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part for part in parts)
    try:
        if str(path).startswith(_OPEN_ALREADY) or not (new or _is_replaceable(path)):
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC), "wb") as stream:
                stream.writelines(data)
            return
        with _beside(path if new else path.resolve(), new=new, mode=mode) as file:
            file.writelines(data)
            if mode != OWNER_ONLY:
                os.fchmod(file.fileno(), mode)
    except BrokenPipeError:
        raise
    except OSError as error:
        why = "the file can't be written; what stood there is unchanged"
        raise OutputError(f"{path}: {error.strerror}", why=why, hint="name another file or folder") from error


def append_line(path: Path, line: str) -> None:
    """Adds a line to a file that only grows, and returns when it is on the disk; mode 0600. Raises OutputError."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        with os.fdopen(os.open(path, flags, 0o600), "wb") as stream:
            stream.write(f"{line}\n".encode())  # one write: lines of several threads stay whole
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        why = "nothing is sent that can't be written down first"
        raise OutputError(f"{path}: {error.strerror}", why=why, hint="check disk and permissions") from error


def write_zip(path: Path, members: Mapping[str, bytes]) -> None:
    """Writes an archive whose bytes depend on its members alone. Raises OutputError."""
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compresslevel=9) as archive:
        for name, raw in sorted(members.items()):
            archive.writestr(zipfile.ZipInfo(name), raw, zipfile.ZIP_DEFLATED)
    write(path, packed.getvalue())


def make_folder(path: Path) -> None:
    """Makes a folder for outputs, its owner's only, where there is none. Raises OutputError."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        why = "the folder can't be made"
        raise OutputError(f"{path}: {error.strerror}", why=why, hint="name another folder") from error


def _is_replaceable(path: Path) -> bool:
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
    except FileNotFoundError:
        return True
    return kind in (stat.S_IFREG, stat.S_IFDIR)  # a folder fails when it is replaced, with the system's own words


@contextmanager
def _beside(target: Path, *, new: bool, mode: int) -> Iterator["tempfile._TemporaryFileWrapper[bytes]"]:
    """A file in the target's folder that takes the target's name when the block ends well."""
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".licsweep-", delete=False) as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077 & ~mode:
                log.warning("%s: others may read it, its file system keeps no permissions", target)
            if new:
                os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            Path(file.name).replace(target)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    with suppress(OSError):  # some file systems can't sync a folder
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
