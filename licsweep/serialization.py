"""JSON and YAML in and out of the frozen types, with errors that name file, line and key.

pydantic does the work; it is imported here, when first needed, and nowhere in judgement.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from licsweep import files
from licsweep.errors import InputError
from licsweep.model import as_utc
from licsweep.version import VERSION

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

MAX_YAML_BYTES, MAX_DEPTH, MAX_VALUES = 64 * files.MIB, 100, 3_000_000
_TOO_MUCH = f"more than {MAX_DEPTH} levels or {MAX_VALUES:,} values, aliases counted as what they stand for"
_LARGE, _AT_ONCE = 64 * 1024, 500


T = TypeVar("T")


_adapters: dict[Any, Any] = {}


def _adapter(kind: type[T]) -> "TypeAdapter[T]":
    from pydantic import TypeAdapter

    made: TypeAdapter[T] = _adapters.get(kind) or _adapters.setdefault(kind, TypeAdapter(kind))
    return made


def to_json(value: Any, kind: Any = None, *, light: bool = False) -> str:
    """Compact JSON of one of our frozen types for `from_json`; `light` leaves out what is at its default."""
    return _adapter(kind or type(value)).dump_json(value, by_alias=True, exclude_defaults=light).decode()


def plain(value: Any, kind: Any = None) -> Any:
    """The same as plain dicts, lists and strings."""
    return _adapter(kind or type(value)).dump_python(value, mode="json", by_alias=True)


def from_json(text: str | bytes, kind: type[T]) -> T:
    """The value that our own `to_json` wrote."""
    return _adapter(kind).validate_json(text)


def schema(kind: Any) -> dict[str, Any]:
    """JSON Schema of a type."""
    return _adapter(kind).json_schema(mode="serialization")


def envelope(kind: str, data: Any) -> Iterator[str]:
    """The versioned envelope of every `--format json`, ready to print, in parts: 100 MB are never there as a whole.

    What is as of a moment was generated then, so that the same input gives the same bytes; anything else now.
    """
    as_of = data.get("as_of") if isinstance(data, dict) else None
    whole = {
        "schema": f"licsweep/{kind}/1",
        "generated_at": as_of or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "tool": {"name": "licsweep", "version": VERSION},
        "data": None,
    }
    beginning, end = _indented(whole, "\n").rsplit("null", 1)
    yield beginning
    yield from _parts(data, "\n ")
    yield f"{end}\n"


def _parts(data: Any, margin: str) -> Iterator[str]:
    if isinstance(data, dict) and data and margin == "\n ":
        for place, (key, value) in enumerate(data.items()):
            yield f"{',' if place else '{'}{margin} {_indented(key, margin)}: "
            yield from _parts(value, f"{margin} ")
        yield f"{margin}}}"
    elif isinstance(data, list) and len(data) > _AT_ONCE:
        for at in range(0, len(data), _AT_ONCE):
            rows = _indented(data[at : at + _AT_ONCE], margin)[1 : -len(f"{margin}]")]
            yield f"{',' if at else '['}{rows}"
        yield f"{margin}]"
    else:
        yield _indented(data, margin)


def _indented(value: Any, margin: str) -> str:
    """JSON of plain data; `margin` is a line's end and the blanks before the next."""
    from pydantic_core import to_json as dump

    return dump(value, indent=1).decode().replace("\n", margin)


def moment(text: str, *, beginning: bool = False) -> datetime:
    """A timestamp that a person typed, in UTC; a bare date means its last moment, or its first. Raises InputError."""
    why = "2026-01-31 or 2026-01-31T12:00:00Z is expected, 1900 to 2999"  # so that sums stay in Python's years
    wrong = InputError(f"{text}: not a date", why=why)
    if not "19" <= text[:2] <= "29":
        raise wrong
    try:
        if re.fullmatch(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}", text) and not beginning:
            return datetime.combine(datetime.fromisoformat(text), time(), UTC) + timedelta(days=1, microseconds=-1)
        return as_utc(datetime.fromisoformat(text))
    except ValueError as error:
        raise wrong from error


def not_in_the_future(at: datetime | None, where: str) -> None:
    """Raises InputError for a time that is more than a day ahead: what is dated so would count only when it comes."""
    if at and at > datetime.now(UTC) + timedelta(days=1):
        why, hint = "nothing can have been taken then", "date -u tells the clock"
        raise InputError(f"{where}: {at:%Y-%m-%d} is in the future", why=why, hint=hint)


def check_json(raw: bytes | str, kind: Any, where: str, *, strict: bool = True) -> Any:
    """A person's JSON as `kind`, strictly unless we wrote it; InputError begins with `where` and names the key."""
    from pydantic import ValidationError

    try:
        return _adapter(kind).validate_json(raw, strict=strict)
    except ValidationError as error:
        raise _wrong(where, error) from error


def csv_rows(where: str, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each row of a CSV text that is not blank. Raises InputError."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        what, why = "not whole CSV", "a quote is opened and not closed, or text stands behind a closed one"
        if "limit" in str(error):
            what, why = f"a cell has more than {csv.field_size_limit():,} characters", "a quote may not be closed"
        raise InputError(f"{where}: row {reader.line_num}: {what}", why=why) from error


def load_yaml_file(path: Path, kind: type[T], *, found_in: Path | None = None) -> T:
    """A person's YAML (or JSON) file as `kind`; InputError names file, line and key.

    Aliases and merges are allowed as long as the file stays within MAX_DEPTH levels and MAX_VALUES values when each
    alias counts as what it stands for.
    """
    from pydantic import ValidationError

    text = files.read(path, MAX_YAML_BYTES, found_in=found_in).text
    data = _large_mapping(path, text) if len(text) > _LARGE else None
    if data is None:
        data = _yaml(path, text)[1]
    try:
        return _adapter(kind).validate_python(data)
    except ValidationError as error:
        raise _wrong(f"{path}:{line_of(path, error.errors()[0]['loc'])}", error) from error


def yaml_table(module: str, name: str, kind: type[T]) -> Callable[[], T]:
    """What gives the YAML file `name` beside a module (its `__file__`) as `kind`; it is read once, when needed."""
    return cache(partial(load_yaml_file, Path(module).with_name(name), kind))


def _large_mapping(path: Path, text: str) -> dict[str, Any] | None:
    """A long plain mapping read some entries at a time: PyYAML's nodes take twenty times the text's room.

    None where the text is not plain (anchors, documents) or a part can't be read by itself; then it is read whole, and
    what is wrong with it is told from there.
    """
    starts = [match.start() for match in re.finditer(r"^(?=[^\s#\]}])", text, re.MULTILINE)][::_AT_ONCE]
    if not starts or re.search(r"[&*]|^(?:---|%)", text, re.MULTILINE):
        return None
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

    loader = None
    try:
        loader = _loader()(text)
        node = loader.get_single_node()
        _measure(node, {}, 1)  # before merges are worked in
        return node, loader.construct_document(node) if node is not None else None
    except yaml.reader.ReaderError as error:
        raise InputError(f"{path}: character {error.position} is not allowed in YAML") from error
    except yaml.MarkedYAMLError as error:
        where = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        if error.note:
            raise InputError(f"{path}{where}: {error.problem}") from error
        why = next(words for part, words in _mistakes()["yaml"].items() if part in str(error.problem))
        raise InputError(f"{path}{where}: not valid YAML", why=why) from error
    finally:
        if loader is not None:
            loader.dispose()


@cache
def _loader() -> Any:
    """PyYAML's safe loader, in C where it is there, which stops at MAX_DEPTH levels and MAX_VALUES values."""
    import yaml

    safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(safe):  # type: ignore[misc]
        depth = values = 0

        def descend_resolver(self, node: Any, index: Any) -> None:  # noqa: ARG002 - PyYAML's hook before each node
            self.depth += 1
            self.values += 1
            if self.depth > MAX_DEPTH or self.values > MAX_VALUES:
                raise _refused(node, _TOO_MUCH)

        def ascend_resolver(self) -> None:
            self.depth -= 1

        def construct_object(self, node: Any, deep: bool = False) -> Any:
            try:
                return super().construct_object(node, deep)
            except (ValueError, LookupError, ArithmeticError, TypeError, AttributeError) as error:
                kind = node.tag.rpartition(":")[2]  # a value that its tag does not fit, a date without such a day
                raise _refused(node, f"no valid {kind}") from error

    return Loader


def _refused(node: Any, problem: str) -> Exception:
    """What is wrong with a node, in our words: `note` tells it from PyYAML's."""
    import yaml

    return yaml.MarkedYAMLError(None, None, problem, node.start_mark if node else None, note=__name__)


def _measure(node: Any, known: dict[int, tuple[int, int] | None], depth: int) -> tuple[int, int]:
    """Values and levels below a node with each alias counted as what it stands for; `known` are those of earlier nodes.

    Refuses a node that holds itself, one that is too large or too deep, a key that is no plain word and a key that
    stands twice (YAML lets the last of two win in silence).
    """
    if node is None or not isinstance(node.value, list):
        return 1, 1
    if id(node) not in known:
        known[id(node)] = None
        seen = set()
        for key, _ in node.value if node.id == "mapping" else ():
            if isinstance(key.value, list):
                raise _refused(key, "a key is no plain word")
            if key.value in seen:
                raise _refused(key, f"{key.value}: stands there twice")
            seen.add(key.value)
        parts = [value for _, value in node.value] if node.id == "mapping" else node.value
        below = [_measure(part, known, depth + 1) for part in parts]
        values = 1 + len(seen) + sum(size for size, _ in below)
        known[id(node)] = values, 1 + max((levels for _, levels in below), default=0)
    measured = known[id(node)]
    if measured is None:
        raise _refused(node, "an alias stands inside what it stands for")
    if measured[0] > MAX_VALUES or depth + measured[1] > MAX_DEPTH + 1:
        raise _refused(node, _TOO_MUCH)
    return measured


def _wrong(at: str, error: "ValidationError") -> InputError:
    """The first complaint."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    mistakes = _mistakes()["values"].items()
    what = next((words for kind, words in mistakes if first["type"].startswith(kind)), "has not the expected form")
    return InputError(
        f"{at}: {place or 'the whole file'}: {what.format_map(first.get('ctx', {}))}",
        why="the file does not have the expected shape",
    )


_mistakes = yaml_table(__file__, "mistakes.yaml", dict[str, dict[str, str]])


def line_of(path: Path, place: Sequence[Any]) -> int:
    """The line of what keys and numbers lead to in a YAML file, or of the innermost thing around it."""
    node = _yaml(path, files.read(path, MAX_YAML_BYTES).text)[0]  # nodes are large: they are made for a mistake alone
    line = node.start_mark.line if node else 0
    for part in place if node else ():
        if node.id == "mapping":
            inner = [(key, value) for key, value in node.value if key.value == part]
        else:
            inner = [(node.value[part],) * 2] if node.id == "sequence" and isinstance(part, int) else []
        if not inner:
            break
        key, node = inner[0]
        line = key.start_mark.line
    return int(line) + 1
