"""Files of a folder, of a zip archive, or named one by one, for `ingest`: bounded, and each that is not read told."""

import stat
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from licsweep import serialization
from licsweep.errors import InputError, LicsweepError, plain_reason
from licsweep.reading.gathered_texts import GatheredFile, Unused

MAX_TEXT_BYTES = 8 * 1024 * 1024
MAX_FILES = 100_000
MAX_ARCHIVE_BYTES = 1024 * 1024 * 1024
SUFFIXES = frozenset({".txt", ".log", ".cfg", ".out", ".text", ""})


def gather(paths: Sequence[Path]) -> tuple[list[GatheredFile], list[Unused]]:
    """The files behind the paths and those that can't be used. Raises InputError for a path that does not exist."""
    files: list[GatheredFile] = []
    unused: list[Unused] = []
    for one in _found(paths):
        if isinstance(one, Unused):
            unused.append(one)
        else:
            files.append(one)
        if len(files) > MAX_FILES:
            raise InputError(
                f"more than {MAX_FILES} files", why="so many are not read at once", hint="name fewer folders"
            )
    return files, unused


def _found(paths: Sequence[Path]) -> Iterator[GatheredFile | Unused]:
    for path in paths:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder", why="nothing to read")
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                if not file.is_dir():
                    yield from _one(file, inside=path)
        else:
            yield from _one(path, inside=None)


def _one(file: Path, inside: Path | None) -> Iterator[GatheredFile | Unused]:
    if inside and file.is_symlink():
        yield Unused(path=str(file), reason="it is a link; links in a folder are not followed")
    elif not stat.S_ISREG(file.stat().st_mode):
        yield Unused(path=str(file), reason="it is no regular file")
    elif file.suffix.lower() == ".zip":
        yield from _archive(file)
    elif file.suffix.lower() not in SUFFIXES and inside:
        yield Unused(path=str(file), reason=f"{file.suffix} files are not read: txt, log, cfg and zip are")
    else:
        try:
            raw = serialization.read_bounded(file, MAX_TEXT_BYTES)
        except LicsweepError as error:
            yield Unused(path=str(file), reason=plain_reason(error))
        else:
            modified = datetime.fromtimestamp(file.stat().st_mtime, UTC)
            yield GatheredFile(path=str(file), name=file.absolute(), raw=raw, modified=modified)


def _archive(file: Path) -> Iterator[GatheredFile | Unused]:
    """The members of a zip archive; names are only names, nothing is unpacked to disk."""
    try:
        with zipfile.ZipFile(file) as archive:
            left = MAX_ARCHIVE_BYTES
            for member in archive.infolist()[: MAX_FILES + 1]:
                if member.is_dir():
                    continue
                path = f"{file}!{member.filename}"
                with archive.open(member) as opened:
                    raw = opened.read(min(MAX_TEXT_BYTES, left) + 1)
                left -= len(raw)
                if len(raw) > MAX_TEXT_BYTES or left < 0:
                    yield Unused(path=path, reason=f"larger than {MAX_TEXT_BYTES // 1024 // 1024} MiB")
                    continue
                name = PurePosixPath(file.stem, *PurePosixPath(member.filename).parts)
                modified = datetime(*member.date_time, tzinfo=UTC)
                yield GatheredFile(path=path, name=name, raw=raw, modified=modified)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError) as error:
        yield Unused(path=str(file), reason=f"not a zip archive that can be read ({error})")
