"""How many passwords may be sent, so that no account is ever locked.

An account is a user name and the database that knows it. What counts is not how a login ended but that a password was
sent without success: passwords under way and those that failed in a row stay below `lockout_after` together, always.
The two calls carry names and results only, so that another process can be asked as well.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from threading import Condition, Lock

from licsweep.errors import LoginWithheld

_TICK = 0.2


@dataclass(slots=True, eq=False)
class _Row:
    """One account: its passwords under way, and the moments at which the failures in a row became known."""

    changed: Condition = field(default_factory=Condition)
    under_way: int = 0
    failed: list[int] = field(default_factory=list)


class Accounts:
    """Shared by all logins of a run, those to jump hosts included; `over` says why nothing more is sent at all."""

    def __init__(self, over: Callable[[], str | None] = lambda: None) -> None:
        self._over, self._moments = over, count(1)
        self._lock, self._rows = Lock(), dict[str, _Row]()

    def _row(self, account: str) -> _Row:
        with self._lock:  # Active Directory and TACACS+ take `Reader` for `reader`
            return self._rows.setdefault(account.casefold(), _Row())

    def most(self, account: str, lockout_after: int) -> int:  # noqa: ARG002
        """How many passwords of an account may be without success at a time, so that it is not locked."""
        return lockout_after - 1

    def refusal(self, account: str, lockout_after: int) -> str | None:
        """Why no password of this account is sent any more in this run; None while one may be."""
        failed = len(self._row(account).failed)
        if lockout_after and failed >= self.most(account, lockout_after):
            return f"account {account}: {failed} passwords in a row were sent without success, so no more are sent"
        return self._over()

    def may_send(self, account: str, lockout_after: int) -> int:
        """Waits until a password may be sent and returns its ticket. Raises LoginWithheld instead.

        `lockout_after` is the number of failures in a row that locks the account, 0 where none does.
        """
        row = self._row(account)
        with row.changed:
            while (ticket := self.send_now(account, lockout_after)) is None:
                row.changed.wait(_TICK)
            return ticket

    def send_now(self, account: str, lockout_after: int) -> int | None:
        """The ticket of a password, None as long as its turn has not come. Raises LoginWithheld."""
        row = self._row(account)
        with row.changed:
            if reason := self.refusal(account, lockout_after):
                raise LoginWithheld(reason)
            if lockout_after and row.under_way + len(row.failed) >= self.most(account, lockout_after):
                return None
            row.under_way += 1
            return next(self._moments)

    def came_of_it(self, account: str, ticket: int, *, accepted: bool | None) -> None:
        """What became of that password; None where it was not sent after all.

        A success ends the row of those failures only that were known before its password was sent: the server may
        have refused the others after it.
        """
        row = self._row(account)
        with row.changed:
            row.under_way -= 1
            if accepted:
                row.failed = [moment for moment in row.failed if moment > ticket]
            elif accepted is False:
                row.failed.append(next(self._moments))
            row.changed.notify_all() if row.failed else row.changed.notify()


class PartOfAccounts(Accounts):
    """One share's part of what the accounts of AAA groups (casefolded) allow: `shares` is how many there are in each.

    An account of a box itself is met by one share at a time, and has no parts.
    """

    def __init__(self, over: Callable[[], str | None], shares: Mapping[str, int]) -> None:
        super().__init__(over)
        self._shares, self._spent = dict(shares), Counter[str]()

    def most(self, account: str, lockout_after: int) -> int:
        account = account.casefold()
        return (lockout_after - 1 - self._spent[account]) // self._shares.get(account.rpartition("@")[2], 1)

    def spent(self) -> dict[str, int]:
        """How many passwords of each account were sent here without success, or nobody knows what came of them."""
        with self._lock:
            rows = {account: row.under_way + len(row.failed) for account, row in self._rows.items()}
        return {account: number for account, number in rows.items() if number}

    def share_ended(self, groups: Iterable[str], spent: Mapping[str, int]) -> None:
        """Another share of these groups has ended and spent so much: the others have what is left, in equal parts.

        Each part only grows by this, so it matters to nobody who hears of it first. Of a share that is lost nobody
        is told: its whole part counts as spent.
        """
        self._spent.update(spent)  # before there are fewer shares: no part is too large for a moment
        for group in groups:
            self._shares[group] -= 1


@dataclass(slots=True)
class Sent:
    """What became of a password whose turn came: `accepted` is None as long as it was not sent."""

    accepted: bool | None = None


class Turns:
    """The turns of one session's passwords. `waited` is how many seconds it has waited for them, up to this moment."""

    def __init__(self, accounts: Accounts, account: str, lockout_after: int) -> None:
        self._accounts, self._account, self._lockout_after = accounts, account, lockout_after
        self._waited = 0.0
        self._began: float | None = None

    @property
    def waited(self) -> float:
        """Seconds spent waiting so far."""
        began = self._began
        return self._waited + (0.0 if began is None else time.monotonic() - began)

    @contextmanager
    def turn(self) -> Iterator[Sent]:
        """Waits for the turn of a password and counts what the block says came of it. Raises LoginWithheld."""
        self._began = time.monotonic()
        try:
            ticket = self._accounts.may_send(self._account, self._lockout_after)
        finally:
            self._waited, self._began = self.waited, None
        sent = Sent()
        try:
            yield sent
        finally:
            self._accounts.came_of_it(self._account, ticket, accepted=sent.accepted)
