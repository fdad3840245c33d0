"""An event loop whose connections take their time: everything is delivered in order, half a round trip later.

Only what travels is late; the loop itself never waits, so a thousand slow connections cost no more than quick ones.
The kernel's own TCP handshake stays instant.
"""

import asyncio
import math
from collections.abc import Callable
from typing import Any


class LatencyLoop(asyncio.SelectorEventLoop):
    """Its servers are `round_trip` seconds away."""

    def __init__(self, round_trip: float) -> None:
        super().__init__()
        self._one_way = round_trip / 2

    async def create_server(self, protocol_factory: Callable[[], Any], *args: Any, **options: Any) -> Any:
        late: Callable[[], Any] = lambda: _Late(protocol_factory(), self, self._one_way)  # noqa: E731
        return await super().create_server(late, *args, **options)


class _Lane:
    """Calls in the order in which they came, each `seconds` later."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._loop, self._seconds, self._last = loop, seconds, 0.0

    def call(self, what: Callable[..., Any], *args: Any) -> None:
        # the loop keeps no order among calls of one time, so each has its own
        self._last = max(self._loop.time() + self._seconds, math.nextafter(self._last, math.inf))
        self._loop.call_at(self._last, what, *args)


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


class _Late:
    """A protocol that hears everything later; that its transport is full or free again is told at once."""

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

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)
