"""What a call of each verb that only reads costs, in CPU seconds of the whole process: the least of ROUNDS calls.

    python bench/start.py PROJECT [ROUNDS]

PROJECT is what `licsweep demo --keep PROJECT` leaves; only its reports/ are changed. The aim is at most 0.5.
"""

import os
import resource
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.cli.test_start import LOADS

AIM = 0.5


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds(arguments: list[str], project: Path, rounds: int) -> float:
    """CPU seconds of one call."""
    program = [str(Path(sys.executable).with_name("licsweep")), *arguments]
    best = float("inf")
    for _ in range(rounds):
        before = cpu()
        done = subprocess.run(program, cwd=project, capture_output=True, text=True, env=ENVIRONMENT)
        assert done.returncode in (0, 1), done.stderr
        best = min(best, cpu() - before)
    return best


def main() -> None:
    project, rounds = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5
    for call in (call for calls in LOADS.values() for call in calls):
        taken = seconds(call.format(out="reports").split(), project, rounds)
        print(f"{taken:6.2f} s{' ' if taken <= AIM else '*'} licsweep {call}", flush=True)


if __name__ == "__main__":
    main()
