"""Archives as CSSM gives them (tar, gzip, one within another), read in memory: nothing is written under their names."""

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from licsweep.files import MIB
from licsweep.imports.foreign import GZIP, is_tar
from licsweep.reading.gathered_texts import GatheredFile, Unused

MAX_BYTES, MAX_MEMBERS, MAX_LEVELS = 256 * MIB, 20_000, 3


def unpacked(file: GatheredFile) -> Iterator[GatheredFile | Unused]:
    """The files in an archive and in the archives within it, each that is not read told; another file as it is."""
    yield from _unpacked(file, {"bytes": MAX_BYTES, "members": MAX_MEMBERS}, 0)


def _unpacked(file: GatheredFile, left: dict[str, int], level: int) -> Iterator[GatheredFile | Unused]:
    if not is_tar(file.raw):
        yield file
        return
    if level == MAX_LEVELS:
        yield Unused(path=file.path, reason=f"more than {MAX_LEVELS} archives within each other")
        return
    try:
        content = io.BytesIO(file.raw)
        if file.raw.startswith(GZIP):
            raw = gzip.GzipFile(fileobj=content).read(left["bytes"] + 1)
            _take(left, len(raw))
            content = io.BytesIO(raw)
        with tarfile.open(fileobj=content, mode="r:") as archive:
            for member in archive:
                path = f"{file.path}!{member.name}"
                name = PurePosixPath(member.name.replace("\\", "/"))
                left["members"] -= 1
                if member.isdir():
                    continue
                if not member.isreg():
                    yield Unused(path=path, reason="a link or a device, which is not followed")
                    continue
                if name.is_absolute() or ".." in name.parts:
                    yield Unused(path=path, reason="its name leads out of the archive")
                    continue
                _take(left, member.size)
                stream = archive.extractfile(member)
                raw = stream.read() if stream else b""
                yield from _unpacked(replace(file, path=path, name=name, raw=raw), left, level + 1)
    except _TooLarge:
        reason = f"more than {MAX_BYTES // MIB} MiB or {MAX_MEMBERS:,} files: the rest was not read"
        yield Unused(path=file.path, reason=reason)
    except (tarfile.TarError, EOFError, OSError, ValueError, zlib.error):
        yield Unused(path=file.path, reason="the archive is cut off or damaged")


class _TooLarge(Exception):
    pass


def _take(left: dict[str, int], size: int) -> None:
    left["bytes"] -= size
    if left["bytes"] < 0 or left["members"] < 0:
        raise _TooLarge
