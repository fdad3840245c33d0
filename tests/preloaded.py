"""The program in a process of its own for each call, without the second that its imports take: a process that has
imported everything forks for each call. Started once in each test process; ends with it.
"""

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

SERVER = """
import importlib, json, os, pkgutil, sys, traceback
import licsweep, collectors, reconcile
for package in (licsweep, collectors, reconcile):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            importlib.import_module(module.name)
import alembic.command, alembic.config, jinja2, pydantic, rich.console, rich.table, xlsxwriter
from collectors import index
from licsweep.cli import VERBS, main
from reconcile.tables.tables import Tables
Tables.load(), index.forms()
print("ready", flush=True)
for line in sys.stdin:
    call = json.loads(line)
    child = os.fork()
    if child == 0:
        os.environ.clear()
        os.environ.update(call["environment"])
        os.chdir(call["folder"])
        for fd, (name, flags) in enumerate(zip(call["files"], (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY))):
            opened = os.open(name, flags)
            os.dup2(opened, fd)
            os.close(opened)
        sys.stdin = open(0)
        sys.stdout, sys.stderr = open(1, "w"), open(2, "w")
        code = 0
        try:
            main(call["arguments"], prog_name="licsweep")
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
            if isinstance(error.code, str):
                print(error.code, file=sys.stderr)
        except BaseException:
            traceback.print_exc()
            code = 1
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                pass
        os._exit(code)
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
"""


class Preloaded:
    """The process that forks."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def run(
        self, arguments: list[str], stdin: str | None, environment: Mapping[str, str], folder: Path
    ) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of one call."""
        process = self._started()
        with tempfile.TemporaryDirectory() as place:
            files = [Path(place) / name for name in ("in", "out", "err")]
            for file in files:
                file.write_bytes(b"")
            files[0].write_text(stdin or "", encoding="utf-8", errors="surrogateescape")
            call = {
                "arguments": arguments,
                "environment": dict(environment),
                "folder": str(folder),
                "files": list(map(str, files)),
            }
            _pipe(process.stdin).write(json.dumps(call) + "\n")
            _pipe(process.stdin).flush()
            code = int(_pipe(process.stdout).readline())
            out, err = (file.read_text("utf-8", "surrogateescape") for file in files[1:])
        return code, out, err

    def _started(self) -> "subprocess.Popen[str]":
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "error", "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            assert _pipe(self._process.stdout).readline() == "ready\n"
            atexit.register(self._process.kill)
        return self._process


def _pipe(stream: IO[str] | None) -> Any:
    assert stream is not None
    return stream


PRELOADED = Preloaded()


def run(arguments: list[str], stdin: str | None = None, **environment: str) -> tuple[int, str, str]:
    """One call of the program without any LICSWEEP_ variable but those given."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LICSWEEP_")}
    return PRELOADED.run(arguments, stdin, clean | environment, Path.cwd())
