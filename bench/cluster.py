"""Two workers against one, and against no cluster at all. `python bench/cluster.py`.

BENCH_DEVICES (300) simulated IOS XE devices, each program a process of this machine, which the simulator shares with
them: on two cores two workers can't be twice as fast. Into one PostgreSQL, each way BENCH_RUNS times (3) in turns,
medians. CPU is that of the workers and the sweep with its imports, without scheduler, PostgreSQL and simulator.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from licsweep.simulator.estate import SimulatedEstate
from tests import postgres
from tests.faults.conftest import environment
from tests.sweep.test_cluster import Programs

DEVICES, RUNS = int(os.environ.get("BENCH_DEVICES", "300")), int(os.environ.get("BENCH_RUNS", "3"))
SETTINGS = "workers = 50\nmax_per_site = 0\nstart_jitter = 0\nslow_start = 0\nlockout_after = 0\n"


def used(pid: int) -> float:
    """Seconds of CPU of a process and of those that it waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    found: dict[str, list[tuple[float, float]]] = {}
    with (
        postgres.server() as server,
        SimulatedEstate(DEVICES, only="slup", latency_ms=20) as estate,
        tempfile.TemporaryDirectory() as folder,
    ):
        programs, given = Programs(Path(folder), "warning"), environment(estate)
        for name in ("scheduler", "one", "two", "asks"):
            project = programs.folder / name
            project.mkdir()
            estate.write_project(project)
            (project / "licsweep.toml").write_text(f'database = "{server.emptied()}"\n{SETTINGS}')
        asks = programs.folder / "asks"
        programs.start(programs.folder / "scheduler", given, "cluster", "scheduler", "tcp://127.0.0.1:0")
        url = programs.said("scheduler", "reach it at")
        for _ in range(RUNS):
            for way in ("no cluster, one process", "one worker", "two workers"):
                names = {"one worker": ["one"], "two workers": ["one", "two"]}.get(way, [])
                workers = [programs.start(programs.folder / name, given, "cluster", "worker", url) for name in names]
                for name in names:
                    programs.said(name, "is ready at")
                words = ["--cluster", url] if names else ["--processes", "1"]
                before = sum(used(one.pid) for one in workers)
                began, mine = time.monotonic(), os.times()
                assert programs.start(asks, given, "sweep", *words).wait() == 0, (asks / "log").read_text()
                seconds, now = time.monotonic() - began, os.times()
                cpu = sum(used(one.pid) for one in workers) - before
                cpu += now.children_user + now.children_system - mine.children_user - mine.children_system
                found.setdefault(way, []).append((DEVICES / seconds, cpu * 1000 / DEVICES))
                for one in workers:
                    one.terminate()
                    one.wait()
        for one in programs.running:
            one.kill()
    print(f"{'':26}{'devices/s':>10}{'CPU ms/device':>15}")
    for way, several in found.items():
        rate, cpu = (statistics.median(values) for values in zip(*several, strict=True))
        print(f"{way:26}{rate:>10.1f}{cpu:>15.1f}")


if __name__ == "__main__":
    main()
