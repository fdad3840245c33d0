"""The process that reads a workbook (workbook.py starts it): its first visible sheet with text, as JSON on stdout.

Run by its path as `workbook_reader.py LIBRARY_FOLDER MAX_MEMORY MAX_ROWS MAX_COLUMNS WORKBOOK`; it imports nothing of
licsweep. Exit code 0, NOT_READ with the reason on stderr, or anything else where memory ran out.
"""

import json
import resource
import sys
from datetime import datetime, time
from typing import Any

NOT_READ = 1
_OUT_OF_MEMORY = 2
_EXACT = 10**15  # above it Excel rounds a number


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


def _read(path: str, most_rows: int, most_columns: int) -> tuple[str, list[str], list[tuple[int, list[str]]]]:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum, load_workbook

    found = []
    with load_workbook(path) as book:
        for meta in book.sheets_metadata:
            if meta.typ == SheetTypeEnum.WorkSheet and meta.visible == SheetVisibleEnum.Visible:
                sheet = book.get_sheet_by_name(meta.name)
                if sheet.total_height > most_rows or sheet.total_width > most_columns:
                    raise ValueError(
                        f"sheet {meta.name!r} has {sheet.total_height} rows and {sheet.total_width} columns"
                    )
                rows = [(n, list(map(_text, row))) for n, row in enumerate(sheet.to_python(skip_empty_area=False), 1)]
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
