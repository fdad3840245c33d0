"""The HTTPS side of a simulated device: as much HTTP/1.1 as its requests need, on one listener in the event loop."""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus

from licsweep.simulator.managers import Reply, Request

_MAX_HEAD = 65_536
_DRIP, _ONE = 0.25, 1


async def listen(
    host: str, context: ssl.SSLContext, answer: Callable[[Request], Reply], fault: str, connected: Callable[[], None]
) -> asyncio.Server:
    """A server that is listening; `connected` is called for each connection that came to TLS."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected()
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            while request := await _request(reader):
                if not await _write(writer, answer(request), fault if request.method == "GET" else ""):
                    break
        writer.transport.abort()

    return await asyncio.start_server(serve, host, 0, ssl=context, limit=_MAX_HEAD)


async def _request(reader: asyncio.StreamReader) -> Request | None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method=method, target=target, headers=headers, body=body)


async def _write(writer: asyncio.StreamWriter, reply: Reply, fault: str) -> bool:
    """Writes an answer as the fault has it; False where the connection ends with it."""
    body = reply.text.encode()
    length = len(body) // 2 if fault == "wrong-length" else len(body)
    headers = {"Content-Type": "application/json", **reply.headers, "Content-Length": str(length)}
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}", *(f"{k}: {v}" for k, v in headers.items())]
    raw = "\r\n".join([*lines, "", ""]).encode() + body
    if fault == "drips":
        for place in range(len(raw)):
            writer.write(raw[place : place + _ONE])
            await writer.drain()
            await asyncio.sleep(_DRIP)
    elif fault == "hangs-in-answer":
        writer.write(raw[: len(raw) // 2])
        await asyncio.sleep(3600)
    else:
        writer.write(raw[: len(raw) // 2] if fault == "cut-answer" else raw)
        await writer.drain()
    return fault not in ("cut-answer", "wrong-length")
