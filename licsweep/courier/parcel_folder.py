"""The folder of a parcel: the files to upload, their hashes, and two sheets to print. All is made of the ledger."""

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from licsweep import files
from licsweep.courier.contents import Contents
from licsweep.courier.disclosure import disclosed
from licsweep.courier.parcels import to_upload
from licsweep.courier.sheets import page, words
from licsweep.courier.usage_files import read_usage
from licsweep.errors import OutputError
from licsweep.ledger_types import KeptFile, Parcel
from licsweep.reports.view import values


def write_parcel(parcel: Parcel, kept: Mapping[str, KeptFile], contents: Contents, base: Path) -> Path:
    """Makes the folder of a parcel in `base`, whole or not at all. Raises OutputError, KeptFileDamaged."""
    folder, unfinished = base / parcel.id, base / f".{parcel.id}"
    shutil.rmtree(unfinished, ignore_errors=True)
    files.make_folder(unfinished / "upload")
    upload = to_upload(parcel, contents.read)
    for name, raw in upload.items():
        files.write(unfinished / "upload" / name, raw)
    hashes = {name: hashlib.sha256(raw).hexdigest() for name, raw in upload.items()}
    files.write(unfinished / "SHA256SUMS", "".join(f"{sha256}  {name}\n" for name, sha256 in hashes.items()))
    files.write(unfinished / "cover.html", _cover(parcel, kept, upload))
    files.write(unfinished / "release-officer.html", _release(parcel, kept, contents))
    try:
        unfinished.rename(folder)
    except OSError as error:
        what = f"{folder}: {error.strerror}"
        raise OutputError(what, why="the parcel's folder can't be made", hint="move what stands there away") from error
    return folder


def _facts(parcel: Parcel, size: int) -> dict[str, object]:
    return {
        "Parcel": parcel.id,
        "Packed": f"{parcel.packed_at:%Y-%m-%d %H:%M} UTC",
        "Packed by": parcel.packed_by,
        "Usage files": len(parcel.files),
        "Bytes to upload": f"{size:,}",
    }


def _cover(parcel: Parcel, kept: Mapping[str, KeptFile], upload: Mapping[str, bytes]) -> bytes:
    form = words()["forms"][parcel.form]
    accounts = {"smart_account": parcel.smart_account or "not known", "virtual_account": parcel.virtual_account}
    upload_step = form["what_to_upload"].format(names=", ".join(upload), number=len(upload))
    figures = {"id": parcel.id, "proof": form["proof"], "what_to_upload": upload_step} | accounts
    rows = {"account": [accounts], "files": _files(parcel, kept)}
    return page("cover", figures, _facts(parcel, sum(map(len, upload.values()))), rows)


def _release(parcel: Parcel, kept: Mapping[str, KeptFile], contents: Contents) -> bytes:
    """The sheet for who releases data: all that the files tell."""
    raws = {one.name: contents.read(one.sha256) for one in parcel.files}
    told = disclosed(document for name, raw in raws.items() for document in read_usage(Path(name), raw).documents)
    found = [values(rule) | {"number": len(known), "values": known} for rule, known in told]
    rows = {"contents": found, "files": _files(parcel, kept)}
    return page("release", {"id": parcel.id}, _facts(parcel, sum(map(len, raws.values()))), rows)


def _files(parcel: Parcel, kept: Mapping[str, KeptFile]) -> list[dict[str, Any]]:
    rows = []
    for one in parcel.files:
        file = kept[one.sha256]
        first = min((report.start.date() for report in file.reports if report.start), default=None)
        last = max((report.end.date() for report in file.reports if report.end), default=None)
        figures = {"reports": len(file.counted), "first": first, "last": last, "size": file.size, "origin": file.origin}
        rows.append(values(one) | figures)
    return rows
