"""The formats of data and reports, and what a file's suffix says."""

from collections.abc import Collection
from pathlib import Path

from licsweep.errors import UsageError

FORMATS = ("html", "xlsx", "csv", "json", "table")
_SUFFIXES = {".html": "html", ".xlsx": "xlsx", ".csv": "csv", ".json": "json", ".txt": "table", ".prom": "prom"}


def format_of(path: Path, asked: str | None, known: Collection[str] = FORMATS) -> str:
    """The format that a file's suffix says; of a folder or a name without suffix what was asked. Raises UsageError.

    `known`: the formats that the caller can write.
    """
    if path.is_dir() or not path.suffix:
        return asked or "table"
    said = _SUFFIXES.get(path.suffix.lower())
    if said is None or said not in known or asked not in (None, said):
        what = f"{path}: its suffix is not of {f'the format {asked}' if asked else 'a format'}"
        why = f"the suffix says the format: {', '.join(suffix for suffix, word in _SUFFIXES.items() if word in known)}"
        raise UsageError(what, why=why, hint="name another file; a folder ends with /")
    return said


def in_folder(stem: str, format: str) -> str:
    """The name of a file of this format."""
    return f"{stem}.{'txt' if format == 'table' else format}"
