"""Real SSH servers on loopback that play one script each, and the simulated estate."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from licsweep.access.hostkeys import KnownHosts
from licsweep.access.session import Limits, Login

PASSWORD = "loopback-word"
LIMITS = Limits(connect=5, command=2, device=6)
Script = Callable[[Any], Awaitable[None]]


class _Server(asyncssh.SSHServer):
    def __init__(self, connections: list[Any]) -> None:
        self._connections = connections

    def connection_made(self, conn: Any) -> None:
        self._connections.append(conn)

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return password == PASSWORD


class Box:
    """A device that runs `script(process)` for each session."""

    def __init__(self, folder: Path, script: Script, port: int, key: asyncssh.SSHKey) -> None:
        self.port = port
        self.known_hosts_path = folder / f"known_hosts_{port}"
        public = key.export_public_key().decode().strip()
        self.known_hosts_path.write_text(f"[127.0.0.1]:{port} {public}\n")

    def login(self, platform: str = "cisco_xe", password: str = PASSWORD) -> Login:
        return Login(address="127.0.0.1", port=self.port, platform=platform, username="reader", password=password)

    @property
    def known_hosts(self) -> KnownHosts:
        return KnownHosts(self.known_hosts_path)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Callable[[Script], Box]]:
    """Starts boxes; they are gone after the test."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    listeners: list[Any] = []
    connections: list[Any] = []
    key = asyncssh.generate_private_key("ssh-ed25519")

    def start(script: Script) -> Box:
        async def session(process: Any) -> None:
            with suppress(BrokenPipeError, ConnectionError, asyncssh.Error, asyncio.IncompleteReadError):
                await script(process)
            process.exit(0)

        async def listen() -> Any:
            return await asyncssh.listen(
                "127.0.0.1",
                0,
                server_factory=lambda: _Server(connections),
                server_host_keys=[key],
                kex_algs=["curve25519-sha256", "curve25519-sha256@libssh.org"],
                process_factory=session,
                line_editor=False,
                errors="replace",
            )

        listener = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
        listeners.append(listener)
        return Box(tmp_path, script, listener.get_port(), key)

    yield start

    async def stop() -> None:
        for listener in listeners:
            listener.close()
            await listener.wait_closed()
        for connection in connections:
            connection.abort()
            await connection.wait_closed()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def answers(replies: dict[str, str], *, before: str = "", prompt: str = "R1#", bytewise: bool = False) -> Script:
    """A script that answers lines from a table; what it does not know is invalid input."""

    async def script(process: Any) -> None:
        async def show(text: str) -> None:
            for piece in text if bytewise else [text]:
                process.stdout.write(piece)
                if bytewise:
                    await process.stdout.drain()
                    await asyncio.sleep(0)

        await show(before + prompt)
        line = ""
        while key := await process.stdin.read(1):
            if key not in "\r\n":
                line += key
                continue
            if line == "exit":
                return
            reply = replies.get(line, "" if line == "terminal length 0" else "% Invalid input detected\r\n")
            await show(f"{line}\r\n{reply}{prompt}")
            line = ""

    return script


@contextmanager
def closed_port() -> Iterator[int]:
    """A port on which nobody listens."""
    import socket

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
