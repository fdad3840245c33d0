"""The vty of FXOS: what can be asked depends on the scope, which the prompt names.

The output of `show license all` in `scope license` is the file `scope_license_show_license_all.j2`.
"""

from licsweep.simulator.terminal import Vty


class Fxos(Vty):
    """One session at the chassis supervisor."""

    _scope = ""

    async def _obey(self, line: str) -> None:
        commands = self._behavior.commands
        match line.split():
            case ["top"]:
                self._go("")
            case ["scope", scope] if any(command.startswith(f"scope {scope} ") for command in commands):
                self._go(scope)
            case ["scope", *_]:
                self._show(self._behavior.refusal("scope ?"))
            case words if (inside := f"scope {self._scope} {' '.join(words)}") in commands:
                await self._answer(" ".join(words), commands[inside]())
            case _:
                await super()._obey(line)

    def _go(self, scope: str) -> None:
        self._scope = scope
        self._prompt = self._behavior.prompt.replace("# ", f" /{scope} # ") if scope else self._behavior.prompt

    def _leaves(self, words: list[str]) -> bool:
        if self._scope and words == ["exit"]:
            self._go("")
            return False
        return super()._leaves(words)
