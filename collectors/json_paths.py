"""Answers of REST and SOAP interfaces -> rows, by maps from paths to fields (templates/<platform>/index.yaml).

A JSON object or an XML document is taken apart into its leaves. A path names keys only (`items.metadata.authStatus`):
lists add nothing to it, so that one element alone, which XML and NX-OS print without a list, is read like many.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, takewhile
from typing import Any, NamedTuple
from xml.parsers import expat

from collectors import structured
from collectors.index import TableRef
from collectors.lines import MAX_LINES, MAX_WIDTH, Line
from collectors.tables import Row
from licsweep.errors import InputError

MAX_SHOWN = 1000
"""Characters of a path: an answer whose objects lie deeper is not read."""
Spot = tuple[int, ...]


class Leaf(NamedTuple):
    """A value: its number over all pages of an answer, its path, and where among lists it stands.

    `spots` has an item per key: the indexes of the lists under it (the first one begins with the page).
    `shown` is the JSON path within its page (`$.items[0].regStatus`).
    """

    number: int
    path: str
    spots: tuple[Spot, ...]
    shown: str
    text: str

    @property
    def line(self) -> Line:
        """The leaf as a line of text: its last key and its value."""
        return Line(self.number, f"{self.path.rpartition('.')[2]}: {' '.join(self.text.split())}".rstrip())


def leaves(text: str, page: int = 0, root: str | None = None, first: int = 1) -> list[Leaf]:
    """The values of one answer, numbered from `first`; none where the text is no whole JSON object or XML document.

    `root` is the key that paths begin at, wherever it stands (in a SOAP envelope, say); an answer may leave it out, as
    Unity Connection does in JSON [K]. InputError: too many values.
    """
    try:
        found = list(islice(_walk(_tree(text), page), MAX_LINES + 1))
    except (ValueError, RecursionError, expat.ExpatError):
        return []
    if len(found) > MAX_LINES:
        raise InputError(f"the answer has more than {MAX_LINES} values", why="no answer that is read here has as many")
    cut = [_below(leaf, root) for leaf in found] if root else found
    if root and not any(root in leaf.path.split(".") for leaf in found):
        cut = [leaf._replace(path=f"{root}.{leaf.path}", spots=((), *leaf.spots)) for leaf in found]
    return [leaf._replace(number=number) for number, leaf in enumerate(cut, first)]


def of_pages(texts: Sequence[str], root: str | None = None) -> list[list[Leaf]]:
    """The values of each page of an answer, numbered through all of them."""
    found: list[list[Leaf]] = []
    for page, text in enumerate(texts):
        found.append(leaves(text, page, root, 1 + sum(map(len, found))))
    return found


def paths(found: Sequence[Leaf]) -> list[Line]:
    """The paths alone, as lines, for the patterns that recognize a form."""
    return [Line(leaf.number, leaf.path) for leaf in found]


def rows(table: TableRef, found: Sequence[Leaf]) -> tuple[list[Row], set[int]]:
    """The rows of a table, one for each object under its `each`, and the numbers of the leaves that it knows."""
    keys = tuple(table.each.split(".")) if table.each else ()
    index: dict[tuple[str, tuple[Spot, ...]], list[Leaf]] = {}
    for leaf in found:
        for depth in range(len(leaf.spots) + 1):
            index.setdefault((leaf.path, leaf.spots[:depth]), []).append(leaf)
    read, claimed = [], set()
    shared = {path: _common(path.split("."), keys) for path in table.paths or ()}
    for head in heads(found, table.each):
        row = Row({}, {})
        for path, rule in (table.paths or {}).items():
            for leaf in index.get((path, head[: shared[path]]), ()):
                if _take(row, rule, leaf):
                    claimed.add(leaf.number)
        if row.values:
            read.append(row)
    return read, claimed


def heads(found: Iterable[Leaf], each: str | None) -> list[tuple[Spot, ...]]:
    """The objects under a path, in their order; the page itself where there is none."""
    depth = len(each.split(".")) if each else 0
    inside = (leaf for leaf in found if not each or leaf.path == each or leaf.path.startswith(each + "."))
    return list(dict.fromkeys(leaf.spots[:depth] for leaf in inside if not each or leaf.text or leaf.path != each))


def _common(path: Sequence[str], keys: Sequence[str]) -> int:
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(path, keys, strict=False))))


def _take(row: Row, rule: Any, leaf: Leaf) -> bool:
    """Puts a value where its rule says; False where no rule of several fits it. A null is known and says nothing."""
    for one in (rule if isinstance(rule, list) else [rule]) if len(leaf.text) <= MAX_WIDTH else ():
        if isinstance(one, str):
            if leaf.text:
                _put(row, one, leaf.text, leaf)
            return True
        if "all" in one:
            row.values[one["all"].upper()] = (*row.values.get(one["all"].upper(), ()), *filter(None, [leaf.text]))
            row.places.setdefault(one["all"].upper(), leaf.number)
            return True
        matched = re.fullmatch(one.get("match", "(?s:.*)"), leaf.text, re.IGNORECASE) if leaf.text else None
        if matched:
            for field, template in one["as"].items():
                _put(row, field, matched.expand(template), leaf)
        if matched or not leaf.text:
            return True
    return False


def _put(row: Row, field: str, text: str, leaf: Leaf) -> None:
    """A second value of a field stands beside the first; that they differ is found where they are understood."""
    name = field.upper()
    row.values[name] = [*row.values[name], text] if name in row.values else [text]
    row.places.setdefault(name, leaf.number)


def _below(leaf: Leaf, root: str) -> Leaf:
    keys = leaf.path.split(".")
    if root not in keys:
        return leaf
    start = keys.index(root)
    return leaf._replace(path=".".join(keys[start:]), spots=leaf.spots[start:])


def _walk(value: Any, page: int, spots: tuple[Spot, ...] = (), path: str = "", shown: str = "$") -> Iterator[Leaf]:
    if len(shown) > MAX_SHOWN:
        raise ValueError("nested too deep")
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            name = f".{key}" if re.fullmatch(r"[\w-]+", key) else f"[{json.dumps(key)}]"
            below = (*spots, () if spots else (page,))
            yield from _walk(inner, page, below, f"{path}.{key}" if path else key, shown + name)
    elif isinstance(value, list) and value:
        for place, inner in enumerate(value):
            yield from _walk(inner, page, (*spots[:-1], (*spots[-1], place)), path, f"{shown}[{place}]")
    else:
        yield Leaf(0, path, spots, shown, _text(value))


def _text(value: Any) -> str:
    """A value as devices would print it; nothing for a null and for what is empty."""
    if value is None or value in ({}, []):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _tree(text: str) -> dict[str, Any]:
    """The object of an answer. Raises ValueError, RecursionError or ExpatError where the text is none."""
    text = text.strip("\ufeff \t\r\n")
    tree: Any = structured.loads(text) if text.startswith("{") else xml_tree(text) if text.startswith("<") else None
    if not isinstance(tree, dict):
        raise ValueError("no object")  # noqa: TRY004 (as the parsers say it)
    return tree


def xml_tree(text: str) -> dict[str, Any]:
    """Elements as keys, repeated ones as lists; prefixes and attributes are left out.

    Raises ExpatError for what is no XML, ValueError for a document type, with which entities could be made.
    """
    stack: list[tuple[str, dict[str, Any], list[str]]] = [("", {}, [])]

    def close(_name: str) -> None:
        name, inner, said = stack.pop()
        outer, value = stack[-1][1], inner or "".join(said).strip()
        known = outer.get(name)
        outer[name] = value if name not in outer else [*known, value] if isinstance(known, list) else [known, value]

    def refuse(*_: Any) -> None:
        raise ValueError("a document type")

    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, _: stack.append((name.rpartition(":")[2], {}, []))
    parser.EndElementHandler, parser.StartDoctypeDeclHandler = close, refuse
    parser.CharacterDataHandler = lambda data: stack[-1][2].append(data)
    parser.Parse(text.encode("utf-8", "replace"), True)
    return stack[0][1]
