"""`python -m licsweep.simulator --devices N [--seed S]`: the estate in its own process.

The first line of standard input is the password that the devices accept. Prints one line of JSON when all listen
(simulator/device.py, Announcement), then serves until standard input closes or SIGTERM, so it can't outlive its parent.
"""

import argparse
import asyncio
import os
import signal
import sys

from licsweep.codec import to_json
from licsweep.simulator.device import Announcement
from licsweep.simulator.server import serve


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m licsweep.simulator")
    parser.add_argument("--devices", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    password = sys.stdin.readline().strip()
    if not password:
        parser.error("the first line of standard input must be the password of the devices")
    asyncio.run(_run(options.devices, options.seed, password))


async def _run(devices: int, seed: int, password: str) -> None:
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    loop.add_signal_handler(signal.SIGINT, over.set)
    loop.add_reader(sys.stdin.fileno(), _end_of_input, over)
    await serve(devices, seed, password, _announce, over.wait())


def _end_of_input(over: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        over.set()


def _announce(announcement: Announcement) -> None:
    print(to_json(announcement), flush=True)


if __name__ == "__main__":
    main()
