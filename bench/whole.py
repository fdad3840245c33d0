"""Whole sweeps in 1, 2 and 4 processes beside the plain script, start and end of the program included.

    python bench/whole.py [DEVICES] [RUNS] [LATENCY_MS]...

Both ask the two commands of a sweep of 100 devices at once (simulated IOS XE, RSA-2048); the sweep reads and stores
them too, into the database of the nights before. Programs run in turns, medians are shown; CPU is that of the program
and all its processes.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from licsweep.simulator.estate import SimulatedEstate

LATENCIES, WORKERS, PROCESSES = (20, 100), 100, (1, 2, 4)
LEAST_TIMES, MOST_CPU = 2.2, 0.6  # aims against plain, of 4 processes at 20 ms
# The plain script is not gentle either. One account that may be locked would be a ceiling (docs/speed.md).
SETTINGS = "slow_start = 0\nstart_jitter = 0\nmax_per_site = 0\nlockout_after = 0\n"
HERE = Path(__file__).parent
PLAIN = "plain Nornir + Netmiko"


def programs(folder: Path) -> dict[str, tuple[str, ...]]:
    """The programs by the name that is shown."""
    swept = (sys.executable, "-c", "from licsweep.cli import main; main()", "sweep", "--project", str(folder))
    return {PLAIN: (sys.executable, "plain_nornir.py", str(folder), str(WORKERS), "swept")} | {
        f"sweep --processes {number}": (*swept, "--workers", str(WORKERS), "--processes", str(number))
        for number in PROCESSES
    }


def measured(program: tuple[str, ...], environment: Mapping[str, str]) -> tuple[float, float]:
    """Seconds of a program from its start to its end, and seconds of CPU with its own processes."""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(program, cwd=HERE, env=environment, capture_output=True, text=True, check=False)
    seconds, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(program)}: {done.stderr}")
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(latency_ms: int, devices: int, runs: int) -> None:
    """Prints the table of one latency."""
    with (
        tempfile.TemporaryDirectory() as name,
        SimulatedEstate(devices, only="slup", latency_ms=latency_ms, host_key_type="ssh-rsa") as estate,
    ):
        folder = Path(name)
        estate.write_project(folder)
        (folder / "licsweep.toml").write_text(SETTINGS)
        environment = os.environ | {"LICSWEEP_USERNAME": estate.username, "LICSWEEP_PASSWORD": estate.password}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # else each start compiles what no user's start compiles
        found: dict[str, list[tuple[float, float]]] = {}
        for turn in range(runs + 1):  # the first is not counted: the estate renders its answers, the database is made
            for title, program in programs(folder).items():
                got = measured(program, environment)
                if turn:
                    found.setdefault(title, []).append(got)
    medians = {title: tuple(map(statistics.median, zip(*each, strict=True))) for title, each in found.items()}
    print(f"\n{latency_ms} ms round trip, {WORKERS} at once, {devices} devices, whole programs, medians of {runs}")
    print(f"{'':26}{'devices/s':>10}{'x plain':>9}{'CPU ms/device':>15}{'x plain':>9}")
    plain_seconds, plain_cpu = medians[PLAIN]
    for title, (seconds, cpu) in medians.items():
        print(
            f"{title:26}{devices / seconds:>10.1f}{plain_seconds / seconds:>9.2f}"
            f"{cpu / devices * 1000:>15.2f}{cpu / plain_cpu:>9.2f}"
        )


def main(devices: int = 1000, runs: int = 5, *latencies: int) -> None:
    for latency_ms in latencies or LATENCIES:
        compare(latency_ms, devices, runs)
    print(f"aims at 20 ms with 4 processes: {LEAST_TIMES} x plain, CPU at most {MOST_CPU} x plain")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
