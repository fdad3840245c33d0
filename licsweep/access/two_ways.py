"""A host that is asked over HTTPS and over SSH: requests (GET, AXL) go the one way, all other lines the other.

The way of the platform's record comes first, and what fails on it fails. The second way is opened when its first line
is due, is there only where credentials were given for it, and what fails on it is a note.
"""

from collections.abc import Iterator, Sequence

from licsweep.access.conversation import Answer, Conversation
from licsweep.errors import AccessError, plain_reason
from licsweep.line_patterns import is_request
from licsweep.platforms import Platform


class TwoWays:
    """Both conversations as one; lines of a second way that is not there are not asked."""

    def __init__(self, first: Conversation, second: Conversation | None, *, https_first: bool) -> None:
        self._first, self._second, self._https_first = first, second, https_first
        self._ways = [first, second] if second else [first]
        self._note: list[str] = []

    @property
    def login_began(self) -> bool:
        """True once a credential may have been sent on either way."""
        return any(way.login_began for way in self._ways)

    @property
    def waited(self) -> float:
        """Seconds spent waiting for the turn of passwords on both ways."""
        return sum(way.waited for way in self._ways)

    @property
    def notes(self) -> Sequence[str]:
        """What both ways noted, and why the second one failed."""
        return [*(note for way in self._ways for note in way.notes), *self._note]

    def open(self) -> None:
        """Opens the first way."""
        self._first.open()

    def answers(self, commands: Sequence[str], *, type_ahead: bool = False) -> Iterator[Answer]:
        """The answers of the first way, then those of the second."""
        yield from self._first.answers(self._of(commands, https=self._https_first), type_ahead=type_ahead)
        rest = self._of(commands, https=not self._https_first)
        if rest and self._https_first and not self._second:  # of a manager, its model, on which licenses depend
            self._note = [f"over SSH: {', '.join(rest)} not asked, the inventory names no ssh_credentials"]
        if not rest or not self._second:
            return
        try:
            self._second.open()
            yield from self._second.answers(rest)
        except AccessError as error:
            self._note = [f"over {'SSH' if self._https_first else 'HTTPS'}: {plain_reason(error)}"]

    @staticmethod
    def _of(commands: Sequence[str], *, https: bool) -> list[str]:
        return [command for command in commands if is_request(command) == https]

    def continue_as(self, platform: Platform) -> bool:
        """Never: another platform has other ways."""
        del platform
        return False

    def close(self) -> None:
        """Ends both."""
        for way in self._ways:
            way.close()

    def abort(self) -> None:
        """Cuts both from another thread."""
        for way in self._ways:
            way.abort()
