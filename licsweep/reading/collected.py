"""What a finished snapshot came to, whoever made it: sweep, ingest or reparse."""

from collections import Counter
from dataclasses import dataclass

from licsweep.model import Outcome
from reconcile.instances.coverage import percent_read


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """A finished snapshot. `counts` are the outcomes and add up to `selected`; `failed` are the hosts not ok.

    `fresh` hosts were left out as read recently enough, `gathered` ones have texts that nobody has read yet.
    """

    snapshot_id: int
    selected: int
    counts: Counter[str]
    failed: tuple[Outcome, ...] = ()
    fresh: int = 0
    gathered: int = 0
    interrupted: bool = False
    legacy_ssh: tuple[str, ...] = ()

    @property
    def percent(self) -> float:
        """The share that ended ok, of those that can have an answer; what is gathered and not read is not ok."""
        read = {**self.counts, "ok": self.counts["ok"] - self.gathered, "gathered": self.gathered}
        return percent_read(read, self.fresh)
