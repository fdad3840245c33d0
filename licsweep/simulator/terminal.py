"""A vty: echo, prompt, pager, type-ahead, invalid input. Knows nothing of SSH.

Input is taken key by key, so what arrives before the prompt is worked off in its order, and at the pager the next
key in line is the pager's, as on a real box. What a broken device does otherwise is in fault_sessions.py.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Protocol

from licsweep.model import Record
from licsweep.simulator.design import Dialect

RUBOUT, KILL_LINE, INTERRUPT = "\b\x7f", "\x15\x18", "\x03"


class HungUp(Exception):
    """The other end is gone."""


class Wire(Protocol):
    """The connection that a vty talks over; bytes that are no text travel as surrogates (PEP 383)."""

    async def read(self) -> str:
        """What was typed since; "" when the other end is gone."""

    def write(self, text: str) -> None:
        """Sends text."""

    def cut(self) -> None:
        """Ends the connection without a word."""

    def freeze(self) -> None:
        """Never again reads from the connection, not even that it was closed."""


class Behavior(Record):
    """What one device knows at its vty: `answer` is asked about a line that is none of the `commands`."""

    name: str
    dialect: Dialect
    pager_off: str | None = None
    banner: str
    commands: Mapping[str, Callable[[], str]]
    answer: Callable[[str], str | None] = lambda _: None
    enable_secret: str = field(default="", repr=False)

    @property
    def prompt(self) -> str:
        return self.dialect.prompt.format(name=self.name)

    def refusal(self, line: str) -> str:
        """The answer to a line that is no command: the marker stands under the first word that does not fit."""
        known = [command.split() for command in (*self.commands, self.dialect.height, "terminal width", "exit")]
        found = list(re.finditer(r"\S+", line))
        words = [word[0] for word in found]
        fitting = next(n for n in range(len(words), -1, -1) if any(words[:n] == command[:n] for command in known))
        if fitting == len(words):
            return "% Incomplete command.\n\n"
        column = len(self.prompt.lstrip("\r")) + found[fitting].start()
        return " " * column + f"^\n{self.dialect.invalid}\n\n"


class Vty:
    """One session of a healthy device at level 15."""

    def __init__(self, behavior: Behavior, wire: Wire) -> None:
        self._behavior, self._wire = behavior, wire
        self._prompt = behavior.prompt
        self._typed, self._shown = "", ""
        self._after_return = False
        self._height = 24

    async def run(self) -> None:
        """Serves until `exit`; raises HungUp when the other end leaves first."""
        await self._greet()
        while True:
            self._shown += self._prompt
            line = await self._line()
            if self._leaves(line.split()):
                break
            await self._obey(line)
        await self._flush()

    async def _greet(self) -> None:
        self._show(self._behavior.banner)

    def _leaves(self, words: list[str]) -> bool:
        return words in (["exit"], ["quit"], ["logout"])

    async def _obey(self, line: str) -> None:
        match line.split():
            case []:
                pass
            case words if " ".join(words) == self._behavior.pager_off:
                self._set_height(0)
            case [*words, number] if number.isdigit() and " ".join(words) == self._behavior.dialect.height:
                self._set_height(int(number))
            case ["terminal", "width", number] if number.isdigit():
                pass
            case words if (command := " ".join(words)) in self._behavior.commands:
                await self._answer(command, self._behavior.commands[command]())
            case words if (answer := self._behavior.answer(" ".join(words))) is not None:
                await self._answer(" ".join(words), answer)
            case _:
                self._show(self._behavior.refusal(line))

    def _set_height(self, lines: int) -> None:
        self._height = lines

    async def _answer(self, command: str, text: str) -> None:  # noqa: ARG002 - the broken ones look at the command
        await self._page(text)

    async def _line(self, *, hidden: bool = False, line: str = "") -> str:
        """One line of input, echoed (unless hidden) and edited; `line` is what stands there already."""
        while (key := await self._key()) != "\n":
            if key in RUBOUT:
                self._shown += "\b \b" * (line != "" and not hidden)
                line = line[:-1]
            elif key in KILL_LINE:
                self._shown += self._wiped(line)
                line = ""
            elif key == INTERRUPT:
                line = ""
                break
            elif key.isprintable():
                typed = self._completion(line) * (key == " ") + key
                self._shown += "" if hidden else typed
                line += typed
        self._shown += "\r\n"
        return line

    def _wiped(self, line: str) -> str:
        """What clears the line on the screen."""
        return "\b \b" * len(line)

    def _completion(self, line: str) -> str:  # noqa: ARG002 - the kinds that complete look at it
        """What a blank adds to the last word."""
        return ""

    async def _page(self, text: str) -> None:
        if not self._height:
            self._show("".join(f"{line}\n" for line in text.splitlines()))
            return
        room = self._height - 1
        for line in text.splitlines():
            if not room:
                self._shown += self._behavior.dialect.more
                key = await self._key()
                self._shown += self._behavior.dialect.erase
                if key not in " \n":
                    return
                room = 1 if key == "\n" else self._height - 1
            self._show(line + "\n")
            room -= 1

    async def _hang(self) -> None:
        await self._flush()
        while await self._wire.read():
            pass
        raise HungUp

    async def _key(self) -> str:
        """The next key; a return, with or without its line feed, is one "\\n"."""
        while True:
            if not self._typed:
                await self._flush()
                self._typed = await self._wire.read()
                if not self._typed:
                    raise HungUp
            key, self._typed = self._typed[0], self._typed[1:]
            second_half = key == "\n" and self._after_return
            self._after_return = key == "\r"
            if not second_half:
                return "\n" if key == "\r" else key

    def _show(self, text: str) -> None:
        self._shown += text.replace("\n", "\r\n")

    async def _flush(self) -> None:
        """Shows all that gathered since the last wait for a key: one write, not one a character."""
        if self._shown:
            self._wire.write(self._shown)
            self._shown = ""
