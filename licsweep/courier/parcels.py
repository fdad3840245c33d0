"""Parcels: which usage files are uploaded together, under which names, and the archive form of CSSM's own samples."""

import gzip
import hashlib
import io
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from datetime import datetime

from licsweep.ledger_types import Form, KeptFile, Parcel, ParcelFile, ReportKey

# The lines of the sample that imitates CSLU's archive; its fields of accounts are empty there too.
MANIFEST = """Manifest-Version: 1.0
Created-By: "{{\\"uuid\\": \\"{id}\\"}}"
Smart-Account:
Smart-Account-ID:

Name: /{inner}
Specification-VA:
Specification-VA-ID:
"""


def fewest(files: Iterable[KeptFile], wanted: Set[ReportKey]) -> list[KeptFile]:
    """The newest files that together hold the wanted reports: none that only repeats what a newer one holds."""
    left, chosen = set(wanted), []
    for file in sorted(files, key=lambda one: (one.kept_at, one.sha256), reverse=True):
        if held := left & {report.key for report in file.counted}:
            left -= held
            chosen.append(file)
    return chosen[::-1]


def divided(files: Iterable[KeptFile], limit: int) -> Iterator[list[KeptFile]]:
    """The files by host name, in groups of at most so many bytes; a larger one is a group of its own."""
    group: list[KeptFile] = []
    for file in sorted(files, key=lambda one: (one.hostname or "", one.kept_at, one.sha256)):
        if group and sum(one.size for one in group) + file.size > limit:
            yield group
            group = []
        group.append(file)
    if group:
        yield group


def make_parcel(
    smart: str | None, virtual: str, files: Iterable[KeptFile], *, at: datetime, by: str, form: Form, taken: set[str]
) -> Parcel:
    """A parcel of these files. Its id is the date and the first 8 hex digits of the hash of its list of files.

    `taken` are the names in the other parcels of the time `at`, and then those in this one: an ACK is told by its name.
    """
    named = []
    for file in files:
        serial = re.sub("[^A-Za-z0-9]+", "-", file.reports[0].sn)[:32]
        stem, number = f"dev_{serial}_{at:%Y%m%d-%H%M%S}-{at.microsecond // 1000:03}", 1
        while (name := f"{stem}{f'-{number}' if number > 1 else ''}.txt").casefold() in taken:
            number += 1
        taken.add(name.casefold())
        named.append(ParcelFile(name=name, sha256=file.sha256, hostname=file.hostname or ""))
    members = tuple(sorted(named, key=lambda one: one.name))
    sums = "".join(f"{one.sha256}  {one.name}\n" for one in members)
    digest = hashlib.sha256(sums.encode()).hexdigest()
    return Parcel(
        id=f"{at:%Y-%m-%d}-{digest[:8]}",
        smart_account=smart,
        virtual_account=virtual,
        form=form,
        packed_at=at,
        packed_by=by,
        files=members,
    )


def to_upload(parcel: Parcel, content: Callable[[str], bytes]) -> dict[str, bytes]:
    """Name and bytes of each file to upload; `content` gives the bytes of a hash. The same parcel, the same bytes."""
    single = {one.name: content(one.sha256) for one in parcel.files}
    if parcel.form == "files":
        return single
    stamp = f"{parcel.packed_at:%y%b%d_%H_%M_%S}_{parcel.packed_at.microsecond // 1000:03}"
    inner = f"UD_VA_{stamp}.tar.gz"
    manifest = MANIFEST.format(id=parcel.id, inner=inner).encode()
    at = int(parcel.packed_at.timestamp())
    return {f"UD_SA_{stamp}.tar.gz": _tar_gz({"manifest.mf": manifest, inner: _tar_gz(single, at)}, at)}


def _tar_gz(members: Mapping[str, bytes], at: int) -> bytes:
    """An archive whose bytes depend on nothing but its members and the time."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, filename="", mode="wb", mtime=at) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name, raw in members.items():
            about = tarfile.TarInfo(name)
            about.size, about.mtime, about.mode = len(raw), at, 0o644
            archive.addfile(about, io.BytesIO(raw))
    return packed.getvalue()
