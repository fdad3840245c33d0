"""The SCP server of a simulated IOS XE: the legacy protocol, one file a session, in both directions."""

import re
from typing import TYPE_CHECKING

from licsweep.simulator.box import Box

if TYPE_CHECKING:
    import asyncssh

_COMMAND = re.compile(r"scp(?: -[vpq])* -([tf])(?: --)? (?:flash:|bootflash:)?/?([\w.-]+)")
_HEADER = re.compile(rb"C[0-7]{4} (\d{1,12}) [^\n]*\n")


class _Refused(Exception):
    pass


async def serve_scp(box: Box, process: "asyncssh.SSHServerProcess[bytes]") -> int:
    """One transfer; the exit status."""
    found = _COMMAND.fullmatch(process.command or "")
    if found is None or "no-scp" in box.troubles:
        process.stdout.write(b"Administratively disabled.\n")
        return 1
    if box.troubles & {"scp-level", "level-1"}:
        process.stdout.write(b"Privilege denied.\n")
        return 1
    try:
        await (_receive if found[1] == "t" else _send)(box, found[2], process)
    except _Refused as error:
        process.stdout.write(b"\x01scp: " + str(error).encode() + b"\n")
        return 1
    return 0


async def _send(box: Box, name: str, process: "asyncssh.SSHServerProcess[bytes]") -> None:
    raw = box.files.get(name)
    if raw is None:
        raise _Refused(f"flash:{name}: No such file or directory")
    for part in (f"C0644 {len(raw)} {name}\n".encode(), raw + b"\0"):
        if await process.stdin.read(1) != b"\0":
            return
        process.stdout.write(part)
    await process.stdin.read(1)


async def _receive(box: Box, name: str, process: "asyncssh.SSHServerProcess[bytes]") -> None:
    process.stdout.write(b"\0")
    header = _HEADER.fullmatch(await process.stdin.readline())
    if header is None:
        raise _Refused("unexpected message")
    if "flash-full" in box.troubles:
        raise _Refused(f"flash:{name}: No space left on device")
    process.stdout.write(b"\0")
    raw = await process.stdin.readexactly(int(header[1]) + 1)
    box.store(name, raw[:-1])
    process.stdout.write(b"\0")
