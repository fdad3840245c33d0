"""No account is ever locked: passwords under way plus those that failed in a row stay below lockout_after, always."""

import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from licsweep.access.accounts import Accounts, PartOfAccounts
from licsweep.errors import LoginWithheld

ACCOUNT = "reader@aaa"


class Server:
    """Counts refused passwords in a row, in the order in which it sees them, and locks at `locks_at`."""

    def __init__(self, locks_at: int) -> None:
        self.locks_at, self.row, self.most = locks_at, 0, 0

    def sees(self, right: bool) -> bool:
        self.row = 0 if right else self.row + 1
        self.most = max(self.most, self.row)
        return right and self.most < self.locks_at


@given(
    limit=st.integers(2, 5),
    steps=st.lists(st.tuples(st.sampled_from(["send", "seen", "told", "unsent"]), st.booleans(), st.integers(0, 9))),
)
def test_no_order_of_sending_seeing_and_telling_locks_the_account(
    limit: int, steps: list[tuple[str, bool, int]]
) -> None:
    """Logins overlap: the server sees passwords in one order, and their endings become known in another."""
    accounts, server = Accounts(), Server(limit)
    sent: list[dict[str, Any]] = []
    for what, right, which in steps:
        if what == "send":
            waiting = accounts._row(ACCOUNT)
            if waiting.under_way + len(waiting.failed) < limit - 1:
                sent.append({"ticket": accounts.may_send(ACCOUNT, limit), "accepted": None, "seen": False})
            elif not waiting.under_way:
                with pytest.raises(LoginWithheld):
                    accounts.may_send(ACCOUNT, limit)
        elif sent:
            one = sent[which % len(sent)]
            if what == "seen" and not one["seen"]:
                one["accepted"], one["seen"] = server.sees(right), True
            elif what == "told" and one["seen"]:
                sent.remove(one)
                accounts.came_of_it(ACCOUNT, one["ticket"], accepted=one["accepted"])
            elif what == "unsent" and not one["seen"]:
                sent.remove(one)
                accounts.came_of_it(ACCOUNT, one["ticket"], accepted=None)
    assert server.most < limit


def test_a_success_ends_the_row_and_each_account_has_its_own() -> None:
    accounts = Accounts()
    for _ in range(20):
        accounts.came_of_it(ACCOUNT, accounts.may_send(ACCOUNT, 3), accepted=False)
        accounts.came_of_it(ACCOUNT, accounts.may_send(ACCOUNT, 3), accepted=True)
    for _ in range(2):
        accounts.came_of_it(ACCOUNT, accounts.may_send(ACCOUNT, 3), accepted=False)
    with pytest.raises(LoginWithheld, match="2 passwords in a row"):
        accounts.may_send(ACCOUNT, 3)
    with pytest.raises(LoginWithheld):
        accounts.may_send("READER@aaa", 3)
    assert accounts.may_send("reader@another", 3)
    assert accounts.may_send(ACCOUNT, 0), "an account that never locks"


def test_a_password_waits_for_its_turn_and_for_the_end_of_the_sweep() -> None:
    over: list[str] = []
    accounts, waited = Accounts(lambda: over[0] if over else None), []
    first = accounts.may_send(ACCOUNT, 2)

    def second() -> None:
        try:
            accounts.came_of_it(ACCOUNT, accounts.may_send(ACCOUNT, 2), accepted=True)
            waited.append("sent")
            accounts.may_send(ACCOUNT, 2)
            accounts.may_send(ACCOUNT, 2)
        except LoginWithheld as error:
            waited.append(error.what)

    thread = threading.Thread(target=second)
    thread.start()
    time.sleep(0.1)
    assert not waited
    accounts.came_of_it(ACCOUNT, first, accepted=True)
    time.sleep(0.2)
    over.append("the sweep was interrupted")
    thread.join(2)
    assert waited == ["sent", "the sweep was interrupted"]


@pytest.mark.parametrize("shares", [1, 2, 3, 9])
def test_parts_are_no_more_than_the_whole(shares: int) -> None:
    parts = [PartOfAccounts(lambda: None, {"emea": shares}) for _ in range(shares)]
    sent = 0
    for part in parts:
        while part.send_now("reader@emea", 10) is not None:
            sent += 1
    assert 9 - shares < sent <= 9
    assert all(part.most("reader@box", 10) == 9 for part in parts), "a user that a box itself knows has no parts"


class Parts:
    """Shares of one account, which end, are lost, and hear later of what another one that ended gave back."""

    def __init__(self, kind: type[PartOfAccounts], shares: int, limit: int) -> None:
        self.limit, self.most = limit, 0
        self.live = [kind(lambda: None, {"aaa": shares}) for _ in range(shares)]
        self.gone = list[PartOfAccounts]()
        self.told: dict[int, list[dict[str, int]]] = {id(one): [] for one in self.live}
        self.tickets: dict[int, list[int]] = {id(one): [] for one in self.live}

    def does(self, what: str, which: int) -> None:
        if not self.live:
            return
        share = self.live[which % len(self.live)]
        told, tickets = self.told[id(share)], self.tickets[id(share)]
        with suppress(LoginWithheld):
            if what == "send" and (ticket := share.send_now(ACCOUNT, self.limit)) is not None:
                tickets.append(ticket)
        if what in ("failed", "accepted") and tickets:
            share.came_of_it(ACCOUNT, tickets.pop(), accepted=what == "accepted")
        elif what == "hears" and told:
            share.share_ended(["aaa"], told.pop(0))
        elif what in ("ends", "lost"):
            self.live.remove(share)
            self.gone.append(share)
            for one in self.live if what == "ends" else []:
                self.told[id(one)].append(share.spent())
        self.most = max(self.most, sum(one.spent().get(ACCOUNT, 0) for one in (*self.live, *self.gone)))


Steps = list[tuple[str, int]]
WHAT = ["send", "send", "failed", "failed", "accepted", "hears", "hears", "ends", "lost"]
STEPS = st.lists(st.tuples(st.sampled_from(WHAT), st.integers(0, 9)), max_size=60)


def too_many(kind: type[PartOfAccounts], shares: int, limit: int, steps: Steps) -> bool:
    """Whether more passwords are without success at a time than the account allows."""
    parts = Parts(kind, shares, limit)
    for step in steps:
        parts.does(*step)
    return parts.most > limit - 1


@given(shares=st.integers(1, 4), limit=st.integers(2, 10), steps=STEPS)
def test_what_an_ended_share_gives_back_is_never_more_than_it_had_left(shares: int, limit: int, steps: Steps) -> None:
    assert not too_many(PartOfAccounts, shares, limit, steps)


class Forgetful(PartOfAccounts):
    """Negative control: gives back what was spent as well."""

    def share_ended(self, groups: Iterable[str], spent: Mapping[str, int]) -> None:
        super().share_ended(groups, {})


def test_giving_back_what_was_spent_is_caught() -> None:
    assert find(STEPS, lambda steps: too_many(Forgetful, 2, 3, steps), settings=settings(max_examples=1000))


def test_the_last_share_has_all_that_is_left() -> None:
    one, two, three = (PartOfAccounts(lambda: None, {"aaa": 3}) for _ in range(3))
    one.came_of_it("Reader@AAA", one.may_send("Reader@AAA", 10), accepted=False)
    assert (one.spent(), two.most(ACCOUNT, 10)) == ({ACCOUNT: 1}, 3)
    three.share_ended(["aaa"], one.spent())
    assert three.most(ACCOUNT, 10) == 4
    three.share_ended(["aaa"], two.spent())
    assert three.most(ACCOUNT, 10) == 8
    assert three.most("reader@emea", 10) == 9, "an account of another group"
