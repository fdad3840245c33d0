"""Who may log in to simulated devices, over SSH and HTTPS alike."""

import hmac
from dataclasses import dataclass

ATTEMPTS_UNTIL_LOCKED = 10


@dataclass(slots=True)
class Account:
    """Who may log in with what. With `locks` the tenth refused password ends it, the right one then included."""

    username: str
    password: str
    keys: frozenset[str]
    locks: bool = False
    refused: int = 0

    def accepts(self, username: str, password: str) -> bool:
        """Whether that is the password; counts the refused ones."""
        right = username == self.username and hmac.compare_digest(password.encode(), self.password.encode())
        locked = self.locks and self.refused >= ATTEMPTS_UNTIL_LOCKED
        self.refused += not right
        return right and not locked
