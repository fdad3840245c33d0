"""`python -m licsweep.simulator`: the estate in its own process.

The first line of standard input is the estate that is wanted, secrets included (simulator/device.py, Wanted), as JSON.
Prints one line of JSON when all listen (Announcement), serves until standard input closes or SIGTERM, so that it can't
outlive its parent, and prints one line more at its end (Tally). Further lines of input are orders (Order).
"""

import asyncio
import os
import resource
import signal
import sys
from collections.abc import Callable
from functools import partial

from licsweep.errors import LicsweepError
from licsweep.serialization import from_json, to_json
from licsweep.simulator.device import Order, Tally, Wanted
from licsweep.simulator.latency import LatencyLoop
from licsweep.simulator.server import serve


def main() -> None:
    try:
        wanted = from_json(sys.stdin.readline(), Wanted)
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        loop = partial(LatencyLoop, wanted.latency_ms / 1000) if wanted.latency_ms else None
        with asyncio.Runner(loop_factory=loop) as runner:
            tally = runner.run(_run(wanted))
    except LicsweepError as error:
        sys.exit(f"{error.what}: {error.why}")
    print(to_json(tally), flush=True)


async def _run(wanted: Wanted) -> Tally:
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    loop.add_signal_handler(signal.SIGINT, over.set)

    async def until(obey: Callable[[Order], None]) -> None:
        loop.add_reader(sys.stdin.fileno(), _hear, obey, over)
        await over.wait()

    return await serve(wanted, lambda announcement: print(to_json(announcement), flush=True), until)


def _hear(obey: Callable[[Order], None], over: asyncio.Event) -> None:
    """One order at a time; the end of the input is that of the estate."""
    heard = os.read(sys.stdin.fileno(), 4096)
    if heard.strip():
        obey(from_json(heard.decode(), Order))
        print(flush=True)
    elif not heard:
        over.set()


if __name__ == "__main__":
    main()
