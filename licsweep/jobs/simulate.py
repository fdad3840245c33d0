"""The simulated estate alone, with a ready project, until Ctrl-C."""

import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from threading import Event
from typing import Any

from licsweep.errors import LicsweepError, UsageError
from licsweep.jobs.demo import check_free, write_project
from licsweep.simulator.estate import SimulatedEstate
from licsweep.simulator.faults import shares

SECRETS = {"password": "LICSWEEP_PASSWORD", "enable_secret": "LICSWEEP_ENABLE_SECRET"}


Ready = Callable[[SimulatedEstate], None]


def run(
    *, devices: int, network: str | None, faults: Sequence[str], folder: Path | None, ready: Ready, **more: Any
) -> None:
    """Serves until SIGINT or SIGTERM; `ready` hears of the estate when it listens and its project is written; `more` as
    SimulatedEstate has it.

    The secrets are those of the environment, else made for this run. Raises UsageError for a fault that nobody knows,
    a network that is not loopback or a folder that is not free, LicsweepError where the simulator ends by itself.
    """
    if folder:
        check_free(folder, hint="licsweep simulate --write-project NEW_FOLDER")
    more |= {name: os.environ[at] for name, at in SECRETS.items() if os.environ.get(at)}
    more |= {"faults": shares(faults), "network": _loopback(network, devices)}
    over = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    with SimulatedEstate(devices, **more) as estate:
        if folder:
            write_project(estate, folder)
        ready(estate)
        while not over.wait(0.5):
            if not estate.alive:
                raise LicsweepError("the simulated estate ended by itself", why="its process is gone")


def _loopback(network: str | None, devices: int) -> str | None:
    if network is None:
        return None
    with suppress(ValueError):
        wide = ip_network(network)
        if wide.is_loopback and wide.num_addresses >= devices + 2:
            return network
    why = f"a part of 127.0.0.0/8 with an address for each of {devices} devices is expected"
    raise UsageError(f"--bind {network}", why=why, hint="--bind 127.1.0.0/16")
