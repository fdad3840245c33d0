"""licsweep over the same devices with the same commands. PROJECT WORKERS [store] [read] [ahead].

Without a word more it gathers only: nothing is stored. `store` stores the texts, `read` reads them too, `ahead` types
the commands ahead.
"""

import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from measure import COMMANDS, measure

from licsweep import platforms
from licsweep.estate.selection import Selection
from licsweep.settings import load
from licsweep.store import writing
from licsweep.sweep import run
from licsweep.sweep.plan import SweepRequest, make_plan

PLATFORM = platforms.Platform(
    name="cisco_xe",
    session="ios",
    pager_off="terminal length 0",
    commands=tuple(platforms.Command(line=line) for line in COMMANDS),
)


class NoStore:
    """Where a store would be: forgets everything."""

    def begin(self, *_: Any) -> int:
        return 1

    def save_host(self, *_: Any) -> None: ...
    def end(self, *_: Any) -> None: ...

    def save_untried(self, *_: Any) -> set[str]:
        return set()


def main(project_folder: Path, workers: int, words: set[str]) -> None:
    flags: dict[str, Any] = {"workers": workers, "processes": 1, "max_per_site": 0, "command_timeout": 60.0}
    flags |= {"start_jitter": 0.0, "slow_start": 0}  # the plain script is not gentle either
    if "ahead" in words:
        flags["type_ahead"] = "cisco_xe"
    (project_folder / "bench.db").unlink(missing_ok=True)
    project = load(project_folder, flags | {"database": "bench.db"})
    request = SweepRequest(selection=Selection(), gather_only="read" not in words)
    platforms.platforms = lambda: {"cisco_xe": PLATFORM}  # type: ignore[assignment]  # sweep and reading ask it
    plan = replace(make_plan(project, request), platforms={"cisco_xe": PLATFORM})
    ended: list[str] = []
    opened: Any = writing(project, "bench") if {"store", "read"} & words else nullcontext(NoStore())
    with opened as store:

        def work() -> int:
            run.sweep(plan, store, lambda outcome: ended.append(outcome.status))
            return ended.count("ok")

        measure(len(plan.targets), work)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), set(sys.argv[3:]))
