"""No account is ever locked: passwords under way plus those that failed in a row stay below lockout_after, always."""

import threading
import time
from typing import Any

import pytest
from hypothesis import given
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
