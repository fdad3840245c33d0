"""Files of ours from and to a device over SCP, in its legacy protocol: IOS XE has no SFTP server.

Each copy is a connection of its own (IOS serves one channel a connection) that logs in as a session does: host keys,
accounts and jump hosts are the same. What the device says instead of the protocol's words is told as it said it.
"""

import re
import time
from contextlib import suppress
from typing import Any

from licsweep.access.accounts import Accounts
from licsweep.access.client import Client
from licsweep.access.failures import in_plain_words
from licsweep.access.hostkeys import KnownHosts
from licsweep.access.jump import JumpHosts
from licsweep.access.login import Limits, Login
from licsweep.access.terminal import quoted
from licsweep.errors import CommandNotAllowed, CopyRefused, SessionDropped, SessionTimeout
from licsweep.line_patterns import SLOTS

MAX_BYTES = 64 * 1024 * 1024
_PART = 32 * 1024
_MOST_WORDS = 512
_HEADER = re.compile(rb"C[0-7]{3,5} ([0-9]{1,12}) [^\n]*\n")
_HINTS = (
    ("administratively disabled", "enter on the device: ip scp server enable"),
    (
        "privilege denied",
        "its user needs privilege level 15 at login: aaa authorization exec, or username ... privilege 15",
    ),
    ("no space", "free space on its flash"),
)


class FileCopy:
    """One copy; `fetch` or `put` is called once. Both raise an AccessError that says why there is none."""

    def __init__(
        self, login: Login, known_hosts: KnownHosts, limits: Limits, jump_hosts: JumpHosts, accounts: Accounts
    ) -> None:
        self._login, self._limits, self._jump_hosts = login, limits, jump_hosts
        self._client = Client(login, known_hosts, limits.connect, accounts)
        self._sock: Any = None
        self._channel: Any = None

    @property
    def waited(self) -> float:
        """Seconds spent waiting for the turn of the password, which no deadline counts."""
        return self._client.logging_in.waited

    def fetch(self, path: str) -> bytes:
        """The bytes of a file on the device."""
        return self._copied("f", path, b"")

    def put(self, path: str, raw: bytes) -> None:
        """Writes a file on the device."""
        self._copied("t", path, raw)

    def abort(self) -> None:
        """Cuts the connection from another thread."""
        with suppress(OSError):
            if self._sock is not None:
                self._sock.close()

    def _copied(self, way: str, path: str, raw: bytes) -> bytes:
        if not re.fullmatch(SLOTS["OUR_FILE"], path):
            raise CommandNotAllowed(f"{path!r} was not copied", why="only files named licsweep_* are")
        with in_plain_words():
            try:
                self._sock = self._jump_hosts.connect(self._login)
                self._client.connect(sock=self._sock)
                self._ends = time.monotonic() + self._limits.device
                transport: Any = self._client.get_transport()
                self._channel = transport.open_session(timeout=self._limits.connect)
                self._channel.settimeout(self._limits.command)
                self._channel.exec_command(f"scp -{way} {path}")
                return self._received() if way == "f" else self._sent(path.partition(":")[2], raw)
            finally:
                self._client.close()
                self.abort()

    def _received(self) -> bytes:
        self._send(b"\0")
        words = self._line(self._read(1))
        header = _HEADER.fullmatch(words)
        if header is None:
            raise self._refused(words)
        size = int(header[1])
        if size > MAX_BYTES:
            raise CopyRefused("the file is too large", why=f"{size} bytes; at most {MAX_BYTES} are fetched")
        self._send(b"\0")
        got = self._read(size)
        self._confirmed()
        self._send(b"\0")
        return got

    def _sent(self, name: str, raw: bytes) -> bytes:
        self._confirmed()
        self._send(f"C0600 {len(raw)} {name}\n".encode())
        self._confirmed()
        for start in range(0, len(raw), _PART):
            self._send(raw[start : start + _PART])
            self._in_time()
        self._send(b"\0")
        self._confirmed()
        return b""

    def _send(self, data: bytes) -> None:
        with suppress(OSError):  # a device that has closed the channel has said why: the next read tells
            self._channel.sendall(data)

    def _confirmed(self) -> None:
        """The device's zero byte; CopyRefused with its words where something else comes."""
        if (first := self._read(1)) != b"\0":
            raise self._refused(self._line(first))

    def _line(self, begun: bytes) -> bytes:
        words = begun
        while not words.endswith(b"\n") and len(words) < _MOST_WORDS and (more := self._channel.recv(1)):
            words += more
        return words

    def _read(self, size: int) -> bytes:
        got = bytearray()
        while len(got) < size:
            part = self._channel.recv(min(size - len(got), _PART))
            if not part:
                if got:
                    raise SessionDropped("the device ended the copy", why=f"after {len(got)} of {size} bytes")
                raise CopyRefused("the device gives no SCP", why="it closed the channel without a word")
            got += part
            self._in_time()
        return bytes(got)

    def _in_time(self) -> None:
        if time.monotonic() > self._ends:
            raise SessionTimeout("the copy was not done in time", why="the deadline of a device has passed")

    @staticmethod
    def _refused(words: bytes) -> CopyRefused:
        said = quoted(words.lstrip(b"\1\2").decode("utf-8", "replace")).removeprefix("scp: ")
        hint = next((hint for word, hint in _HINTS if word in said.lower()), "")
        return CopyRefused("the device refused the copy", why=said, hint=hint)
