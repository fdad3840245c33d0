"""The frozen types of plans: what would be if, what a merger or a divestiture takes. Nothing of them is stored."""

from licsweep.contract_types import SuitePosition
from licsweep.model import Record, Utc
from licsweep.position_types import Finding, InAccount, Pool, SmartAccountTotal


class PoolChange(InAccount):
    """A pool before and after; None where there is none on that side."""

    license: str
    before: Pool | None = None
    after: Pool | None = None


class SuiteChange(Record):
    """A suite before and after."""

    agreement: str
    suite: str
    before: SuitePosition
    after: SuitePosition


class WhatIf(Record):
    """What was assumed, and what it changes."""

    as_of: Utc
    assumed: tuple[str, ...]
    pools: tuple[PoolChange, ...] = ()
    suites: tuple[SuiteChange, ...] = ()
    new_findings: tuple[Finding, ...] = ()
    gone_findings: tuple[Finding, ...] = ()


class MergedLicense(Record):
    """One license of two smart accounts and of both together.

    `short` of all together is after substitution and transfers; `over_commitment` of one of them: stays or vanishes.
    """

    license: str
    a: SmartAccountTotal | None = None
    b: SmartAccountTotal | None = None
    together: SmartAccountTotal
    short: int | None = None
    over_commitment: str | None = None


class MovingInstance(InAccount):
    """A product instance that has to change its account, and what has to be returned on it first.

    What was never `read` uses licenses that are in no figure of the plan.
    """

    hostname: str
    read: bool
    to_return: tuple[str, ...] = ()


class MergePlan(Record):
    """Smart account `a` is merged into `b`."""

    as_of: Utc
    a: str
    b: str
    licenses: tuple[MergedLicense, ...]
    instances: tuple[MovingInstance, ...]
    collisions: tuple[str, ...]
    contract_overlaps: tuple[str, ...]
    steps: tuple[str, ...]


class LeavingLicense(InAccount):
    """A license of the boxes that leave: `leaving` of `charged` units go with them, `owned` of the pool are there.

    `short_staying` where the boxes take along what they use, `short_leaving` where those that stay keep what they use.
    """

    license: str
    owned: int | None = None
    charged: int
    leaving: int
    short_staying: int | None = None
    short_leaving: int | None = None


class DivestPlan(Record):
    """What leaves with a selection of boxes."""

    as_of: Utc
    instances: tuple[MovingInstance, ...]
    licenses: tuple[LeavingLicense, ...]
    suites: tuple[SuiteChange, ...]
    steps: tuple[str, ...]
