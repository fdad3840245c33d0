"""The vtys of VOS (CUCM, Unity Connection) and of tsh (Expressway)."""

import asyncio

from licsweep.simulator.terminal import Vty

SPLASH = (
    "Command Line Interface is starting up, please wait ...\n\n",
    "   Welcome to the Platform Command Line Interface\n\n",
)
PAUSE = 0.15  # seconds; a real one takes eight in all
_OK = "\r\nOK\r\n"


class Vos(Vty):
    """One session of VOS with an account that may not switch paging off."""

    async def _greet(self) -> None:
        for line in SPLASH:
            self._show(line)
            await self._flush()
            await asyncio.sleep(PAUSE)
        await super()._greet()

    async def _obey(self, line: str) -> None:
        asked = " ".join(line.split())
        if asked in self._behavior.commands:
            await self._answer(asked, self._behavior.commands[asked]())
        elif asked:
            self._show(self._behavior.dialect.invalid + "\n")


class Tsh(Vty):
    """One session of tsh: no prompt and no pager; `OK` ends the greeting and each answer."""

    async def run(self) -> None:
        self._height, self._prompt = 0, _OK
        await super().run()

    async def _obey(self, line: str) -> None:
        asked = " ".join(line.split()).lower()
        known = {command.lower(): command for command in self._behavior.commands}
        self._prompt = _OK if asked in known else ""
        if asked in known:
            await self._answer(known[asked], self._behavior.commands[known[asked]]())
        elif asked:
            self._show(self._behavior.dialect.invalid + "\n")
