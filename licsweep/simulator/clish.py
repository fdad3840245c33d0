"""The vty of FTD and FMC: CLISH completes words, leaves a refused command typed, and does not page."""

from typing import Any

from licsweep.simulator.terminal import Vty


class Clish(Vty):
    """One session of CLISH."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._height, self._refused = 0, ""

    async def _line(self, *, hidden: bool = False, line: str = "") -> str:
        line, self._refused = line or self._refused, ""
        self._shown += line and line + "\a"
        return await super()._line(hidden=hidden, line=line)

    async def _obey(self, line: str) -> None:
        commands, asked = self._behavior.commands, " ".join(line.split())
        if asked in commands:
            await self._answer(asked, commands[asked]())
        elif asked:
            begun = any(command.startswith(f"{asked} ") for command in commands)
            self._show(f"Syntax error: {'The command is not completed' if begun else 'Illegal parameter'}\n")
            self._refused = line

    def _wiped(self, line: str) -> str:
        return f"\x1b[{len(line)}D\x1b[J" if line else ""

    def _completion(self, line: str) -> str:
        *before, last = line.split() or [""]
        known = [command.split() for command in (*self._behavior.commands, "exit")]
        fitting = {words[len(before)] for words in known if words[: len(before)] == before and len(words) > len(before)}
        found = [word for word in fitting if word.startswith(last)] if not line.endswith(" ") and last else []
        return found[0].removeprefix(last) if len(found) == 1 else ""
