"""What the measured programs share: the commands, the devices of a project, and how they are measured.

Each program runs in a process of its own and prints one line of JSON.
"""

import json
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path

import yaml

COMMANDS = (
    "show license summary",
    "show license usage",
    "show license status",
    "show license udi",
    "show license tech support",
)
SWEPT = ("show version", "show license all")
"""What a sweep asks of IOS XE."""


def devices(project: Path) -> dict[str, tuple[str, int]]:
    """Address and port of each device by name."""
    hosts = yaml.safe_load((project / "inventory" / "hosts.yaml").read_text())
    return {name: (host["hostname"], host["port"]) for name, host in hosts.items()}


def credentials() -> tuple[str, str]:
    """User name and password, from the environment."""
    return os.environ["LICSWEEP_USERNAME"], os.environ["LICSWEEP_PASSWORD"]


def measure(count: int, work: Callable[[], int]) -> None:
    """Runs the work, which returns how many devices answered everything, and prints what it cost."""
    began, before = time.monotonic(), cpu()
    answered = work()
    seconds, used = time.monotonic() - began, cpu() - before
    print(
        json.dumps(
            {
                "devices": count,
                "answered": answered,
                "per_second": count / seconds,
                "cpu_ms": used / count * 1000,
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


def cpu() -> float:
    """Seconds of CPU of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
