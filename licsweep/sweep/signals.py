"""Signals that end a sweep."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import Any

from licsweep.sweep.gate import INTERRUPTED, Gate

PATIENCE_SECONDS = 5.0
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stopping(gate: Gate) -> Iterator[None]:
    """Ctrl-C, SIGTERM and SIGHUP end the sweep; one more, when that takes longer than it should, the program.

    A signal that is ignored (`nohup`) stays ignored. Only the main thread may set handlers.
    """
    mine = {number: signal.getsignal(number) for number in ENDING if current_thread() is main_thread()}
    before = {number: handler for number, handler in mine.items() if handler is not signal.SIG_IGN}
    asked: list[float] = []

    def ask(number: int, _frame: Any) -> None:
        if not gate.stop.is_set():
            asked.append(time.monotonic())
            gate.end(INTERRUPTED)
        elif asked and time.monotonic() - asked[0] > PATIENCE_SECONDS:
            for each, handler in before.items():
                signal.signal(each, handler)
            signal.raise_signal(number)

    for number in before:
        signal.signal(number, ask)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
