"""A proof bundle: a report with all that it was judged from, and judging that again elsewhere.

Every member is canonical JSON (sorted keys, no blanks), and the archive's bytes depend on nothing else, so that the
same judgement is the same file. `licsweep verify` needs neither a project nor the network.
"""

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from licsweep import files, reports, serialization
from licsweep.errors import InputError, UsageError, VerificationFailed
from licsweep.imports.files import load_json
from licsweep.jobs.gathered_files import gather
from licsweep.jobs.judge import report_input
from licsweep.model import Capture, Record, Utc
from licsweep.reading.gathered_texts import GatheredFile
from licsweep.settings import Project
from licsweep.store import reading
from licsweep.version import VERSION
from reconcile.judge import JudgementInput, judge

MANIFEST, INPUT, JUDGEMENT, REPORT, CAPTURES = (
    f"{name}.json" for name in ("manifest", "input", "judgement", "report", "captures")
)
LIMIT = 512 * files.MIB


class Manifest(Record):
    """What a bundle is; `sha256` is that of each other member."""

    kind: str
    as_of: Utc
    tool_version: str
    sha256: dict[str, str]


def write(
    project: Project, path: Path, kind: str, *, as_of: datetime | None, snapshot_id: int | None, since: str | None
) -> "reports.Report":
    """Writes the report of a kind with its inputs. Raises UsageError, InputError, StoreError, OutputError."""
    if path.suffix.lower() != ".zip":
        raise UsageError(f"{path}: a bundle is a zip archive", hint=f"--bundle {path.stem}.zip")
    given = report_input(project, kind, as_of=as_of, snapshot_id=snapshot_id, since=since)
    with reading(project) as store:
        read = {(state.snapshot_id, state.hostname) for state in given.states if state.snapshot_id is not None}
        captures = [capture for number, host in sorted(read) for capture in store.captures(number or 0, host)]
    members = {
        INPUT: _canonical(_plain_input(given)),
        CAPTURES: _canonical(serialization.plain(captures, list[Capture])),
    }
    report, made = _judged(_input(members[INPUT], path), kind)
    members |= made
    manifest = Manifest(
        kind=kind, as_of=given.as_of, tool_version=VERSION, sha256={name: _sha(raw) for name, raw in members.items()}
    )
    members[MANIFEST] = _canonical(serialization.plain(manifest))
    files.write_zip(path, members)
    return report


def verify(path: Path) -> Manifest:
    """Judges the inputs of a bundle again. Raises VerificationFailed with the first difference, InputError."""
    members = _members(path)
    manifest: Manifest = serialization.check_json(members[MANIFEST], Manifest, f"{path}: {MANIFEST}")
    if manifest.kind not in tuple(reports.KINDS):
        raise InputError(f"{path}: report {manifest.kind} is not known here", why=_versions(manifest))
    for name, raw in members.items():
        if name != MANIFEST and manifest.sha256.get(name) != _sha(raw):
            raise VerificationFailed(f"{path}: {name} was changed", why="its sha256 is not that of the manifest")
    captures: list[Capture] = serialization.check_json(members[CAPTURES], list[Capture], f"{path}: {CAPTURES}")
    for one in captures:
        if _sha(one.text.encode("utf-8", "surrogateescape")) != one.sha256:
            what = f"{path}: {CAPTURES}: {one.hostname}, {one.command}: the text is not the one that was stored"
            raise VerificationFailed(what, why="its sha256 differs")
    given = _input(members[INPUT], path)
    if manifest.as_of != given.as_of:
        what = f"{path}: {MANIFEST}: the date, {manifest.as_of}, is not that of the inputs, {given.as_of}"
        raise VerificationFailed(what, why="it was changed")
    _check_lines(path, given, captures)
    for name, raw in _judged(given, manifest.kind)[1].items():
        if raw != members[name]:
            stated, judged = (load_json(path, one) for one in (members[name], raw))
            where = first_difference(stated, judged) or "it is not canonical JSON"
            raise VerificationFailed(f"{path}: {name} comes out differently: {where}", why=_versions(manifest))
    return manifest


def first_difference(stated: Any, judged: Any, where: str = "$") -> str | None:
    """The path of the first value that differs, and both values."""
    if isinstance(stated, dict) and isinstance(judged, dict):
        parts: list[tuple[str, Any, Any]] = [
            (f"{where}.{key}", stated.get(key, "nothing"), judged.get(key, "nothing"))
            for key in sorted(stated.keys() | judged.keys())
        ]
    elif isinstance(stated, list) and isinstance(judged, list) and len(stated) == len(judged):
        parts = [(f"{where}[{at}]", one, other) for at, (one, other) in enumerate(zip(stated, judged, strict=True))]
    elif isinstance(stated, list) and isinstance(judged, list):
        return f"{where} has {len(stated)} rows in the bundle, {len(judged)} when judged again"
    else:
        return None if stated == judged else f"{where} is {stated!r} in the bundle, {judged!r} when judged again"
    return next(filter(None, (first_difference(one, other, at) for at, one, other in parts)), None)


def _input(raw: bytes, path: Path) -> JudgementInput:
    given: JudgementInput = serialization.check_json(raw, JudgementInput, f"{path}: {INPUT}", strict=False)
    return given


def _check_lines(path: Path, given: JudgementInput, captures: list[Capture]) -> None:
    """Raises VerificationFailed where a text does not hold a line that an observation rests on."""
    texts = {(one.hostname, one.command.casefold()): one.text.split("\n") for one in captures}
    for state in given.states:
        for said in state.observation.evidence if state.observation else ():
            lines, at = texts.get((state.hostname, said.command.casefold())), said.line_number
            if lines and at and said.text.strip() not in "".join(lines[at - 1 : at]):
                what = f"{path}: {CAPTURES}: {state.hostname}, {said.command}, line {at} is not {said.text.strip()!r}"
                raise VerificationFailed(what, why=f"{said.field} of {INPUT} rests on it")


def _judged(given: JudgementInput, kind: str) -> tuple["reports.Report", dict[str, bytes]]:
    """The report of an input, and both results as they are kept."""
    result = judge(given)
    report = reports.KINDS[kind](result, generated_at=result.judgement.as_of)
    return report, {JUDGEMENT: _canonical(serialization.plain(result)), REPORT: _canonical(reports.data_of(report))}


def _plain_input(given: JudgementInput) -> Any:
    whole = serialization.plain(given)
    for imported in (whole["licenses"], whole["listed"]):
        if imported:
            imported["accounts"].sort()  # a set, which has no order
    return whole


def _members(path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for one in gather([path], suffixes={".zip"}, limit=LIMIT):
        if not isinstance(one, GatheredFile):
            raise InputError(f"{one.path}: {one.reason}", hint="name a file of licsweep report KIND --bundle FILE.zip")
        found[one.name.name] = one.raw
    if found.keys() != {MANIFEST, INPUT, JUDGEMENT, REPORT, CAPTURES}:
        raise InputError(f"{path}: not a proof bundle", hint="name a file of licsweep report KIND --bundle FILE.zip")
    return found


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode()


def _sha(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _versions(manifest: Manifest) -> str:
    return f"the bundle was made by licsweep {manifest.tool_version}, this is {VERSION}"
