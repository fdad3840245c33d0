"""Files of a folder, of a zip archive, or named one by one, for `ingest` and `courier`: bounded, and each that is not
read told.
"""

import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO

from licsweep import files
from licsweep.errors import InputError, plain_reason
from licsweep.reading.gathered_texts import GatheredFile, Unused

MAX_TEXT_BYTES = 8 * files.MIB
MAX_FILES = 100_000
MAX_ARCHIVE_BYTES = 1024 * files.MIB
SUFFIXES = frozenset({".txt", ".log", ".cfg", ".out", ".text", ""})


def gather(
    paths: Sequence[Path], *, suffixes: Collection[str] | None = SUFFIXES, limit: int = MAX_TEXT_BYTES
) -> Iterator[GatheredFile | Unused]:
    """The files behind the paths, and those that can't be used. Raises InputError for a path that does not exist.

    Of a folder those with one of the `suffixes` (None: all of them) are read; each file has at most `limit` bytes.
    """
    count = 0
    for path in paths:
        inside = path if path.is_dir() else None
        for file in sorted(path.rglob("*")) if inside else [path]:
            if inside and file.is_dir() and not file.is_symlink():
                continue
            for one in _one(file, inside, suffixes, limit):
                yield one
                count += isinstance(one, GatheredFile)
                if count > MAX_FILES:
                    why, hint = "so many are not read at once", "name fewer folders"
                    raise InputError(f"more than {MAX_FILES} files", why=why, hint=hint)


def _one(
    file: Path, inside: Path | None, suffixes: Collection[str] | None, limit: int
) -> Iterator[GatheredFile | Unused]:
    if inside and file.is_symlink():
        yield Unused(path=str(file), reason="it is a link; links in a folder are not followed")
    elif file.suffix.lower() == ".zip":
        yield from archive_members(files.opened(file, found_in=inside), file, limit)
    elif inside and suffixes is not None and file.suffix.lower() not in suffixes:
        yield Unused(path=str(file), reason=f"{file.suffix} files are not read: txt, log, cfg and zip are")
    else:
        try:
            content = files.read(file, limit, found_in=inside)
        except InputError as error:
            if not inside:
                raise
            yield Unused(path=str(file), reason=plain_reason(error))
        else:
            yield GatheredFile(path=str(file), name=file.absolute(), raw=content.raw, modified=content.modified)


def archive_members(
    content: AbstractContextManager[IO[bytes]], file: Path, limit: int
) -> Iterator[GatheredFile | Unused]:
    """The members of a zip archive that is called `file`; names are only names, nothing is unpacked to disk."""
    try:
        with content as opened_file, zipfile.ZipFile(opened_file) as archive:
            left = MAX_ARCHIVE_BYTES
            for member in archive.infolist()[: MAX_FILES + 1]:
                if member.is_dir():
                    continue
                path = f"{file}!{member.filename}"
                with archive.open(member) as opened:
                    raw = opened.read(min(limit, left) + 1)
                left -= len(raw)
                if len(raw) > limit or left < 0:
                    yield Unused(path=path, reason=f"larger than {limit // files.MIB} MiB")
                    continue
                if raw.startswith(b"PK\x03\x04"):
                    yield Unused(path=path, reason="an archive in an archive is not read: unpack it first")
                    continue
                parts = (part for part in member.filename.replace("\\", "/").split("/") if part not in ("", ".", ".."))
                name = PurePosixPath(file.stem, *parts)
                modified = datetime(*member.date_time, tzinfo=UTC)
                yield GatheredFile(path=path, name=name, raw=raw, modified=modified)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, OSError, EOFError) as error:
        yield Unused(path=str(file), reason=f"not a zip archive that can be read ({error})")
