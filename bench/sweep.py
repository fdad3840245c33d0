"""licsweep over the same devices with the same commands. PROJECT WORKERS [store] [read] [ahead].

Without a word more it gathers only: nothing is stored. `store` stores the texts, `read` reads them too, `ahead` types
the commands ahead.
"""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from measure import COMMANDS, measure

from licsweep import platforms
from licsweep.estate import credentials as creds
from licsweep.estate import inventory as inv
from licsweep.estate.selection import Selection, select
from licsweep.jobs import collect
from licsweep.settings import load
from licsweep.store import writing
from licsweep.sweep import run

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
    def save_skipped(self, *_: Any) -> None: ...
    def end(self, *_: Any) -> None: ...


def main(project_folder: Path, workers: int, words: set[str]) -> None:
    flags: dict[str, Any] = {"workers": workers, "max_per_site": 0, "command_timeout": 60.0}
    flags |= {"start_jitter": 0.0, "slow_start": 0}  # the plain script is not gentle either
    if "ahead" in words:
        flags["type_ahead"] = "cisco_xe"
    platforms.platforms = lambda: {"cisco_xe": PLATFORM}  # type: ignore[assignment]  # the five commands stand in for ours
    (project_folder / "bench.db").unlink(missing_ok=True)
    project = load(project_folder, flags | {"database": "bench.db"})
    inventory = inv.load(project)
    targets = select(inventory, Selection())
    wish = collect.SweepRequest(selection=Selection(), gather_only="read" not in words)
    order = collect._order(project, inventory, targets, wish, creds.find_all(project, inventory, targets), {})
    ended: list[str] = []
    opened: Any = writing(project, "bench") if {"store", "read"} & words else nullcontext(NoStore())
    with opened as store:

        def work() -> int:
            run.sweep(order, store, lambda outcome: ended.append(outcome.status))
            return ended.count("ok")

        measure(len(targets), work)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), set(sys.argv[3:]))
