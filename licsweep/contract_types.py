"""The frozen types of what agreements and subscriptions come to on a date (docs/contract.md).

What is not stated is None. Units are those of the suite: licenses times their weight, whole where the weights are.
"""

from datetime import date
from typing import Literal

from licsweep.model import Record, Utc

Basis = Literal["use", "cssm", "generated"]
AllowanceMode = Literal["threshold", "deduct"]
PriceBasis = Literal["unit-year", "unit-term"]
PriceType = Literal["net", "not-to-exceed", "list"]
Units = int | float


class Money(Record):
    """An amount in one currency; currencies are never added."""

    amount: float
    currency: str | None = None


class Forecast(Record):
    """What use would be on a day by the trend of the snapshots, and the range that it would lie in. Never a fact."""

    at: date
    used: Units
    low: Units
    high: Units
    points: int
    method: Literal["theil-sen"] = "theil-sen"
    exposure: float | None = None


class Refused(Record):
    """Why nothing is forecast."""

    refused: str


class SuiteUse(Record):
    """What is charged of one license of a suite, and the units that it comes to."""

    license: str
    weight: Units
    charged: int
    used: Units


class SuitePosition(Record):
    """A suite on its next True Forward date, or on the date of the judgement where none is left.

    `over_by_...` is what is charged for; `months_charged` and the exposures are None where no date is left.
    `consumption_basis` is the agreement's, else the one by which most is consumed; it picks what findings speak of.
    `price_range` is the least and the greatest price where the commitments in force differ.
    """

    name: str
    used: Units
    used_as_of: Utc | None = None
    cssm_in_use: Units | None = None
    cssm_as_of: Utc | None = None
    generated: Units | None = None
    consumption_basis: Basis
    covered_elsewhere: Units = 0
    entitled: int
    allowance: int | None = None
    allowance_mode: AllowanceMode
    over_by_use: Units | None = None
    over_by_cssm: Units | None = None
    over_by_generated: Units | None = None
    under_used: Units
    months_charged: int | None = None
    unit_price: float | None = None
    price_range: tuple[float, float] | None = None
    price_basis: PriceBasis | None = None
    price_type: PriceType | None = None
    currency: str | None = None
    exposure_by_use: float | None = None
    exposure_by_cssm: float | None = None
    exposure_by_generated: float | None = None
    next_true_forward: date | None = None
    growth_limits_passed: tuple[Units, ...] = ()
    licenses: tuple[SuiteUse, ...] = ()
    forecast: Forecast | Refused


class Instalment(Record):
    """The next annual payment for what is committed already; no exposure."""

    date: date
    amounts: tuple[Money, ...]


class BeforeMilestone(Record):
    """A license that CSSM charges to a product instance that is gone: remove it there on `remove_by` at the latest.

    `money` is what these units would cost from the True Forward date on, where they are over.
    """

    suite: str
    license: str
    quantity: int
    virtual_account: str | None = None
    pid: str | None = None
    sn: str | None = None
    name: str | None = None
    reason: str
    remove_by: date
    money: float | None = None
    currency: str | None = None


class AgreementPosition(Record):
    """An agreement: its suites, never netted against each other, and their exposures by currency.

    `consumption_basis` is the stated one, else the one of which the suites' figures add up to most.
    """

    id: str
    smart_account: str | None = None
    virtual_accounts: tuple[str, ...] | None = None
    start: date | None = None
    end: date | None = None
    next_true_forward: date | None = None
    consumption_basis: Basis
    suites: tuple[SuitePosition, ...] = ()
    exposure_total_by_use: tuple[Money, ...] | None = None
    exposure_total_by_cssm: tuple[Money, ...] | None = None
    exposure_total_by_generated: tuple[Money, ...] | None = None
    next_instalment: Instalment | None = None
    before_milestone: tuple[BeforeMilestone, ...] = ()


class SubscriptionPosition(Record):
    """A standalone subscription; `short_after` is what today's use lacks on the day after its end.

    None where it has no end, or where nothing says what else is owned.
    """

    id: str
    smart_account: str | None = None
    license: str
    quantity: int
    start: date | None = None
    end: date | None = None
    days_left: int | None = None
    renewal: date | bool | str | None = None
    short_after: int | None = None


class Hygiene(Record):
    """How many product instances a finding stands on that weakens the position in a renewal."""

    name: str
    count: int
    hostnames: tuple[str, ...]


class SuiteMeasure(Record):
    """What a suite used at an earlier moment: a point of its forecast."""

    at: Utc
    agreement: str
    suite: str
    used: Units


class PoolMeasure(Record):
    """What was in use and reserved of a license in an account at an earlier moment."""

    at: Utc
    smart_account: str | None
    virtual_account: str
    license: str
    used: int
