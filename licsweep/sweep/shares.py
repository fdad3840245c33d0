"""The seam of a sweep that runs in several places at once: shares are started, tell events, are answered and stopped.

Whoever runs a share (a process of this machine, a worker of a cluster) has the plan, the credentials and the store
itself. What passes the seam is names, results and questions: no secret and no captured text. All types here are frozen
and hold plain values.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from licsweep.model import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A part of a sweep: `workers` is how many hosts it has in work at once, `collector` whose hosts; None: all."""

    number: int
    workers: int
    collector: str | None = None


@dataclass(frozen=True, slots=True)
class HostEnded:
    """A host has ended and is stored."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class NextHost:
    """A worker is free. The answer is the host's name, None where no more comes."""

    question: int


@dataclass(frozen=True, slots=True)
class WhyWithheld:
    """The answer is why no password of this account is sent any more; None while one may be."""

    question: int
    account: str
    lockout_after: int


@dataclass(frozen=True, slots=True)
class MaySend:
    """A password is to be sent. The answer is its ticket, or why it is not."""

    question: int
    account: str
    lockout_after: int


@dataclass(frozen=True, slots=True)
class CameOfIt:
    """What became of a password: `accepted` is None where it was not sent after all."""

    account: str
    ticket: int
    accepted: bool | None


@dataclass(frozen=True, slots=True)
class ShareEnded:
    """The share is over; `errors` are hosts that could not be stored."""

    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShareLost:
    """Whoever ran the share is gone."""

    why: str


Question = NextHost | WhyWithheld | MaySend
Event = Question | HostEnded | CameOfIt | ShareEnded | ShareLost


@dataclass(frozen=True, slots=True)
class Answer:
    """To one question: a name, a ticket, a reason or nothing; `withheld` is why a password is not sent."""

    question: int
    value: str | int | None = None
    withheld: str | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """The sweep is over for this reason: sessions are cut, what has come is stored, the share ends."""

    why: str


class Shares(Protocol):
    """Runs shares somewhere. None of these waits for a share, but `close`."""

    def start(self, share: Share) -> None:
        """Starts a share."""

    def events(self, seconds: float) -> Iterable[tuple[int, Event]]:
        """What shares have told, by their numbers, waiting at most so long for a first one."""

    def answer(self, number: int, answer: Answer) -> None:
        """Answers a share; one that is gone by now is not an error."""

    def stop(self, why: str) -> None:
        """Ends all shares soon."""

    def close(self) -> None:
        """Ends at once what still runs."""
