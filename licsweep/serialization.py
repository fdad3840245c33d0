"""JSON and YAML in and out of the frozen types, with errors that name file, line and key.

pydantic does the work; it is imported here, when first needed, and nowhere in judgement.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from licsweep.errors import InputError
from licsweep.model import as_utc
from licsweep.version import VERSION

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

MAX_FILE_BYTES = 512 * 1024 * 1024
_LARGE, _AT_ONCE = 64 * 1024, 500


_adapters: dict[Any, "TypeAdapter[Any]"] = {}


def _adapter(kind: Any) -> "TypeAdapter[Any]":
    if kind not in _adapters:
        from pydantic import TypeAdapter

        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def to_json(value: Any, kind: Any = None, *, light: bool = False) -> str:
    """Compact JSON of one of our frozen types for `from_json`; `light` leaves out what is at its default."""
    text: str = _adapter(kind or type(value)).dump_json(value, by_alias=True, exclude_defaults=light).decode()
    return text


def plain(value: Any, kind: Any = None) -> Any:
    """The same as plain dicts, lists and strings."""
    return _adapter(kind or type(value)).dump_python(value, mode="json", by_alias=True)


def from_json(text: str | bytes, kind: Any) -> Any:
    """The value that our own `to_json` wrote."""
    return _adapter(kind).validate_json(text)


def schema(kind: Any) -> dict[str, Any]:
    """JSON Schema of a type."""
    made: dict[str, Any] = _adapter(kind).json_schema(mode="serialization")
    return made


def envelope(kind: str, data: Any) -> str:
    """The versioned envelope of every `--format json`, ready to print."""
    now = datetime.now(UTC).replace(microsecond=0)
    whole = {
        "schema": f"licsweep/{kind}/1",
        "generated_at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "tool": {"name": "licsweep", "version": VERSION},
        "data": data,
    }
    from pydantic_core import to_json as dump

    return dump(whole, indent=1).decode()


def moment(text: str, *, beginning: bool = False) -> datetime:
    """A timestamp that a person typed, in UTC; a bare date means its last moment, or its first. Raises InputError."""
    try:
        if len(text) == len("2026-01-31") and not beginning:
            return datetime.combine(datetime.fromisoformat(text), time(), UTC) + timedelta(days=1, microseconds=-1)
        return as_utc(datetime.fromisoformat(text))
    except ValueError as error:
        raise InputError(f"{text}: not a date", why="2026-01-31 or 2026-01-31T12:00:00Z is expected") from error


def read_bounded(path: Path, limit: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of a file that a person named; InputError where it is missing, unreadable or over `limit`."""
    try:
        if path.stat().st_size > limit:
            raise InputError(f"{path}: larger than {limit // 1024 // 1024} MiB", why="a file of this size is not read")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", why="the file can't be read") from error


def check_json(raw: bytes | str, kind: Any, where: str) -> Any:
    """A person's JSON as `kind`, strictly; InputError begins with `where` and names the key."""
    from pydantic import ValidationError

    try:
        return _adapter(kind).validate_json(raw, strict=True)
    except ValidationError as error:
        raise _wrong(where, error, None) from error


def load_yaml_file(path: Path, kind: Any) -> Any:
    """A person's YAML (or JSON) file as `kind`; InputError names file, line and key."""
    from pydantic import ValidationError

    text = read_bounded(path).decode("utf-8", "replace")
    data = _large_mapping(path, text) if len(text) > _LARGE else None
    if data is None:
        data = _yaml(path, text)[1]
    try:
        return _adapter(kind).validate_python(data)
    except ValidationError as error:
        raise _wrong(path, error, _yaml(path, text)[0]) from error  # the nodes are large and were let go


def _large_mapping(path: Path, text: str) -> dict[str, Any] | None:
    """A long plain mapping read some entries at a time: PyYAML's nodes take twenty times the text's room.

    None where the text is not plain (anchors, documents) or a part does not stand alone; then it is read whole, and
    what is wrong with it is told from there.
    """
    if re.search(r"[&*]|^(?:---|%)", text, re.MULTILINE):
        return None
    starts = [match.start() for match in re.finditer(r"^(?=[^\s#\]}])", text, re.MULTILINE)][::_AT_ONCE]
    whole: dict[str, Any] = {}
    size = 0
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        try:
            part = _yaml(path, text[start:end])[1]
        except InputError:
            return None
        if not isinstance(part, dict):
            return None
        whole |= part
        size += len(part)
    return whole if len(whole) == size else None


def _yaml(path: Path, text: str) -> tuple[Any, Any]:
    """The nodes of a YAML text, which know their lines, and its data."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        node = loader.get_single_node()
        _no_key_twice(path, node)  # before merges are worked in
        return node, loader.construct_document(node) if node is not None else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        raise InputError(f"{path}{where}: not valid YAML", why=str(getattr(error, "problem", error))) from error
    finally:
        loader.dispose()


def _no_key_twice(path: Path, root: Any) -> None:
    """YAML lets the last of two equal keys win in silence; here that is an error."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node is None or not isinstance(node.value, list):
            continue
        seen: set[str] = set()
        for part in node.value:
            if not isinstance(part, tuple):
                waiting.append(part)
                continue
            key, value = part
            if key.value in seen:
                raise InputError(f"{path}:{key.start_mark.line + 1}: {key.value}: stands there twice")
            seen.add(str(key.value))
            waiting.append(value)


def _wrong(path: Path | str, error: "ValidationError", node: Any) -> InputError:
    """The first complaint, with the line of the innermost node that its location reaches."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    line = _line_of(node, first["loc"])
    at = f"{path}:{line}" if line else str(path)
    return InputError(
        f"{at}: {place or 'the whole file'}: {first['msg']}", why="the file does not have the expected shape"
    )


def _line_of(node: Any, place: Sequence[int | str]) -> int | None:
    if node is None:
        return None
    line = int(node.start_mark.line) + 1
    for part in place:
        step = None
        if isinstance(part, int) and isinstance(node.value, list) and part < len(node.value):
            step = node.value[part]
            mark = step
        elif isinstance(node.value, list):
            pair = next((p for p in node.value if isinstance(p, tuple) and p[0].value == part), None)
            mark, step = pair or (None, None)
        if step is None:
            break
        node, line = step, int(mark.start_mark.line) + 1
    return line
