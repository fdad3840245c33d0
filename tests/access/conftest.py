"""Real SSH servers on loopback that play one script each, and the simulated estate."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from licsweep.access.hostkeys import KnownHosts
from licsweep.access.login import Limits, Login
from licsweep.access.session import Session, kind_of
from licsweep.platforms import UNKNOWN, platforms

PASSWORD = "loopback-word"
LIMITS = Limits(connect=5, command=2, device=6)
Script = Callable[[Any], Awaitable[None]]
Round = tuple[str, str, str, Sequence[tuple[str, bool]]]
"""Of keyboard-interactive: title, instructions, language, and prompts with whether they echo."""


class Aaa:
    """An AAA server: each login has the next of its endings, and it counts those that were no success in a row."""

    def __init__(self, endings: Sequence[str]) -> None:
        self._endings = iter(endings)
        self.in_a_row = self.most_in_a_row = 0

    async def answer(self, connection: Any) -> bool:
        ending = next(self._endings)
        self.in_a_row = 0 if ending == "right" else self.in_a_row + 1
        self.most_in_a_row = max(self.most_in_a_row, self.in_a_row)
        await asyncio.sleep(0.02)
        if ending == "disconnect":
            connection.disconnect(asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, "too many failures")
        elif ending == "change":
            raise asyncssh.PasswordChangeRequired("Choose another")
        elif ending == "drop":
            connection.abort()
        elif ending == "silence":
            await asyncio.sleep(30)
        return ending == "right"


class _Server(asyncssh.SSHServer):
    """Takes one password, counts who tries, lets others through (a jump host)."""

    def __init__(self, box: "Box") -> None:
        self._box = box

    def connection_made(self, conn: Any) -> None:
        self._box.connections.append(conn)
        self._connection = conn

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return not self._box.rounds

    def kbdint_auth_supported(self) -> bool:
        return bool(self._box.rounds)

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Round:
        self._left = iter(self._box.rounds)
        return next(self._left)

    def validate_kbdint_response(self, username: str, responses: Sequence[str]) -> "bool | Round":
        self._box.typed.extend(responses)
        return next(self._left, PASSWORD in self._box.typed)

    async def validate_password(self, username: str, password: str) -> bool:
        self._box.passwords.append(password)
        right = password == PASSWORD and self._box.knows
        if self._box.aaa:
            right = await self._box.aaa.answer(self._connection)
        self._box.logins += right
        return right


class Box:
    """A device that runs `script(process)` for each session."""

    def __init__(self, folder: Path, key: asyncssh.SSHKey) -> None:
        self._folder, self._key = folder, key
        self.port, self.logins = 0, 0
        self.knows = True
        self.aaa: Aaa | None = None
        self.passwords: list[str] = []
        self.rounds: Sequence[Round] = ()
        self.typed: list[str] = []
        self.connections: list[Any] = []

    def listens(self, port: int) -> "Box":
        self.port = port
        self.known_hosts_path = self._folder / f"known_hosts_{port}"
        public = self._key.export_public_key().decode().strip()
        self.known_hosts_path.write_text(f"[127.0.0.1]:{port} {public}\n")
        return self

    def login(self, password: str = PASSWORD) -> Login:
        return Login(address="127.0.0.1", port=self.port, username="reader", password=password)

    def session(self, platform: str = "cisco_xe", **more: Any) -> Session:
        """A session with this box, its parts as they are unless `more` says otherwise."""
        record = platforms().get(platform, UNKNOWN)
        usual: dict[str, Any] = {"login": self.login(), "known_hosts": self.known_hosts, "limits": LIMITS}
        return kind_of(record.session)(platform=record, **usual | more)

    @property
    def known_hosts(self) -> KnownHosts:
        return KnownHosts(self.known_hosts_path)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Callable[..., Box]]:
    """Starts boxes; they are gone after the test."""
    with boxes(tmp_path) as start:
        yield start


@contextmanager
def boxes(folder: Path) -> Iterator[Callable[..., Box]]:
    """Starts boxes, from any thread; they are gone at the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    listeners: list[Any] = []
    boxes: list[Box] = []
    key = asyncssh.generate_private_key("ssh-ed25519")

    def start(script: Script, *, allow_pty: bool = True, knows: bool = True, aaa: Aaa | None = None) -> Box:
        made = Box(folder, key)
        made.knows, made.aaa = knows, aaa
        boxes.append(made)

        async def session(process: Any) -> None:
            with suppress(BrokenPipeError, ConnectionError, asyncssh.Error, asyncio.IncompleteReadError):
                await script(process)
            process.exit(0)

        async def listen() -> Any:
            return await asyncssh.listen(
                "127.0.0.1",
                0,
                server_factory=lambda: _Server(made),
                server_host_keys=[key],
                kex_algs=["curve25519-sha256", "curve25519-sha256@libssh.org"],
                process_factory=session,
                allow_pty=allow_pty,
                line_editor=False,
                errors="replace",
            )

        listener = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
        listeners.append(listener)
        return made.listens(listener.get_port())

    yield start

    async def stop() -> None:
        for listener in listeners:
            listener.close()
            await listener.wait_closed()
        for connection in [one for made in boxes for one in made.connections]:
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
            reply = replies.get(
                line, "" if line in ("terminal length 0", "terminal pager 0") else "% Invalid input detected\r\n"
            )
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
