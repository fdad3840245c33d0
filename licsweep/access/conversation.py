"""A conversation with one device, as a sweep sees it, whatever carries it."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, Protocol

from licsweep.platforms import Platform

Level = Literal["login", "enable"]


class Answer(NamedTuple):
    """What a device answered to one command, in how many seconds, and at which level it was asked."""

    command: str
    text: str
    seconds: float
    level: Level


class Conversation(Protocol):
    """Opened once and closed in any case; every method but `close` and `abort` raises an AccessError that says why."""

    @property
    def login_began(self) -> bool:
        """True once a credential may have been sent: then nobody connects again in this sweep."""

    @property
    def waited(self) -> float:
        """Seconds spent waiting for the turn of its password, which no deadline counts."""

    @property
    def notes(self) -> Sequence[str]:
        """What a person should know although the answers that matter came."""

    def open(self) -> None:
        """Connects and logs in."""

    def answers(self, commands: Sequence[str], *, type_ahead: bool = False) -> Iterator[Answer]:
        """The answers in order. `type_ahead` writes all commands at once where that is safe."""

    def continue_as(self, platform: Platform) -> bool:
        """A device of platform `auto` turned out to be this one; False where that needs a conversation of its own."""

    def close(self) -> None:
        """Ends the conversation; never raises."""

    def abort(self) -> None:
        """Cuts the connection from another thread, so that a blocked read ends at once."""
