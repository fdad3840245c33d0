"""A vty: echo, prompt, pager, type-ahead, invalid input. Knows nothing of SSH.

Input is taken key by key, so what arrives before the prompt is worked off in its order, and at the pager the next
key in line is the pager's, as on a real box.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from licsweep.simulator.design import Dialect

RUBOUT, KILL_LINE, INTERRUPT = "\b\x7f", "\x15\x18", "\x03"


class HungUp(Exception):
    """The other end is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behavior:
    """What one device does at its vty; the place where a fault of the session goes."""

    name: str
    dialect: Dialect
    banner: str
    commands: Mapping[str, Callable[[], str]]
    hangs_on: str | None = None

    @property
    def prompt(self) -> str:
        return self.dialect.prompt.format(name=self.name)

    def refusal(self, line: str) -> str:
        """What is said to a line that is no command: the marker stands under the first word that does not fit."""
        known = [command.split() for command in (*self.commands, "terminal length", "terminal width", "exit")]
        words = line.split()
        fitting = next(n for n in range(len(words), -1, -1) if any(words[:n] == command[:n] for command in known))
        if fitting == len(words):
            return "% Incomplete command.\n\n"
        column = len(self.prompt.lstrip("\r")) + _column(line, fitting)
        return " " * column + f"^\n{self.dialect.invalid}\n\n"


class Vty:
    """One session. `read` gives what was typed since ("" when the other end is gone), `write` shows text."""

    def __init__(self, behavior: Behavior, read: Callable[[], Awaitable[str]], write: Callable[[str], None]) -> None:
        self._behavior, self._read, self._write = behavior, read, write
        self._typed, self._shown = "", ""
        self._after_return = False
        self._height = 24

    async def run(self) -> None:
        """Serves until `exit`; raises HungUp when the other end leaves first."""
        self._show(self._behavior.banner)
        while True:
            self._shown += self._behavior.prompt
            line = await self._line()
            if line.split() in (["exit"], ["quit"], ["logout"]):
                break
            await self._obey(line)
        self._flush()

    async def _obey(self, line: str) -> None:
        match line.split():
            case []:
                pass
            case ["terminal", "length", number] if number.isdigit():
                self._height = int(number)
            case ["terminal", "width", number] if number.isdigit():
                pass
            case words if (command := " ".join(words)) in self._behavior.commands:
                if command == self._behavior.hangs_on:
                    await self._hang()
                await self._page(self._behavior.commands[command]())
            case _:
                self._show(self._behavior.refusal(line))

    async def _line(self) -> str:
        """One line of input, echoed and edited."""
        line = ""
        while (key := await self._key()) != "\n":
            if key in RUBOUT:
                self._shown += "\b \b" * (line != "")
                line = line[:-1]
            elif key in KILL_LINE:
                self._shown += "\b \b" * len(line)
                line = ""
            elif key == INTERRUPT:
                line = ""
                break
            elif key.isprintable():
                self._shown += key
                line += key
        self._shown += "\r\n"
        return line

    async def _page(self, text: str) -> None:
        room = self._height - 1
        for line in text.splitlines():
            if self._height and not room:
                self._shown += self._behavior.dialect.more
                key = await self._key()
                self._shown += self._behavior.dialect.erase
                if key not in " \n":
                    return
                room = 1 if key == "\n" else self._height - 1
            self._show(line + "\n")
            room -= 1

    async def _hang(self) -> None:
        self._flush()
        while await self._read():
            pass
        raise HungUp

    async def _key(self) -> str:
        """The next key; a return, with or without its line feed, is one "\\n"."""
        while True:
            if not self._typed:
                self._flush()
                self._typed = await self._read()
                if not self._typed:
                    raise HungUp
            key, self._typed = self._typed[0], self._typed[1:]
            second_half = key == "\n" and self._after_return
            self._after_return = key == "\r"
            if not second_half:
                return "\n" if key == "\r" else key

    def _show(self, text: str) -> None:
        self._shown += text.replace("\n", "\r\n")

    def _flush(self) -> None:
        """Shows all that gathered since the last wait for a key: one write, not one a character."""
        if self._shown:
            self._write(self._shown)
            self._shown = ""


def _column(line: str, word: int) -> int:
    """Where the word of that index starts in the line."""
    rest = line.lstrip()
    for _ in range(word):
        rest = rest[len(rest.split(maxsplit=1)[0]) :].lstrip()
    return len(line) - len(rest)
