"""The SSH side: one asyncssh listener a device on loopback, all in one event loop."""

import asyncio
import secrets
import socket
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_network
from itertools import repeat
from typing import Any

import asyncssh

from licsweep import platforms
from licsweep.simulator import https_server
from licsweep.simulator.account import Account
from licsweep.simulator.box import Box
from licsweep.simulator.certificates import Authority
from licsweep.simulator.design import load_design, plan
from licsweep.simulator.device import Announcement, Device, JumpHost, Order, Tally, Wanted
from licsweep.simulator.faults import spread
from licsweep.simulator.managers import MANAGERS
from licsweep.simulator.outputs import Outputs
from licsweep.simulator.scp_server import serve_scp
from licsweep.simulator.terminal import Behavior, HungUp, Vty
from licsweep.simulator.vtys import vty_of

KEY_EXCHANGES = ["curve25519-sha256", "curve25519-sha256@libssh.org"]  # the cheapest one, under both of its names
OLD_KEY_EXCHANGES = ["diffie-hellman-group14-sha1"]
WRONG_CLOCK = datetime(1993, 3, 1, tzinfo=UTC)


async def serve(
    wanted: Wanted,
    announce: Callable[[Announcement], None],
    until: Callable[[Callable[[Order], None]], Awaitable[Any]],
) -> Tally:
    """Starts the estate, announces it, serves until `until` is over, which may give orders; what it saw."""
    async with AsyncExitStack() as stack:
        estate = _Estate(wanted, stack)
        announce(await estate.start())
        await until(estate.obey)
    return estate.tally


class _Estate:
    def __init__(self, wanted: Wanted, stack: AsyncExitStack) -> None:
        self._wanted, self._stack = wanted, stack
        self._design = load_design(wanted.design)
        self._planned = plan(self._design, wanted.devices, wanted.seed, wanted.only)
        self._outputs, self._late_outputs = (
            Outputs(self._design, now, wanted.design, self._planned) for now in (datetime.now(UTC), WRONG_CLOCK)
        )
        self._key = asyncssh.generate_private_key(wanted.host_key_type)
        self._former_key = asyncssh.generate_private_key(wanted.host_key_type)
        keys = frozenset(
            asyncssh.import_public_key(line).export_public_key().decode() for line in wanted.authorized_keys
        )
        self._account = Account(self._design.username, wanted.password, keys)
        self._unknown_password = Account(self._design.username, secrets.token_urlsafe(), frozenset())
        self._locking = replace(self._unknown_password, locks=True)
        self._authority = Authority("Example Simulated Authority")
        self._hosts = map(str, ip_network(wanted.network).hosts()) if wanted.network else repeat("127.0.0.1")
        self.tally = Tally()
        self.silent: list[Any] = []
        self._boxes: dict[str, Box] = {}

    def obey(self, order: Order) -> None:
        """Changes a device while it runs."""
        box = self._boxes[order.device]
        box.troubles = frozenset(order.troubles)
        if order.serial:
            box.become(order.serial)

    async def start(self) -> Announcement:
        devices = spread(self._planned, self._wanted.faults, self._wanted.seed)
        return Announcement(
            username=self._design.username,
            devices=tuple([await self._start(replace(device, host=next(self._hosts))) for device in devices]),
            jump_hosts=tuple([await self._start_jump_host(f"jump-{n + 1}") for n in range(self._wanted.jump_hosts)]),
            authority=self._authority.pem,
        )

    async def _start(self, device: Device) -> Device:
        match device.fault:
            case "tcp-refused" if platforms.get(device.platform).transport == "ssh":
                port = self._closed_port(device.host)
            case "no-banner":
                port = await self._listen_raw(device, b"")
            case "banner-only":
                port = await self._listen_raw(device, b"SSH-2.0-Cisco-1.25\r\n")
            case fault:
                outputs = self._late_outputs if fault == "wrong-clock" else self._outputs
                port = await self._listen(device, outputs)
        known = {"changed-key": self._former_key, "unknown-key": None}.get(device.fault or "", self._key)
        device = replace(device, port=port, host_key=_public(known) if known else "")
        return await self._start_https(device) if self._has_https(device) else device

    def _has_https(self, device: Device) -> bool:
        """Whether it is asked over HTTPS: a manager, or a box whose design has an answer to give there."""
        platform, known = platforms.get(device.platform), self._outputs.commands(device)
        beside = any(name.startswith(("AXL ", "vmrest ", "api ")) for name in known)
        return platform.session in MANAGERS and (platform.transport == "https" or beside)

    async def _start_https(self, device: Device) -> Device:
        """The HTTPS side: a manager's has the fault and its SSH side is healthy; elsewhere the other way round."""
        fault = (device.fault or "") if platforms.get(device.platform).transport == "https" else ""
        if fault == "tcp-refused":
            return replace(device, https_port=self._closed_port(device.host))
        account = self._unknown_password if fault == "wrong-password" else self._account
        manager = MANAGERS[platforms.get(device.platform).session](self._outputs.commands(device), account, fault)
        authority = Authority("Another Authority") if fault == "unknown-certificate" else self._authority
        named = "192.0.2.1" if fault == "other-name" else device.host
        context = authority.server_context(named)

        def connected() -> None:
            self.tally.connections[f"{device.name} over HTTPS"] += 1

        server = await https_server.listen(device.host, context, manager.answer, fault, connected)
        self._stack.callback(server.close)
        pin = secrets.token_hex(32) if fault == "changed-certificate" else ""
        return replace(device, https_port=int(server.sockets[0].getsockname()[1]), https_pin=pin)

    def _box(self, device: Device, outputs: Outputs) -> Box | None:
        """The box behind a device that makes usage reports."""
        kind = self._design.kind(device.kind)
        if device.platform != "cisco_xe" or "agent_number" not in kind.facts:
            return None
        printed = [(self._design.licenses[line.license], line.count or 0) for line in kind.licenses]
        uses = tuple((known.feature or "", known.tag or "", count) for known, count in printed)
        troubles = frozenset({"scp-level"} if device.fault == "enable" else ())
        self._boxes[device.name] = Box(device, kind, outputs, uses, self.tally, troubles)
        return self._boxes[device.name]

    async def _listen(self, device: Device, outputs: Outputs) -> int:
        platform = platforms.get(device.platform)
        fault = (device.fault or "") if platform.transport == "ssh" else ""
        box = self._box(device, outputs)
        behavior = Behavior(
            name=device.name,
            dialect=self._design.dialect(device.platform),
            pager_off=platform.pager_off,
            banner=self._design.kind(device.kind).banner,
            commands=outputs.commands(device, box.current if box else None),
            answer=box.answer if box else lambda _: None,
            enable_secret=self._wanted.enable_secret,
        )
        vty = vty_of(platform.session, fault)
        account = {"wrong-password": self._unknown_password, "lock-out": self._locking}.get(fault, self._account)
        return await self._listen_ssh(
            device.host,
            partial(LOGINS.get(fault, _Login), device.name, account, self),
            kex_algs=OLD_KEY_EXCHANGES if fault == "kex-mismatch" else KEY_EXCHANGES,
            process_factory=None if fault == "no-shell" else partial(_session, vty, behavior, box),
        )

    async def _start_jump_host(self, name: str) -> JumpHost:
        host = next(self._hosts)
        port = await self._listen_ssh(host, partial(_Forwarder, name, self._account, self), kex_algs=KEY_EXCHANGES)
        return JumpHost(name=name, host=host, port=port, host_key=_public(self._key))

    async def _listen_ssh(self, host: str, login: "Callable[[], _Login]", **options: Any) -> int:
        acceptor = await asyncssh.listen(
            host,
            0,
            server_factory=login,
            server_host_keys=[self._key],
            line_editor=False,
            encoding=None,
            allow_scp=False,
            agent_forwarding=False,
            gss_host=None,
            **options,
        )
        self._stack.callback(acceptor.close)
        return int(acceptor.get_port())

    async def _listen_raw(self, device: Device, greeting: bytes) -> int:
        """A server that says its greeting and no more."""

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.tally.connections[device.name] += 1
            writer.write(greeting)
            with suppress(ConnectionError):
                while await reader.read(4096):
                    pass
            writer.close()

        server = await asyncio.start_server(silent, device.host, 0)
        self._stack.callback(server.close)
        return int(server.sockets[0].getsockname()[1])

    def _closed_port(self, host: str) -> int:
        """A port that refuses connections and that nobody else can take: bound, never listening."""
        held = self._stack.enter_context(socket.socket())
        held.bind((host, 0))
        return int(held.getsockname()[1])


def _public(key: asyncssh.SSHKey) -> str:
    return str(key.export_public_key().decode().strip())


async def _nothing_to_reload() -> None:
    """Instead of reading sshd's configuration again for each login, in a thread: a device has none."""


class _Login(asyncssh.SSHServer):
    """Accepts passwords and authorized keys only."""

    def __init__(self, name: str, account: Account, estate: _Estate) -> None:
        self._name, self._account, self._estate = name, account, estate

    def connection_made(self, conn: Any) -> None:
        self._connection = conn
        self._estate.tally.connections[self._name] += 1
        conn.reload_config = _nothing_to_reload

    def _fall_silent(self) -> None:
        self._connection._transport.pause_reading()  # asyncssh itself has no reason to offer that
        self._estate.silent.append(self._connection)  # else it is collected, and closed

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        self._estate.tally.passwords[self._name] += 1
        return self._account.accepts(username, password)

    def public_key_auth_supported(self) -> bool:
        return bool(self._account.keys)

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == self._account.username and key.export_public_key().decode() in self._account.keys


class _NoSession(_Login):
    def auth_completed(self) -> None:
        self._fall_silent()


class _NoShell(_Login):
    def session_requested(self) -> "asyncssh.SSHServerSession[bytes]":
        self._fall_silent()
        return asyncssh.SSHServerSession()


LOGINS = {"no-session": _NoSession, "no-shell": _NoShell}


class _Forwarder(_Login):
    """A jump host: no shell, `direct-tcpip` to wherever the client asks."""

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:  # noqa: ARG002
        self._estate.tally.forwards[self._name] += 1
        return True


class _SshWire:
    """A vty's connection over an SSH session."""

    def __init__(self, process: "asyncssh.SSHServerProcess[bytes]") -> None:
        self._process = process
        self._connection = process.get_extra_info("connection")

    async def read(self) -> str:
        while True:
            try:
                return (await self._process.stdin.read(4096)).decode("utf-8", "replace")
            except (asyncssh.BreakReceived, asyncssh.TerminalSizeChanged):
                continue

    def write(self, text: str) -> None:
        self._process.stdout.write(text.encode("utf-8", "surrogateescape"))

    def cut(self) -> None:
        self._connection.abort()

    def freeze(self) -> None:
        self._connection._transport.pause_reading()  # asyncssh itself has no reason to offer that


async def _session(
    vty: type[Vty], behavior: Behavior, box: Box | None, process: "asyncssh.SSHServerProcess[bytes]"
) -> None:
    status = 0
    with suppress(HungUp, BrokenPipeError, ConnectionError, EOFError, asyncssh.Error):
        if process.command:
            status = await serve_scp(box, process) if box else 1
        else:
            await vty(behavior, _SshWire(process)).run()
    process.exit(status)
