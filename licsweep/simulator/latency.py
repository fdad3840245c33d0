"""An event loop whose connections take their time: everything is delivered in order, half a round trip later.

Only what travels is late; the loop itself never waits, so a thousand slow connections cost no more than quick ones.
The kernel's own TCP handshake stays instant.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any


class LatencyLoop(asyncio.SelectorEventLoop):
    """Its servers are `round_trip` seconds away."""

    def __init__(self, round_trip: float) -> None:
        super().__init__()
        self._one_way = round_trip / 2

    async def create_server(self, protocol_factory: Callable[[], Any], *args: Any, **options: Any) -> Any:
        return await super().create_server(lambda: _Late(protocol_factory(), self, self._one_way), *args, **options)


class _Lane:
    """Calls in the order in which they came, each `seconds` later."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._loop, self._seconds = loop, seconds
        self._waiting: deque[tuple[float, Callable[..., Any], tuple[Any, ...]]] = deque()

    def call(self, what: Callable[..., Any], *args: Any) -> None:
        self._waiting.append((self._loop.time() + self._seconds, what, args))
        if len(self._waiting) == 1:
            self._loop.call_at(self._waiting[0][0], self._deliver)

    def _deliver(self) -> None:
        now = self._loop.time()
        while self._waiting and self._waiting[0][0] <= now:
            _, what, args = self._waiting[0]
            what(*args)
            self._waiting.popleft()
        if self._waiting:
            self._loop.call_at(self._waiting[0][0], self._deliver)


class _LateTransport:
    """A transport whose writes leave later, those of one moment together; the rest is the real one's."""

    def __init__(self, real: Any, loop: asyncio.AbstractEventLoop, lane: _Lane) -> None:
        self._real, self._loop, self._lane = real, loop, lane
        self._written: list[bytes] = []

    def write(self, data: Any) -> None:
        if not self._written:
            self._loop.call_soon(self._leave)
        self._written.append(bytes(data))

    def writelines(self, parts: Any) -> None:
        self.write(b"".join(parts))

    def _leave(self) -> None:
        if self._written:
            self._lane.call(self._real.write, b"".join(self._written))
            self._written.clear()

    def close(self) -> None:
        self._leave()
        self._lane.call(self._real.close)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class _Late(asyncio.Protocol):
    def __init__(self, real: Any, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._real, self._loop = real, loop
        self._inward, self._outward = _Lane(loop, seconds), _Lane(loop, seconds)

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._real.connection_made(_LateTransport(transport, self._loop, self._outward))

    def data_received(self, data: bytes) -> None:
        self._inward.call(self._real.data_received, data)

    def eof_received(self) -> bool:
        self._inward.call(self._end)
        return True

    def _end(self) -> None:
        if not self._real.eof_received():
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._inward.call(self._real.connection_lost, exc)

    def pause_writing(self) -> None:
        self._real.pause_writing()

    def resume_writing(self) -> None:
        self._real.resume_writing()
