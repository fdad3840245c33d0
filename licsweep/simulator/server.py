"""The SSH side: one asyncssh listener a device on 127.0.0.1, all in one event loop."""

import hmac
import secrets
import socket
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import asyncssh

from licsweep.simulator.design import load_design, plan
from licsweep.simulator.device import Announcement, Device
from licsweep.simulator.outputs import Outputs
from licsweep.simulator.vty import Behavior, HungUp, Vty

HOST_KEY_TYPE = "ssh-ed25519"
KEY_EXCHANGES = ["curve25519-sha256", "curve25519-sha256@libssh.org"]  # the cheapest one, under both of its names


async def serve(
    devices: int, seed: int, password: str, announce: Callable[[Announcement], None], until: Awaitable[Any]
) -> None:
    """Starts the estate, announces it, serves until `until` is over."""
    design = load_design()
    outputs = Outputs(design, datetime.now(UTC))
    key, former_key = (asyncssh.generate_private_key(HOST_KEY_TYPE) for _ in range(2))
    listening = []
    async with AsyncExitStack() as stack:
        for device in plan(design, devices, seed):
            kind = design.kind(device.kind)
            if kind.fault.closed_port:
                port = _closed_port(stack, device.host)
            else:
                behavior = Behavior(
                    name=device.name,
                    dialect=design.dialects[device.platform],
                    banner=kind.banner,
                    commands=outputs.commands(device),
                    hangs_on=kind.fault.hangs_on,
                )
                accepted = secrets.token_urlsafe() if kind.fault.wrong_password else password
                port = await _listen(stack, device, behavior, key, partial(_Login, design.username, accepted))
            public = (former_key if kind.fault.changed_host_key else key).export_public_key().decode().strip()
            listening.append(replace(device, port=port, host_key=public))
        announce(Announcement(username=design.username, devices=tuple(listening)))
        await until


async def _listen(
    stack: AsyncExitStack,
    device: Device,
    behavior: Behavior,
    key: asyncssh.SSHKey,
    login: Callable[[], asyncssh.SSHServer],
) -> int:
    acceptor = await asyncssh.listen(
        device.host,
        0,
        server_factory=login,
        server_host_keys=[key],
        kex_algs=KEY_EXCHANGES,
        process_factory=partial(_session, behavior),
        line_editor=False,
        errors="replace",
        allow_scp=False,
        agent_forwarding=False,
    )
    stack.callback(acceptor.close)
    return int(acceptor.get_port())


def _closed_port(stack: AsyncExitStack, host: str) -> int:
    """A port that refuses connections and that nobody else can take: bound, never listening."""
    held = stack.enter_context(socket.socket())
    held.bind((host, 0))
    return int(held.getsockname()[1])


class _Login(asyncssh.SSHServer):
    """Password authentication, and no other."""

    def __init__(self, username: str, password: str) -> None:
        self._username, self._password = username, password

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return username == self._username and hmac.compare_digest(password.encode(), self._password.encode())


async def _session(behavior: Behavior, process: "asyncssh.SSHServerProcess[str]") -> None:
    with suppress(HungUp, BrokenPipeError, ConnectionError, asyncssh.Error):
        await Vty(behavior, partial(_read, process), process.stdout.write).run()
    process.exit(0)


async def _read(process: "asyncssh.SSHServerProcess[str]") -> str:
    while True:
        try:
            return str(await process.stdin.read(4096))
        except (asyncssh.BreakReceived, asyncssh.TerminalSizeChanged):
            continue
