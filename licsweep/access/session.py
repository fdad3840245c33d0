"""Sessions with devices: Netmiko's classes with our own reading and writing.

Every read waits for the anchored prompt with its own deadline, in a blocking receive: no sleeps, no polls.
Every write passes the allow-list at the lowest layer. What Netmiko would send by itself (a look for the
prompt before every command, configuration mode checks) is not sent.
"""

import re
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import paramiko
from netmiko.cisco.cisco_ios import CiscoIosSSH
from netmiko.cisco.cisco_nxos import CiscoNxosSSH

from licsweep.access import allowlist
from licsweep.access.failures import classify
from licsweep.access.hostkeys import KnownHosts, RejectUnknown, entry_name
from licsweep.errors import AccessError, SessionDropped, SessionTimeout, Unreachable, UsageError

MAX_OUTPUT_BYTES = 8 * 1024 * 1024
_TAIL = 4096
_PROMPT_AT_END = re.compile(rb"(?:^|[\r\n])(?P<prompt>[\w.\-/:()@]{1,80}[>#]) ?$")
_PAGER_AT_END = re.compile(rb"--More--[^\r\n]{0,12}$")
# The pager's line and the backspaces or escapes that wipe it; genuine leading blanks of the next line stay.
_PAGER_TRACE = re.compile(
    r" ?--More-- ?(?:\x1b\[[\d;]*[A-Za-z])*(?:[\x08 ]*\x08|\r *\r|\r(?!\n)|\x1b\[[\d;]*[A-Za-z])*"
)
_ANSI = re.compile(r"\x1b\[[\d;?]*[A-Za-z]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Where and as whom; the password does not show in repr."""

    address: str
    port: int
    platform: str
    username: str
    password: str | None = field(repr=False)
    use_agent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds: to connect, for one command, for the whole session."""

    connect: float
    command: float
    device: float


class _Session:
    """Mixed into a Netmiko class: connects, learns the prompt, asks commands one by one."""

    def __init__(self, login: Login, known_hosts: KnownHosts, limits: Limits) -> None:
        self._login, self._known, self._limits = login, known_hosts, limits
        self._ends = time.monotonic() + limits.device
        self._prompt = b""
        super().__init__(  # type: ignore[call-arg]
            host=login.address,
            port=login.port,
            username=login.username,
            password=login.password or "",
            device_type=login.platform,
            ssh_strict=True,
            allow_agent=login.use_agent,
            conn_timeout=limits.connect,
            banner_timeout=limits.connect,
            auth_timeout=limits.connect,
            ssh_config_file=None,
            auto_connect=False,
        )

    def open(self) -> None:
        """Connects, logs in and switches paging off. Raises an AccessError that says why it could not."""
        try:
            self.sock = self._tcp()
            self.establish_connection()  # type: ignore[attr-defined]
            self.session_preparation()
        except Exception as error:
            self.close()
            known = classify(error)
            if known is None:
                raise
            raise known from None

    def _tcp(self) -> socket.socket:
        try:
            sock = socket.create_connection((self._login.address, self._login.port), timeout=self._limits.connect)
        except TimeoutError as error:
            raise Unreachable("no answer to TCP", why=f"nothing within {self._limits.connect:g} s") from error
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def _get_ssh_client_instance(self) -> paramiko.SSHClient:
        """A client that knows the keys of this host only and refuses every other."""
        client = paramiko.SSHClient()
        name = entry_name(self._login.address, self._login.port)
        for key in self._known.of(self._login.address, self._login.port):
            client.get_host_keys().add(name, key.get_name(), key)
        self.key_policy = RejectUnknown()
        return client

    def session_preparation(self) -> None:
        """Waits for a prompt, switches paging off and learns the exact prompt from the line after its echo."""
        self._read_until(_PROMPT_AT_END)
        raw = self._ask("terminal length 0", _PROMPT_AT_END)
        self._prompt = _PROMPT_AT_END.findall(raw[-_TAIL:])[-1]

    @property
    def privileged(self) -> bool:
        """True where the prompt ends in `#`."""
        return self._prompt.endswith(b"#")

    def ask(self, command: str) -> str:
        """The device's answer to one allow-listed command, without echo, prompt and pager, lines ending in \\n."""
        try:
            raw = self._ask(command, re.compile(rb"(?:^|[\r\n])" + re.escape(self._prompt) + rb" ?$"))
        except Exception as error:
            known = classify(error)
            if known is None:
                raise
            raise known from None
        return clean(raw.decode("utf-8", "replace"), command, self._prompt.decode("utf-8", "replace"))

    def _ask(self, command: str, prompt: re.Pattern[bytes]) -> bytes:
        self.write_channel(command + "\n")
        return self._read_until(prompt, echo=command.encode())

    def write_channel(self, out_data: str) -> None:
        """The lowest layer: nothing goes out that the allow-list does not know."""
        allowlist.check(self._login.platform, out_data)
        self.remote_conn.sendall(out_data.encode())

    def _read_until(self, prompt: re.Pattern[bytes], echo: bytes = b"") -> bytes:
        """Everything up to a prompt at the very end with nothing waiting behind it; answers the pager."""
        ends = min(time.monotonic() + self._limits.command, self._ends)
        got, answered = bytearray(), 0
        seen_echo = not echo
        while True:
            got += self._receive(ends)
            if len(got) > MAX_OUTPUT_BYTES:
                raise SessionDropped("endless output", why=f"more than {MAX_OUTPUT_BYTES // 1024 // 1024} MiB")
            seen_echo = seen_echo or echo in got
            tail = bytes(got[max(answered, len(got) - _TAIL) :])
            if _PAGER_AT_END.search(tail):
                self.write_channel(allowlist.PAGER_KEY)
                answered = len(got)  # the device wipes the pager line next: that is no second pager
            elif seen_echo and prompt.search(tail) and not self.remote_conn.recv_ready():
                return bytes(got)

    def _receive(self, ends: float) -> bytes:
        left = ends - time.monotonic()
        if left <= 0:
            raise SessionTimeout("no prompt in time", why="the device did not finish its answer")
        self.remote_conn.settimeout(left)
        try:
            data: bytes = self.remote_conn.recv(65536)
        except TimeoutError as error:
            raise SessionTimeout("no prompt in time", why="the device did not finish its answer") from error
        if not data:
            raise SessionDropped("the device closed the session", why="end of output")
        return data

    def cleanup(self, command: str = "exit") -> None:
        """Says goodbye so that the vty line is free at once (Netmiko calls this from disconnect)."""
        if self._prompt and self.remote_conn is not None:
            self.remote_conn.settimeout(1.0)
            with suppress(OSError, AccessError):  # the line may be gone already
                self.write_channel(command + "\n")

    def close(self) -> None:
        """Ends the session; never raises."""
        self.disconnect()  # type: ignore[attr-defined]
        if isinstance(self.sock, socket.socket):
            self.sock.close()

    remote_conn: Any
    sock: Any


class CiscoXeSession(_Session, CiscoIosSSH):  # type: ignore[misc]
    """IOS XE."""


class CiscoNxosSession(_Session, CiscoNxosSSH):  # type: ignore[misc]
    """NX-OS: its leading carriage return before the prompt and `\\r\\r\\n` are cleaned like every other."""


_CLASSES: dict[str, type[_Session]] = {"cisco_xe": CiscoXeSession, "cisco_nxos": CiscoNxosSession}


def session(login: Login, known_hosts: KnownHosts, limits: Limits) -> _Session:
    """The session class of the platform, not yet opened. Raises UsageError for a platform without one."""
    if login.platform not in _CLASSES:
        raise UsageError(
            f"platform {login.platform} can't be swept",
            why=f"sweeps know {', '.join(_CLASSES)}",
            hint="licsweep ingest reads text gathered by other means",
        )
    return _CLASSES[login.platform](login, known_hosts, limits)


def clean(text: str, command: str, prompt: str) -> str:
    """Terminal text as plain lines: pager traces, escapes and carriage returns gone, echo and last prompt cut."""
    text = _ANSI.sub("", _PAGER_TRACE.sub("", text))
    lines = [line.rsplit("\r", 1)[-1] for line in re.sub(r"\r+\n", "\n", text).split("\n")]
    if lines and lines[-1].strip() == prompt:
        lines.pop()
    for number, line in enumerate(lines):
        if command in line:
            lines = lines[number + 1 :]
            break
    return "\n".join(lines) + "\n" if lines else ""
