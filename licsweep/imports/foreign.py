"""Files that are something else than entitlements are named for what they are (foreign.yaml), by their content."""

import gzip
import io
import re
import shlex
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from licsweep.errors import InputError
from licsweep.imports.columns import plain
from licsweep.imports.files import check
from licsweep.model import Record
from licsweep.serialization import yaml_table

HEAD, UNPACKED = 1024 * 1024, 32 * 1024 * 1024
GZIP, ZIP, _TAR_AT = b"\x1f\x8b", b"PK\x03\x04", 257
_WORKBOOK = ("xl/", "content.xml")
_ARCHIVES_DEEP = 2


class Rule(Record):
    """What a file is, what finds it, and what to do with it instead of importing it.

    `finds` is a regular expression or a list of keys or headings. `beside_rows`: what is done with a file that holds
    rows of an import all the same. `kind`: the one word for a file between devices and CSSM. `archived`: the
    hint where it stands in an archive, if that is another.
    """

    what: str
    kind: str = ""
    archived: str = ""
    finds: str | tuple[str, ...]
    instead: str
    beside_rows: Literal["read", "note", "refuse"] = "read"


# The groups of rules: xml, binary, text, json, headings, archive.
rules = yaml_table(__file__, "foreign.yaml", dict[str, tuple[Rule, ...]])


def refuse_bytes(path: Path, raw: bytes) -> None:
    """Raises InputError for what the first bytes of a file give away: archives, XML, PDF."""
    if is_tar(raw):
        _refuse(path, archive_of(path, raw))
    if raw.startswith(ZIP) and not _is_workbook(raw):
        _refuse(path, rules()["archive"][-1])
    _refuse(path, _first(rules()["binary"], raw[:HEAD].decode("latin-1")) or recognized(raw))


def refuse_text(path: Path, text: str) -> None:
    """Raises InputError for a text of another kind, where it is no table and no JSON."""
    _refuse(path, _first(rules()["text"], text[:HEAD]))


def refuse_names(path: Path, group: Literal["json", "headings"], names: Iterable[str], *, has_rows: bool) -> list[str]:
    """Raises InputError where keys or headings are those of something else, notes where the file is read anyway."""
    held = set(map(_bare, names))
    for rule in rules()[group]:
        if held.issuperset(map(_bare, rule.finds)) and not (has_rows and rule.beside_rows == "read"):
            if has_rows and rule.beside_rows == "note":
                return [f"{path}: this is {rule.what}: {rule.instead}"]
            _refuse(path, rule)
    return []


@lru_cache(maxsize=10_000)
def _bare(name: str) -> str:
    return plain(name).replace(" ", "")


def _refuse(path: Path, rule: Rule | None) -> None:
    if rule:
        hint = rule.instead.replace("{file}", shlex.quote(str(path)))
        raise InputError(f"{path}: this is {rule.what}", why="it does not state what was bought", hint=hint)


def _first(among: Iterable[Rule], text: str) -> Rule | None:
    return next((rule for rule in among if re.search(str(rule.finds), text)), None)


def recognized(raw: bytes) -> Rule | None:
    """What an XML file is; None for what does not begin like one."""
    text = raw[:HEAD].decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace").lstrip()
    return _first(rules()["xml"], text) if text.startswith("<") else None


def keys_of(document: Any) -> Iterator[str]:
    """All keys of a JSON document, on every level."""
    waiting = [document]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield from node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def is_tar(raw: bytes) -> bool:
    """Whether these are the first bytes of a tar archive, or of what gzip packed."""
    return raw.startswith(GZIP) or raw[_TAR_AT:].startswith(b"ustar")


def _is_workbook(raw: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as book:
            return any(name.startswith(_WORKBOOK) for name in book.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return True  # its reader says what is wrong with it


def archive_of(path: Path, raw: bytes, level: int = 0) -> Rule:
    """What an archive is: what the first text in it is where that is known, else by the names in it."""
    names = []
    unknown = rules()["archive"][-1]
    with suppress(tarfile.TarError, EOFError, OSError, zlib.error):  # cut off: the names seen until there tell
        content = io.BytesIO(raw)
        if raw.startswith(GZIP):
            content = io.BytesIO(gzip.GzipFile(fileobj=content).read(UNPACKED))
        for member in tarfile.TarFile(fileobj=content):
            names.append(member.name)
            check(path, "files in the archive", len(names))
            inner = content.getvalue()[member.offset_data : member.offset_data + min(member.size, HEAD)]
            if inner.startswith(GZIP) and level < _ARCHIVES_DEEP:
                if (deeper := archive_of(path, inner, level + 1)) is not unknown:
                    return deeper
            elif told := recognized(inner):
                return Rule(what=f"an archive with {told.what}", finds="", instead=told.archived or told.instead)
    return _first(rules()["archive"], "\n".join(names)) or unknown
