"""The frozen types of plans: what would be if, what a merger or a divestiture takes. Nothing of them is stored."""

from dataclasses import dataclass

from licsweep.contract_types import Units
from licsweep.model import Record, Utc
from licsweep.position_types import Finding, InAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolChange(InAccount):
    """A pool before and after; owned, balance and shortage are None where it is not known what is owned."""

    license: str
    charged: int
    charged_after: int
    owned: int | None = None
    owned_after: int | None = None
    balance: int | None = None
    balance_after: int | None = None
    shortage: int | None = None
    shortage_after: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteChange(Record):
    """A suite before and after; exposure by use."""

    agreement: str
    suite: str
    used: Units | None = None
    used_after: Units | None = None
    entitled: int | None = None
    entitled_after: int | None = None
    over: Units | None = None
    over_after: Units | None = None
    exposure: float | None = None
    exposure_after: float | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf(Record):
    """What was assumed, and what it changes."""

    as_of: Utc
    assumed: tuple[str, ...]
    pools: tuple[PoolChange, ...] = ()
    suites: tuple[SuiteChange, ...] = ()
    new_findings: tuple[Finding, ...] = ()
    gone_findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedLicense(Record):
    """One license of two smart accounts and of both together; `short` is after substitution and transfers."""

    license: str
    owned_a: int | None = None
    charged_a: int = 0
    short_a: int | None = None
    owned_b: int | None = None
    charged_b: int = 0
    short_b: int | None = None
    owned: int | None = None
    charged: int = 0
    short: int | None = None
    over_commitment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MovingInstance(InAccount):
    """A product instance that has to change its account, and what has to be returned on it first."""

    hostname: str
    to_return: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class DivestPlan(Record):
    """What leaves with a selection of boxes."""

    as_of: Utc
    instances: tuple[MovingInstance, ...]
    licenses: tuple[LeavingLicense, ...]
    suites: tuple[SuiteChange, ...]
    steps: tuple[str, ...]
