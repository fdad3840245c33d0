"""The file that a site without a line sends: a zip archive whose comment is the signature of all its other bytes.

What was signed is the archive as it is without a comment. The comment names the site, so that its key is known before
anything is read. The last member holds the sha256 of all others, for `sha256sum -c`.
"""

import hashlib
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from licsweep import files
from licsweep.errors import InputError, UsageError
from licsweep.jobs import signatures
from licsweep.jobs.gathered_files import MAX_ARCHIVE_BYTES, MAX_FILES, archive_members
from licsweep.reading.gathered_texts import GatheredFile
from licsweep.version import VERSION

NAMESPACE, SUMS = "licsweep-site", "SHA256SUMS"
LIMIT = 512 * files.MIB  # of the file, and of a member
NAME = re.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_BEGIN = b"licsweep/site/1 "
_COMMENT = re.compile(
    _BEGIN
    + b"(%b)\n(-----BEGIN SSH SIGNATURE-----\n(?:[A-Za-z0-9+/=]{1,76}\n)+-----END SSH SIGNATURE-----\n)"
    % NAME.pattern.encode()
)
_MAKE_ONE = f"make it again: licsweep site export, of the release that is here ({VERSION})"


def odd(what: str, why: str = "no export writes this") -> InputError:
    """The error that a file of a site is not as `site export` of this release writes it."""
    return InputError(what, why=why, hint=_MAKE_ONE)


def write(path: Path, site: str, key: Path, members: Iterable[tuple[str, bytes]]) -> None:
    """Writes the members, signed. Raises UsageError, OutputError, MissingExtra."""
    if not NAME.fullmatch(site):
        why = "letters, digits, dot, hyphen and underscore are a name"
        raise UsageError(f"{site}: not a name of a site", why=why, hint="--site emea")
    packed, sums, size = io.BytesIO(), "", 0
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, raw) in enumerate(members, 2):
            size += len(raw)
            if size > MAX_ARCHIVE_BYTES or packed.tell() > LIMIT or number > MAX_FILES:
                why = f"no more than {MAX_ARCHIVE_BYTES // files.MIB} MiB or {MAX_FILES:,} files are read of one"
                raise UsageError(f"{path}: too much for one file", why=why, hint="export fewer snapshots at once")
            archive.writestr(zipfile.ZipInfo(name), raw, zipfile.ZIP_DEFLATED)
            sums += _sum(name, raw)
        archive.writestr(zipfile.ZipInfo(SUMS), sums, zipfile.ZIP_DEFLATED)
    plain = packed.getvalue()
    comment = _BEGIN + f"{site}\n".encode() + signatures.sign(plain, key, NAMESPACE)
    files.write(path, plain[:-2] + len(comment).to_bytes(2, "little") + comment)


def read(path: Path, allowed: Path) -> tuple[str, Iterator[tuple[str, bytes]]]:
    """The site whose key signed the file, and name and bytes of its members in their order.

    Raises InputError, also while the members are read; MissingExtra, OutputError.
    """
    head, begin, rest = files.read(path, LIMIT).raw.rpartition(_BEGIN)
    found = _COMMENT.fullmatch(begin + rest)
    if not found or head[-2:] != len(begin + rest).to_bytes(2, "little"):
        raise odd(f"{path}: not the file of a site, or not whole", "no signature ends it")
    site, plain = found[1].decode(), head[:-2] + bytes(2)
    if not files.present(allowed):
        why, hint = f"there is no {allowed}", "docs/how-to/site-without-a-line.md"
        raise InputError(f"{path}: no site is known here", why=why, hint=hint)
    if refused := signatures.refusal(plain, found[2], NAMESPACE, site, allowed):
        raise InputError(f"{path}: not from {site}", why=refused[0], hint=refused[1])
    return site, _members(path, plain)


def _members(path: Path, plain: bytes) -> Iterator[tuple[str, bytes]]:
    sums = ""
    for one in archive_members(io.BytesIO(plain), path, LIMIT):
        if not isinstance(one, GatheredFile):
            raise odd(f"{one.path}: {one.reason}")
        if one.name.name == SUMS:
            if one.raw != sums.encode():
                raise odd(f"{path}: {SUMS} does not fit the other members")
            return
        sums += _sum(one.name.name, one.raw)
        yield one.name.name, one.raw
    raise odd(f"{path}: {SUMS} is missing")


def _sum(name: str, raw: bytes) -> str:
    return f"{hashlib.sha256(raw).hexdigest()}  {name}\n"
