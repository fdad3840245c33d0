"""`make bench`: licsweep beside the plain script and a raw paramiko loop, on the simulated estate, in one run.

Each program runs BENCH_RUNS times (5), one after the other in turns, so that a busy moment hits all alike; medians
are shown. BENCH_DEVICES (400) simulated IOS XE devices with RSA-2048 host keys answer five commands, about 9 kB.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from licsweep.simulator.estate import SimulatedEstate

RUNS = int(os.environ.get("BENCH_RUNS", "5"))
DEVICES = int(os.environ.get("BENCH_DEVICES", "400"))
FEW_HOSTS, MANY_HOSTS = 1_000, 10_000
CASES = ((20, 50, 2.5, 3.5), (100, 100, 1.7, 2.5))  # ms, workers, aims against plain: one by one, typed ahead
PROGRAMS = {
    "plain Nornir + Netmiko": ("plain_nornir.py",),
    "raw paramiko loop": ("raw_paramiko.py",),
    "licsweep, gather only": ("sweep.py",),
    "licsweep, typed ahead": ("sweep.py", "ahead"),
    "licsweep + store": ("sweep.py", "store"),
    "licsweep + store + parse": ("sweep.py", "read"),
}
PLAIN, RAW, *_ = PROGRAMS


def run(program: tuple[str, ...], *arguments: object, environment: dict[str, str] | None = None) -> dict[str, Any]:
    """What one run of a program measured."""
    script, *words = program
    done = subprocess.run(
        [sys.executable, script, *map(str, arguments), *words],
        cwd=Path(__file__).parent,
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{script}: {done.stderr}")
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def compare(latency_ms: int, workers: int) -> dict[str, dict[str, float]]:
    """The medians of each program on one estate."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in PROGRAMS}
    with (
        tempfile.TemporaryDirectory() as folder,
        SimulatedEstate(DEVICES, only="slup", latency_ms=latency_ms, host_key_type="ssh-rsa") as estate,
    ):
        estate.write_project(Path(folder))
        secrets = {"LICSWEEP_USERNAME": estate.username, "LICSWEEP_PASSWORD": estate.password}
        run(PROGRAMS[RAW], folder, workers, environment=secrets)  # the estate renders its answers once
        for _ in range(RUNS):
            for name, program in PROGRAMS.items():
                got = run(program, folder, workers, environment=secrets)
                if got["answered"] != got["devices"]:
                    print(f"{name}: {got['answered']} of {got['devices']} answered", file=sys.stderr)
                found[name].append(got)
    return {
        name: {key: statistics.median(one[key] for one in several) for key in ("per_second", "cpu_ms", "peak_mb")}
        for name, several in found.items()
    }


def show(latency_ms: int, workers: int, one_by_one: float, ahead: float) -> None:
    medians = compare(latency_ms, workers)
    plain, raw = medians[PLAIN], medians[RAW]
    print(f"\n{latency_ms} ms round trip, {workers} workers, {DEVICES} devices, medians of {RUNS}")
    print(f"{'':26}{'devices/s':>10}{'x plain':>9}{'CPU ms/device':>15}{'x raw':>7}{'peak MB':>9}")
    for name, got in medians.items():
        print(
            f"{name:26}{got['per_second']:>10.1f}{got['per_second'] / plain['per_second']:>9.2f}"
            f"{got['cpu_ms']:>15.2f}{got['cpu_ms'] / raw['cpu_ms']:>7.2f}{got['peak_mb']:>9.1f}"
        )
    print(f"aims: gather only {one_by_one} x plain, typed ahead {ahead} x plain, CPU at most 1.3 x raw")


def main() -> None:
    for case in CASES:
        show(*case)
    few, many = (run(("memory.py",), hosts)["peak_mb"] for hosts in (FEW_HOSTS, MANY_HOSTS))
    each = (many - few) * 1024 / (MANY_HOSTS - FEW_HOSTS)
    print(
        f"\npeak memory: {few:.1f} MB for {FEW_HOSTS} hosts, {many:.1f} MB for {MANY_HOSTS}:"
        f" {each:.2f} kB a host (aim: at most 5)"
    )


if __name__ == "__main__":
    main()
