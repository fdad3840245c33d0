"""What stands in the file that a device writes with `license smart save usage`.

The signature covers the payload byte for byte: a file is only ever read here, and its bytes travel as they came. Two
layouts of the payload are known: before IOS XE 17.9 the id of a report stands in `meta`, since then (version 2.0) in
`asset_identification`.
"""

import codecs
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from collectors.json_paths import xml_tree
from licsweep.clean_text import one_line, shell_word
from licsweep.errors import InputError
from licsweep.imports import foreign
from licsweep.ledger_types import UsageReport
from licsweep.model import Record

MAX_BYTES = 64 * 1024 * 1024
_WORD = re.compile(r"[A-Za-z0-9._:/-]{1,64}")
NOTHING_TO_REPORT = "The requested item was not found"
"""What a device prints or writes when no report is left to save."""


class UsageFile(Record):
    """The reports of a usage file, and every JSON document in it (payloads and system information)."""

    reports: tuple[UsageReport, ...]
    documents: tuple[Any, ...]


def read_usage(path: Path, raw: bytes) -> UsageFile:
    """What a usage file says. Raises InputError that names damage, or what kind of file it is instead.

    A file without reports, and a console text that says that there are none, is a UsageFile without reports.
    """
    if raw.strip().startswith(NOTHING_TO_REPORT.encode()):
        return UsageFile(reports=(), documents=())
    rule = foreign.archive_of(path, raw) if foreign.is_tar(raw) else foreign.recognized(raw)
    if rule and rule.kind not in ("usage", "empty"):
        hint = rule.instead.replace("{file}", shell_word(path))
        raise InputError(f"{path}: this is {rule.what}", why="it is no usage report of a device", hint=hint)
    if rule is None:
        raise InputError(
            f"{path}: no usage report", why="what license smart save usage writes begins with <smartLicense>"
        )
    try:
        root = xml_tree(raw.decode("utf-8"))["smartLicense"] or {}
        found = root.get("RUMReport", [])
    except (ExpatError, ValueError, LookupError, AttributeError) as error:
        cut = b"</smartLicense>" not in raw[-64:]
        raise damaged(path, "it is cut off" if cut else "it is no XML as devices write it") from error
    if raw.startswith(codecs.BOM_UTF8):
        raise damaged(path, "another program saved it again: it begins with a byte order mark")
    bodies = found if isinstance(found, list) else [found]
    read = [_report(f"{path}, report {number}", body) for number, body in enumerate(bodies, 1)]
    about = _json(value_at(root, "smartLicenseSystemInfo", "data"))
    documents = [*(payload for _, payload in read), *([about] if about is not None else [])]
    return UsageFile(reports=tuple(report for report, _ in read), documents=tuple(documents))


def damaged(where: object, why: str) -> InputError:
    """The error for a usage file that is not as a device writes it."""
    hint = "save it on the device again and copy it in binary mode: license smart save usage all file FILE"
    return InputError(f"{where}: damaged", why=why, hint=hint)


def _json(text: Any) -> Any:
    """The document of a text, None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return None


def _report(where: str, body: Any) -> tuple[UsageReport, Mapping[str, Any]]:
    """One report with its payload. Raises InputError for one without payload, signature, id or serial."""
    outer = _json(body)
    payload = outer.get("payload") if isinstance(outer, dict) else None
    inner = payload if isinstance(payload, dict) else _json(payload)
    if not isinstance(inner, dict):
        raise damaged(where, "no payload can be read in it")
    if not value_at(outer, "signature", "value"):
        raise damaged(where, "it is not signed")
    instance = value_at(inner, "asset_identification", "instance", "sudi")
    signer = value_at(outer, "signature", "sudi", "udi_serial_number")
    report_id = value_at(inner, "asset_identification", "report_id") or value_at(inner, "meta", "report_id")
    serial = value_at(instance, "udi_serial_number")
    for name, word in (("report id", report_id), ("serial number", serial)):
        if not _WORD.fullmatch(str(word or "")):
            raise damaged(where, f"it names no {name}")
    if signer and signer != serial:
        raise damaged(where, f"{signer} signed a report of {serial}")
    found = value_at(inner, "measurements")
    measured = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    tag = value_at(inner, "meta", "entitlement_tag")
    metrics = {str(one.get("metric_name")).upper() for one in measured}
    telemetry = "ENTITLEMENT" not in metrics if metrics else not tag
    counts = [value for one in measured if (value := _number(value_at(one, "value", "value"))) is not None]
    report = UsageReport(
        report_id=str(report_id),
        pid=one_line(str(value_at(instance, "udi_pid") or "")),
        sn=str(serial),
        telemetry=telemetry,
        entitlement_tag=one_line(str(tag)) if tag else None,
        start=min(_times(measured, "start_time"), default=None),
        end=max(_times(measured, "end_time"), default=None),
        count=None if telemetry else max(counts, default=None),
    )
    return report, inner


def value_at(node: Any, *keys: str) -> Any:
    """The value under these keys, None where one is missing."""
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _number(value: Any) -> int | None:
    return int(value) if re.fullmatch("[0-9]{1,15}", str(value)) else None


def _times(measured: list[dict[str, Any]], key: str) -> list[datetime]:
    seconds = [value for one in measured if (value := _number(one.get(key)))]
    return [datetime.fromtimestamp(value, UTC) for value in seconds if value < LAST_SECOND]


LAST_SECOND = 32_503_680_000  # the year 3000
