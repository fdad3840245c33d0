"""SQLite against PostgreSQL: storing hosts as sweeps bring them, and reading all of them. `python bench/store.py`.

A night of BENCH_HOSTS hosts (1,000) is stored whole, the next one mostly as differences; then every host's state is
read. PostgreSQL runs here with its own settings (synced to disk at each host), on a socket. CPU is that of the
collector and, for PostgreSQL, of the server; two collectors are two processes, half of the hosts each.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import pytest
from history import START, Box

sys.path.insert(0, str(Path(__file__).parents[1]))
from measure import cpu

from licsweep.settings import Project, load
from licsweep.store import reading, writing
from tests import postgres

HOSTS, NIGHTS = int(os.environ.get("BENCH_HOSTS", "1000")), 2


def collect(project: Project, first: int, count: int) -> None:
    """One collector: begins when it hears that all are ready, and tells the seconds that storing took."""
    results = [
        [Box(number, tech_support=False).result(night) for number in range(first, first + count)]
        for night in range(NIGHTS)
    ]
    with writing(project, "bench") as store:
        print("ready", flush=True)
        sys.stdin.readline()
        began, used = time.monotonic(), cpu()
        for night, of_hosts in enumerate(results):
            at = START + timedelta(days=night)
            snapshot = store.begin("sweep", "all hosts", count, at)
            for one in of_hosts:
                store.save_host(snapshot, one)
            store.end(snapshot, "complete", at)
        print(json.dumps({"seconds": time.monotonic() - began, "cpu": cpu() - used}))


def server_cpu(folder: Path | None) -> float:
    """Seconds of CPU of a server and all that it started; of no server 0."""
    if folder is None:
        return 0.0
    chief = (folder / "data" / "postmaster.pid").read_text().split()[0]
    used = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        number, fields = stat.parent.name, stat.read_text().rpartition(")")[2].split()
        if number == chief:
            used += sum(map(int, fields[11:15]))  # with what has ended
        elif fields[1] == chief:
            used += sum(map(int, fields[11:13]))
    return used / os.sysconf("SC_CLK_TCK")


def measure(name: str, database: str, collectors: int, server: Path | None = None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        share, running = HOSTS // collectors, []
        for number in range(collectors):
            place = Path(folder) / str(number)
            place.mkdir()
            words = [sys.executable, __file__, str(place), database, str(number * share), str(share)]
            running.append(subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        for one in running:
            assert one.stdout
            assert one.stdout.readline() == "ready\n"
        before = server_cpu(server)
        told = []
        for one in running:
            assert one.stdin
            one.stdin.write("go\n")
            one.stdin.flush()
        for one in running:
            told.append(json.loads(one.communicate()[0]))
        stored = NIGHTS * share * collectors
        wall, mine = max(one["seconds"] for one in told), sum(one["cpu"] for one in told)
        theirs = server_cpu(server) - before
        began = time.monotonic()
        with reading(load(Path(folder) / "0", {"database": database}, environment={})) as store:
            states = store.host_states(as_of=START + timedelta(days=NIGHTS + 1))
        assert len(states) == share * collectors
        each = [1000 * seconds / stored for seconds in (wall, mine, theirs)]
        print(f"{name:28}" + "".join(f"{ms:>12.2f}" for ms in each) + f"{time.monotonic() - began:>12.2f}")


def main() -> None:
    print(f"\nstoring {HOSTS:,} hosts, {NIGHTS} nights: ms a host; reading the state of all: seconds")
    print(f"{'':28}{'wall':>12}{'CPU':>12}{'server CPU':>12}{'reading':>12}")
    measure("SQLite", "licsweep.db", 1)
    try:
        with postgres.server(quick=False) as server:
            measure("PostgreSQL", server.new(), 1, server.folder)
            measure("PostgreSQL, two collectors", server.new(), 2, server.folder)
    except pytest.skip.Exception as missing:
        print(missing)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        where, named, *numbers = sys.argv[1:]
        collect(load(Path(where), {"database": named}, environment={}), *map(int, numbers))
    else:
        main()
