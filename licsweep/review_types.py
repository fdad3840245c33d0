"""The frozen types of what an auditor asks: numbers of one license beside each other, and the quarterly checklist."""

from datetime import date
from typing import Literal

from licsweep.contract_types import Units
from licsweep.model import Record, Utc


class DifferenceCause(Record):
    """Part of the difference of two numbers: `units` is how much the second is larger (negative: smaller) by this."""

    first: str
    second: str
    cause: str
    units: Units


class Contradiction(Record):
    """One license of a smart account by five records, each with its date, and why neighbors differ.

    `reported` is what CSSM lists at its product instances; `acknowledged` stands beside it: what the newest of the
    reports count that the courier took to CSSM and brought an acknowledgement of; `entitled` is that of a suite of this
    license alone. What nothing states is None, and the numbers beside it are neighbors then.
    """

    smart_account: str | None
    license: str
    used: int
    used_as_of: Utc | None = None
    reported: int | None = None
    reported_as_of: Utc | None = None
    acknowledged: int | None = None
    acknowledged_as_of: Utc | None = None
    cssm_in_use: int | None = None
    cssm_as_of: Utc | None = None
    owned: int | None = None
    owned_as_of: Utc | None = None
    entitled: int | None = None
    entitled_as_of: date | None = None
    causes: tuple[DifferenceCause, ...] = ()


class ReviewRow(Record):
    """A finding of the quarterly checklist that nobody has waived, whose it is, and what became of it since."""

    section: str
    finding: str
    severity: str
    kind: str
    subject: str
    message: str
    owner: str | None = None
    since: Literal["new", "standing", "gone"] | None = None
