"""The process that reads a workbook (workbook.py starts it): its first visible sheet with text, as JSON on stdout.

Run by its path as `workbook_reader.py LIBRARY_FOLDER MAX_MEMORY MAX_ROWS MAX_COLUMNS WORKBOOK`; it imports nothing of
licsweep. Exit code 0, NOT_READ with the reason on stderr, or anything else where memory ran out.
"""

import functools
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime, time
from typing import Any

NOT_READ = 1
_OUT_OF_MEMORY = 2
_EXACT = 10**15  # above it Excel rounds a number
_BOOK, _LINKS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_TAG = re.compile(rb"<(?:\w+:)?(?:sheet|Relationship)\s[^>]*>")
_ATTRIBUTE = re.compile(rb'([\w:]+)="([^"]*)"')
_FORMULA = rb"<f\b[^>]*(?:/>|>[^<]*</f>)"
_NO_RESULT = re.compile(
    rb'<c r="([A-Z]{1,3})([0-9]{1,7})"(?:[^>]*\st="e"[^>]*>(?:' + _FORMULA + rb")?<v>([^<]*)</v>"
    rb'|(?![^>]*\st="str")[^>]*>' + _FORMULA + rb"(?:<v ?/>|<v></v>)?</c>)"
)


def _text(cell: Any) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case float() if cell.is_integer():
            return str(int(cell)) if abs(cell) < _EXACT else f"{cell:.14E}"
        case datetime():
            return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
        case _:
            return str(cell)


def _without_result(path: str, place: int) -> Iterator[tuple[int, int, str]]:
    """Row, column and text of cells that calamine gives as empty: errors, and formulas that nobody has computed."""
    with zipfile.ZipFile(path) as book:
        if not {_BOOK, _LINKS} <= set(book.namelist()):
            return
        sheets, links = (_tags(book.read(part)) for part in (_BOOK, _LINKS))
        link = next(said for name, said in sheets[place].items() if name.endswith(b":id"))  # r:id, whatever r is called
        target = {one.get(b"Id"): one.get(b"Target", b"") for one in links}[link].decode()
        cells = book.read(target[1:] if target.startswith("/") else f"xl/{target}")
    for letters, row, error in _NO_RESULT.findall(cells):
        column = functools.reduce(lambda number, letter: number * 26 + letter - 64, letters, 0) - 1
        yield int(row), column, error.decode() or "a formula without its result"


def _tags(part: bytes) -> list[dict[bytes, bytes]]:
    """The attributes of the sheets of a workbook, and of what it links to."""
    return [dict(_ATTRIBUTE.findall(tag)) for tag in _TAG.findall(part)]


def _read(path: str, most_rows: int, most_columns: int) -> tuple[str, list[str], list[tuple[int, list[str]]]]:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum, load_workbook

    found = []
    with load_workbook(path) as book:
        for place, meta in enumerate(book.sheets_metadata):
            if meta.typ == SheetTypeEnum.WorkSheet and meta.visible == SheetVisibleEnum.Visible:
                sheet = book.get_sheet_by_name(meta.name)
                if sheet.total_height > most_rows or sheet.total_width > most_columns:
                    raise ValueError(
                        f"sheet {meta.name!r} has {sheet.total_height} rows and {sheet.total_width} columns"
                    )
                rows = [(n, list(map(_text, row))) for n, row in enumerate(sheet.to_python(skip_empty_area=False), 1)]
                for at, column, said in _without_result(path, place):
                    if at <= len(rows) and column < len(rows[at - 1][1]):
                        rows[at - 1][1][column] = said
                if rows := [(n, row) for n, row in rows if any(cell.strip() for cell in row)]:
                    found.append((meta.name, rows))
    if not found:
        raise ValueError("no visible sheet holds text")
    return found[0][0], [name for name, _ in found[1:]], found[0][1]


def _main(library: str, memory: str, rows: str, columns: str, path: str) -> None:
    sys.path.append(library)
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    try:
        print(json.dumps(_read(path, int(rows), int(columns))))
    except MemoryError:
        sys.exit(_OUT_OF_MEMORY)
    except ValueError as error:
        print(error, file=sys.stderr)
        sys.exit(NOT_READ)
    except Exception:
        print("it is damaged, has a password, or is another kind of file", file=sys.stderr)
        sys.exit(NOT_READ)


if __name__ == "__main__":
    _main(*sys.argv[1:])
