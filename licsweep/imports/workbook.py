"""XLSX through python-calamine (the extra `xlsx-read`), in a process of its own with bounded memory and time.

A workbook of a few kilobytes can ask for terabytes (one cell in the last row and column), and calamine then ends its
process; here only the reader's process ends, and the person reads why.
"""

import json
import resource
import subprocess
import sys
from datetime import datetime, time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from licsweep.errors import InputError, MissingExtra

MAX_MEMORY = 1024 * 1024 * 1024
MAX_SECONDS = 120
_ENDED_ITSELF = 1


def first_sheet(path: Path) -> tuple[str, list[str], list[tuple[int, list[str]]]]:
    """The first visible sheet with text: its name, the names of other such sheets, and its numbered rows of text.

    Raises MissingExtra without python-calamine, InputError where the file is no workbook or is out of bounds.
    """
    if find_spec("python_calamine") is None:
        raise MissingExtra(
            f"{path}: reading XLSX needs python-calamine",
            why="it is an optional part that is not installed",
            hint="pip install 'licsweep[xlsx-read]', or save the sheet as CSV UTF-8",
        )
    try:
        done = subprocess.run(  # noqa: S603 - this interpreter, our own module
            [sys.executable, "-m", __name__, str(path.absolute())],
            capture_output=True,
            timeout=MAX_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(f"{path}: not read within {MAX_SECONDS} s", hint="save the sheet as CSV UTF-8") from error
    if done.returncode == 0:
        name, others, rows = json.loads(done.stdout)
        return name, others, [(number, cells) for number, cells in rows]
    said = done.stderr.decode("utf-8", "replace").strip()
    if done.returncode == _ENDED_ITSELF and said:
        raise InputError(f"{path}: not a workbook that can be read", why=said.splitlines()[-1])
    why = f"it asks for more than {MAX_MEMORY // 1024 // 1024} MiB"
    raise InputError(f"{path}: the workbook is too large", why=why, hint="save the sheet as CSV UTF-8")


def _text(cell: Any) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime():
            return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
        case _:
            return str(cell)


def _read(path: str) -> tuple[str, list[str], list[tuple[int, list[str]]]]:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum, load_workbook

    found = []
    with load_workbook(path) as book:
        for meta in book.sheets_metadata:
            if meta.typ == SheetTypeEnum.WorkSheet and meta.visible == SheetVisibleEnum.Visible:
                cells = book.get_sheet_by_name(meta.name).to_python(skip_empty_area=False)
                rows = [(n, list(map(_text, row))) for n, row in enumerate(cells, 1)]
                if rows := [(n, row) for n, row in rows if any(cell.strip() for cell in row)]:
                    found.append((meta.name, rows))
    if not found:
        raise ValueError("no visible sheet holds text")
    return found[0][0], [name for name, _ in found[1:]], found[0][1]


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    try:
        print(json.dumps(_read(sys.argv[1])))
    except MemoryError:
        sys.exit(2)
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(_ENDED_ITSELF)


if __name__ == "__main__":
    _main()
