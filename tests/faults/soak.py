"""The soak: a sweep of many devices, a fifth of them sick, is killed again and again at a random moment.

    python -m tests.faults.soak [DEVICES] [KILLS]

After each kill every host that the store held must still be there, unchanged; at the end a sweep must run to its end
and account for every host.
"""

import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from licsweep.simulator.estate import SimulatedEstate
from licsweep.simulator.faults import load_faults
from tests.faults.conftest import Ended, ended, snapshots, start, sweep, unfinished, write_settings

SICK = 0.2
SETTINGS = {
    "connect_timeout": 5,
    "device_deadline": 60,
    "sweep_deadline": 600,
    "workers": 100,
    "max_per_site": 0,
    "retries": 0,
    "start_jitter": 0,
}


@dataclass(frozen=True)
class Soaked:
    """How many hosts were kept at each kill, how many of them were lost, and how the last sweep ended."""

    kept: tuple[int, ...]
    lost: tuple[str, ...]
    counts: Counter[str]
    wrong: tuple[str, ...]
    seconds: float


def soak(
    folder: Path, devices: int, kills: int, seed: int, command_timeout: float, processes: Sequence[int] = (1, 4)
) -> Soaked:
    """Runs it, with so many processes in turns, the last sweep with the last of them; `seed` decides the moments."""
    settings = SETTINGS | {"command_timeout": command_timeout}
    luck = random.Random(seed)
    kinds = load_faults()
    kept: list[int] = []
    lost: list[str] = []
    with SimulatedEstate(devices, seed=seed, faults=dict.fromkeys(kinds, SICK / len(kinds))) as estate:
        estate.write_project(folder)
        for number in range(kills):
            write_settings(folder, settings | {"processes": processes[number % len(processes)]})
            before = _killed(estate, folder, luck.uniform(0.05, 0.6) * devices)
            after = ended(folder)
            kept.append(len(before))
            lost += [name for name, host in before.items() if after.get(name) != host]
        write_settings(folder, settings | {"processes": processes[-1]})
        began = time.monotonic()
        code, said = sweep(estate, folder, "--min-coverage", 0)
        seconds = time.monotonic() - began
        if code:
            raise SystemExit(said)
        last = ended(folder)
        if len(last) != devices or unfinished(folder):
            lost.append(f"{devices - len(last)} hosts of the last sweep, snapshots {unfinished(folder)} unfinished")
        return Soaked(
            kept=tuple(kept),
            lost=tuple(lost),
            counts=Counter(host.status for host in last.values()),
            wrong=_wrong(estate, last),
            seconds=seconds,
        )


def _killed(estate: SimulatedEstate, folder: Path, hosts: float) -> dict[str, Ended]:
    """Kills a sweep when it has stored so many hosts; what the store held just before."""
    earlier = snapshots(folder)
    running = start(estate, folder)
    held: dict[str, Ended] = {}
    while running.poll() is None and len(held) < hosts:
        time.sleep(0.05)
        if snapshots(folder) != earlier:
            held = ended(folder)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    return held


def _wrong(estate: SimulatedEstate, last: dict[str, Ended]) -> tuple[str, ...]:
    """Hosts that did not end as the estate was designed."""
    kinds = load_faults()
    other = {device.name: kinds[device.fault].or_ if device.fault else None for device in estate.devices}
    return tuple(
        f"{device.name}: {device.fault or 'healthy'}: {last[device.name].status}, expected {device.expected_outcome}"
        for device in estate.devices
        if device.name in last and last[device.name].status not in (device.expected_outcome, other[device.name])
    )


def main(devices: int = 2000, kills: int = 10) -> None:
    seed = int(time.time())
    with tempfile.TemporaryDirectory(prefix="licsweep-soak-") as folder:
        # 14 boxes that send a packet a character take their time beside a hundred sessions
        done = soak(Path(folder), devices, kills, seed, command_timeout=30)
    print(f"seed {seed}: {devices} devices, {SICK:.0%} sick, killed {kills} times")
    print(f"hosts stored at each kill: {', '.join(map(str, done.kept))}; lost: {len(done.lost)}")
    print(f"then {sum(done.counts.values())} hosts in {done.seconds:.0f} s: {dict(done.counts)}")
    for line in (*done.lost, *done.wrong):
        print(f"  {line}")
    sys.exit(bool(done.lost or done.wrong))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
