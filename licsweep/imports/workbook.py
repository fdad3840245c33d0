"""XLSX through python-calamine (the extra `xlsx-read`), in a process of its own with bounded memory and time.

A workbook of a few kilobytes can ask for terabytes (one cell in the last row and column), and calamine then ends its
process; here only the reader's process ends, and the person reads why. That process is isolated (`-I`, no environment,
the library named by its folder), so that a file of the current folder can't take the place of a module.
"""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from licsweep.errors import InputError, MissingExtra
from licsweep.imports import workbook_reader
from licsweep.imports.files import LIMITS

MAX_MEMORY = 1024 * 1024 * 1024
MAX_SECONDS = 120


def first_sheet(path: Path) -> tuple[str, list[str], list[tuple[int, list[str]]]]:
    """The first visible sheet with text: its name, the names of other such sheets, and its numbered rows of text.

    Raises MissingExtra without python-calamine, InputError where the file is no workbook or is out of bounds.
    """
    calamine = find_spec("python_calamine")
    if calamine is None or calamine.origin is None:
        raise MissingExtra(
            f"{path}: reading XLSX needs python-calamine",
            why="it is an optional part that is not installed",
            hint="pip install 'licsweep[xlsx-read]', or save the sheet as CSV UTF-8",
        )
    library, reader = Path(calamine.origin).parents[1], Path(workbook_reader.__file__)
    bounds = map(str, (MAX_MEMORY, LIMITS["rows"], LIMITS["columns"]))
    try:
        done = subprocess.run(  # noqa: S603 - this interpreter, our own module
            [sys.executable, "-I", reader.absolute(), library.absolute(), *bounds, path.absolute()],
            capture_output=True,
            timeout=MAX_SECONDS,
            check=False,
            env={},
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(f"{path}: not read within {MAX_SECONDS} s", hint="save the sheet as CSV UTF-8") from error
    if done.returncode == 0:
        name, others, rows = json.loads(done.stdout)
        return name, others, [(number, cells) for number, cells in rows]
    said = done.stderr.decode("utf-8", "replace").strip()
    if done.returncode == workbook_reader.NOT_READ and said:
        raise InputError(f"{path}: not a workbook that can be read", why=said.splitlines()[-1])
    why = f"it asks for more than {MAX_MEMORY // 1024 // 1024} MiB"
    raise InputError(f"{path}: the workbook is too large", why=why, hint="save the sheet as CSV UTF-8")
