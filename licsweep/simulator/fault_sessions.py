"""Vtys of broken devices, each a healthy one but for one thing, by kind of fault (fixtures/estate/faults.yaml)."""

import asyncio
import hmac
from collections.abc import Callable
from itertools import count

from licsweep.simulator.terminal import HungUp, Vty

DENIED = "Command authorization failed.\n\n"
SYSLOG = "*Nov 24 10:32:11.123: %SYS-5-CONFIG_I: Configured from console by operator on vty1 (192.0.2.10)"
GARBAGE = "\x00\x01\x07\x0e~\x7f\x05\x1b]0;\x07\x10\x16"
NOT_UTF8 = "Gr\udcfc\udcdfe \udcc3( \udcff\udcfe"
SPLASH = "System is starting up, please wait ..."
LURES = ("Authorized access only #", "edge-router#", "  more: see the wiki >", "host>", "Welcome to lab-1#")
ENABLE_ATTEMPTS = 3
COUNTED = ("show license", "show managers", "xStatus License")


def is_license(command: str) -> bool:
    """Whether a fault of the output hits this command."""
    return command.startswith(COUNTED)


def insert(text: str, line: str) -> str:
    """The text with a line more in its middle."""
    lines = text.splitlines()
    return "\n".join([*lines[: len(lines) // 2], line, *lines[len(lines) // 2 :], ""])


def half(text: str) -> str:
    """The first half of a text, cut in the middle of a line."""
    return text[: len(text) // 2].rstrip("\n")


class SlowSplash(Vty):
    async def _greet(self) -> None:
        for _ in range(4):
            self._show(SPLASH + "\n")
            await self._flush()
            await asyncio.sleep(0.5)
        await super()._greet()


class BannerPrompts(Vty):
    async def _greet(self) -> None:
        for line in LURES:
            self._show(line)
            await self._flush()
            await asyncio.sleep(0.1)
            self._show("\n")
        await super()._greet()


class HangBeforePrompt(Vty):
    async def _greet(self) -> None:
        await super()._greet()
        await self._hang()


class HangInOutput(Vty):
    """Shows half an answer and hangs; others stop in another way."""

    async def _answer(self, command: str, text: str) -> None:
        if not is_license(command):
            return await super()._answer(command, text)
        self._show(half(text))
        await self._flush()
        await self._stop()

    async def _stop(self) -> None:
        await self._hang()


class DropInOutput(HangInOutput):
    async def _stop(self) -> None:
        await asyncio.sleep(0.05)  # so that what was written still arrives
        self._wire.cut()
        raise HungUp


class HalfOpen(HangInOutput):
    async def _stop(self) -> None:
        await asyncio.sleep(0.05)
        self._wire.freeze()
        while True:
            await asyncio.sleep(3600)


class EndlessOutput(HangInOutput):
    async def _stop(self) -> None:
        for number in count():
            self._wire.write(f"line {number} of a table without an end\r\n" * 500)
            await asyncio.sleep(0.02)


class PagerIgnored(Vty):
    def _set_height(self, lines: int) -> None:
        pass


class TerminalLengthRefused(Vty):
    def _set_height(self, lines: int) -> None:  # noqa: ARG002
        self._show(DENIED)


class Enable(Vty):
    """At level 1 license commands are unknown, until `enable`."""

    async def run(self) -> None:
        self._level = 1
        self._prompt = self._behavior.prompt.replace("#", ">")
        await super().run()

    async def _obey(self, line: str) -> None:
        if line.strip() == "enable" and self._level == 1:
            await self._rise()
        elif self._level == 1 and is_license(line.strip()):
            self._show(" " * (len(self._prompt) + len("show ")) + f"^\n{self._behavior.dialect.invalid}\n\n")
        else:
            await super()._obey(line)

    async def _rise(self) -> None:
        for _ in range(ENABLE_ATTEMPTS):
            self._shown += "Password: "
            typed = await self._line(hidden=True)
            if hmac.compare_digest(typed.encode(), self._behavior.enable_secret.encode()):
                self._level, self._prompt = 15, self._behavior.prompt
                return
        self._show("% Bad secrets\n\n")


def _changed(change: Callable[[str, str], str]) -> type[Vty]:
    """A vty that prints license answers as `change` makes them, given the answer and the prompt."""

    class Changed(Vty):
        async def _answer(self, command: str, text: str) -> None:
            await super()._answer(command, change(text, self._prompt.strip()) if is_license(command) else text)

    return Changed


class Bytewise(Vty):
    async def _flush(self) -> None:
        shown, self._shown = self._shown, ""
        for number, byte in enumerate(shown):
            self._wire.write(byte)
            if number % 16 == 0:  # each is a packet anyway; a whole turn of the loop for each takes too long
                await asyncio.sleep(0)


VTYS: dict[str, type[Vty]] = {
    "slow-splash": SlowSplash,
    "banner-prompts": BannerPrompts,
    "hang-before-prompt": HangBeforePrompt,
    "hang-in-output": HangInOutput,
    "drop-in-output": DropInOutput,
    "half-open": HalfOpen,
    "endless-output": EndlessOutput,
    "pager-ignored": PagerIgnored,
    "terminal-length-refused": TerminalLengthRefused,
    "command-refused": _changed(lambda *_: DENIED),
    "enable": Enable,
    "truncated": _changed(lambda text, _: half(text)),
    "garbage-bytes": _changed(lambda text, _: insert(text, GARBAGE)),
    "invalid-utf8": _changed(lambda text, _: insert(text, NOT_UTF8)),
    "syslog-in-output": _changed(lambda text, _: insert(text, SYSLOG)),
    "prompt-in-output": _changed(
        lambda text, prompt: insert(text, f"{prompt}\nthis is {prompt} and more\n{prompt} show license all")
    ),
    "bytewise": Bytewise,
}
