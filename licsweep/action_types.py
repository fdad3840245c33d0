"""The frozen types of what is to be done: single actions by part, and the ordered plan of moves and purchases."""

from datetime import date
from typing import Literal

from licsweep.model import Record, Utc

Part = Literal["short", "buffers", "reports", "registration", "ending", "cssm-says", "not-measured"]


class AccountOwner(Record):
    """Who owns a virtual account, by accounts.yaml."""

    smart_account: str | None
    virtual_account: str
    owner: str


class PlanStep(Record):
    """A move between virtual accounts, or a purchase for one, and the balances that it leaves.

    `license` is what moves or is bought; `covers` the license whose balance rises in the receiving account (another one
    where a higher tier covers it). Money is by the catalogue's price.
    """

    number: int
    do: Literal["move", "buy"]
    purpose: Literal["shortage", "buffer"]
    smart_account: str | None
    license: str
    covers: str
    quantity: int
    from_: str | None = None
    from_before: int | None = None
    from_after: int | None = None
    to: str
    to_before: int
    to_after: int
    money: float | None = None
    currency: str | None = None
    owner: str | None = None


class Action(Record):
    """One thing to do; `what` is wrong with `about`, `do` is the advice. What is not known or not stated is None.

    `units` are what must be bought, `units_with_buffers` what keeps every buffer of the smart account as well.
    """

    number: int
    part: Part
    about: str
    what: str
    do: str | None = None
    smart_account: str | None = None
    virtual_account: str | None = None
    owner: str | None = None
    purchased: int | None = None
    in_use: int | None = None
    short: int | None = None
    buffer: int | None = None
    units: int | None = None
    units_with_buffers: int | None = None
    money: float | None = None
    money_with_buffers: float | None = None
    currency: str | None = None
    due: date | None = None
    days_left: int | None = None
    service_affecting: bool = False
    severity: str = "warning"
    finding: str | None = None


class PartLooked(Record):
    """How many actions a part has, and what was looked at for it."""

    part: Part
    actions: int
    looked_at: str


class ActionsReport(Record):
    """What `report actions --format json` holds."""

    as_of: Utc
    parts: tuple[PartLooked, ...]
    actions: tuple[Action, ...]
    plan: tuple[PlanStep, ...]


class Deadline(Record):
    """A day on which something is due or ends, and what it is about; negative days are overdue."""

    kind: Literal["report", "term", "true-forward", "token"]
    day: date
    days_left: int
    about: str
