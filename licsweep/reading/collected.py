"""What a finished snapshot came to, whoever made it: sweep, ingest or reparse."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from licsweep.model import Outcome
from reconcile.instances.percent import percent_read


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """A finished snapshot and the outcome of each of its hosts; `legacy_ssh` are hosts with old SSH algorithms."""

    snapshot_id: int
    outcomes: Sequence[Outcome]
    interrupted: bool = False
    legacy_ssh: tuple[str, ...] = ()

    @property
    def selected(self) -> int:
        """How many hosts it has."""
        return len(self.outcomes)

    @property
    def counts(self) -> Counter[str]:
        """How many hosts ended how; they add up to `selected`."""
        return Counter(one.status for one in self.outcomes)

    @property
    def failed(self) -> list[Outcome]:
        """The hosts that did not end ok."""
        return [one for one in self.outcomes if one.status != "ok"]

    @property
    def percent(self) -> float:
        """The share that ended ok, of those that can have an answer; what is gathered and not read is not ok."""
        fresh = sum(one.skip == "fresh-enough" for one in self.outcomes)
        return percent_read(self.counts, fresh, sum(one.gathered for one in self.outcomes))
