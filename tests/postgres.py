"""A real PostgreSQL for one test process, on a Unix socket in a folder of its own."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from shutil import chown, rmtree, which
from typing import Any, NoReturn

import pytest

from licsweep.settings import load
from licsweep.store import writing
from licsweep.store.tables import metadata

# Nothing it holds outlives the tests, so that nothing is made safe against a power cut.
_QUICK = "fsync=off synchronous_commit=off full_page_writes=off shared_buffers=16MB wal_level=minimal max_wal_senders=0"
_ORDER = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en")  # a is before B


def without_postgres(reason: str) -> NoReturn:
    """Skips; under LICSWEEP_NEED_POSTGRES=1 (CI) a test that did not run is a failure."""
    if os.environ.get("LICSWEEP_NEED_POSTGRES") == "1":
        pytest.fail(f"{reason}, and LICSWEEP_NEED_POSTGRES=1 asks for it")
    pytest.skip(reason)


def find_programs(debian: Path = Path("/usr/lib/postgresql")) -> Path:
    """The folder with initdb, the newest release where there are several."""
    found = sorted(debian.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found and (known := which("initdb")):
        found = [Path(known)]
    return found[-1].parent if found else without_postgres(f"no PostgreSQL here (looked for {debian}/*/bin/initdb)")


class Server:
    """A running server; `folder` holds its socket."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._numbers = folder, count()
        self.sql("CREATE DATABASE filled")
        with writing(load(folder, {"database": self.url("filled")}, environment={}), "test", alone=False):
            pass
        self._shared = self.new()

    def url(self, name: str, user: str = "postgres") -> str:
        return f"postgresql+psycopg://{user}@/{name}?host={self.folder}"

    def emptied(self) -> str:
        """The URL of the one database with the tables of this version and no row, for tests that change no table."""
        raw_postgres(self._shared, f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY")
        return self._shared

    def new(self, *, filled: bool = True) -> str:
        """The URL of a database that no other test knows, with the tables of this version or without any."""
        name = f"test{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {'filled' if filled else 'template0'} STRATEGY FILE_COPY")
        return self.url(name)

    def sql(self, statement: str) -> None:
        raw_postgres(self.url("postgres"), statement)


def raw_postgres(url: str, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """What PostgreSQL itself says."""
    import psycopg

    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        ran = connection.execute(sql.encode(), values or None)
        return ran.fetchall() if ran.description else []


@contextmanager
def server(*, quick: bool = True) -> Iterator[Server]:
    """Starts a server, as the user postgres where the tests run as root, and stops it; without `quick` as it is."""
    if not find_spec("psycopg"):
        without_postgres("no psycopg here")
    programs, user = find_programs(), None if os.getuid() else "postgres"
    folder = Path(tempfile.mkdtemp(prefix="licsweep-pg-"))  # a socket's path may have 107 characters

    def run(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [programs / program, "-D", folder / "data", *arguments],
            user=user,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if program == "initdb" else None,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    try:
        if user:
            chown(folder, user)
        run("initdb", "--auth=trust", "--username=postgres", "--no-sync", *_ORDER)
        options = f"-k {folder} -c listen_addresses= " + " ".join(f"-c {one}" for one in _QUICK.split() if quick)
        run("pg_ctl", "start", "-w", "-l", str(folder / "log"), "-o", options)
        try:
            yield Server(folder)
        finally:
            run("pg_ctl", "stop", "-m", "immediate")
    finally:
        rmtree(folder)
