"""What becomes of one host of a snapshot, between reading and the store."""

from licsweep.model import Capture, Observation, Outcome, Record, Utc


class HostResult(Record):
    """What a snapshot holds of one host: how it ended, its texts, and what was read from them.

    `captured_in` is the snapshot that holds the texts.
    """

    outcome: Outcome
    tried_at: Utc
    captures: tuple[Capture, ...] = ()
    observation: Observation | None = None
    captured_in: int | None = None
