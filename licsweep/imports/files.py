"""What the readers of files share: what a file of entitlements is read into, its text, a JSON document, and limits.

An import may hold far more than any real export, and less than a hostile file needs to stop the machine.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from licsweep import files
from licsweep.alert_types import CssmAlerts
from licsweep.errors import InputError
from licsweep.model import Record
from licsweep.position_types import CssmInstance, Entitlement

Kind = Literal["cssm-csv", "cssm-json", "cssm-instances", "xlsx", "yaml"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Source = Literal["cssm-licenses", "cssm-instances", "cssm-alerts", "onprem", "onprem-alerts", "yaml"]
LIMITS = {
    "bytes": 256 * 1024 * 1024,
    "rows": 1_000_000,
    "columns": 1_000,
    "pools": 500_000,  # licenses by virtual account
    "levels": 40,  # lists and objects within each other
    "files in the archive": 1_000,
}
SHOWN = 5


class ImportedFile(Record):
    """The rows of one file, or of the files that are the pages of one answer, and notes on the reading.

    `source`, `instance_source` and `alert_source` are what the scope of an import rests on: where the figures come
    from, not the form. `exported_at` is what the file itself says; its rows carry the date that counts. `one_account`:
    the call names the virtual account, so that the file speaks for the accounts that it names alone.
    """

    kind: Kind
    paths: tuple[Path, ...] = ()
    source: Source = "cssm-licenses"
    instance_source: Source = "cssm-instances"
    alert_source: Source = "cssm-alerts"
    entitlements: tuple[Entitlement, ...] = ()
    instances: tuple[CssmInstance, ...] = ()
    alerts: tuple[CssmAlerts, ...] = ()
    notes: tuple[str, ...] = ()
    exported_at: datetime | None = None
    one_account: bool = False


def read_raw(path: Path) -> bytes:
    """The bytes of a file within the limit of an import. Raises InputError, also for an empty one."""
    raw = files.read(path, LIMITS["bytes"]).raw
    if not raw.strip():
        raise InputError(f"{path}: is empty", why="an export that was cut off or not written looks so")
    return raw


def decoded(path: Path, raw: bytes) -> tuple[str, str | None]:
    """The text of a file as Windows programs save it, and a note where its encoding had to be guessed.

    UTF-8, UTF-16 (with its mark, or seen by its zero bytes), else Windows-1252. Raises InputError.
    """
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        guesses = ["utf-16"]
    elif b"\0" in raw[:4]:
        guesses = ["utf-16-le" if raw[1:2] == b"\0" else "utf-16-be"]
    else:
        guesses = ["utf-8-sig", "cp1252"]
    for encoding in guesses:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        guessed = f"{path}: is not UTF-8, so it was read as Windows-1252; check names with special letters"
        return text, guessed if encoding == "cp1252" else None
    raise InputError(f"{path}: is neither UTF-8, UTF-16 nor Windows-1252 text", hint="save it as CSV UTF-8")


def load_json(path: Path, raw: bytes | None = None) -> Any:
    """The document of a JSON file. Raises InputError."""
    content = read_raw(path) if raw is None else raw
    try:
        return json.loads(content)
    except RecursionError as error:
        raise InputError(f"{path}: more than {LIMITS['levels']} levels", why="no answer is nested so deeply") from error
    except ValueError as error:
        at = f"line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else "a number"
        raise InputError(f"{path}: not valid JSON", why=f"from {at} on", hint="save the answer again, whole") from error


def check(where: object, what: str, number: int) -> None:
    """Raises InputError where `number` is above the limit of `what`."""
    if number > LIMITS[what]:
        raise InputError(
            f"{where}: more than {LIMITS[what]} {what}",
            why="no export of a smart account is that large, so the rest of it was not read",
            hint="export one virtual account at a time, or see whether this is the right file",
        )


def some(items: Iterable[object]) -> str:
    """The first few of many, and how many more there are."""
    known = [str(item) for item in items]
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    return ", ".join(known[:SHOWN]) + more
