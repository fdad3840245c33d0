"""A suite on its next True Forward date: what it uses by each basis, beside what is entitled then."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from licsweep.contract_types import Basis, SuitePosition, SuiteUse
from licsweep.position_types import Pool
from reconcile.contract.arithmetic import PERCENT, Terms, exact, price_of, terms, units
from reconcile.contract.contract_input import ContractInput, beyond, by_license, total
from reconcile.contract.forecast import forecast
from reconcile.grouping import sums_by
from reconcile.tables.contract_rows import Agreement, Suite, within

BASES: tuple[Basis, ...] = ("use", "cssm", "generated")
Figures = Mapping[Basis, Decimal | None]


def suite_terms(given: ContractInput, agreement: Agreement, suite: Suite) -> Terms:
    """What a suite is compared with."""
    return terms(agreement, suite, given.today, lambda day: given.covered(agreement, suite, day))


def suite_position(given: ContractInput, agreement: Agreement, suite: Suite) -> SuitePosition:
    """The position of a suite."""
    agreed, pools = suite_terms(given, agreement, suite), given.suite_pools(agreement, suite)
    stated = [(pool, weight) for pool, weight in pools if pool.cssm_in_use is not None]
    by_use = by_license((pool.license_id, weight * pool.charged) for pool, weight in pools)
    by_cssm = by_license((pool.license_id, weight * (pool.cssm_in_use or 0)) for pool, weight in stated)
    used, net = total(by_use.values()), beyond(by_use, agreed.covered)
    # The EA workspace generates nothing for subscriptions that stand beside the agreement.
    generated = None if suite.generated is None else exact(suite.generated)
    consumed: Figures = {"use": used, "cssm": total(by_cssm.values()) if stated else None, "generated": generated}
    charged: Figures = {**consumed, "use": net, "cssm": beyond(by_cssm, agreed.covered) if stated else None}
    over = {basis: agreed.over(number) for basis, number in charged.items()}
    costs = {basis: agreed.price.of(number) for basis, number in over.items()}
    prices = [float(price) for one in agreed.bought if (price := price_of(one)) is not None]
    measures = (one for one in given.history if (one.agreement, one.suite) == (agreement.id, suite.name))
    triggers = suite.all_triggers or agreement.all_triggers
    return SuitePosition(
        name=suite.name,
        used=units(used),
        used_as_of=min((pool.oldest_capture for pool, _ in pools if pool.oldest_capture), default=None),
        cssm_in_use=units(consumed["cssm"]),
        cssm_as_of=min((pool.cssm_as_of for pool, _ in stated if pool.cssm_as_of), default=None),
        generated=suite.generated,
        consumption_basis=_basis(suite.consumption_basis or agreement.consumption_basis, consumed),
        covered_elsewhere=units(total(agreed.covered.values())),
        entitled=agreed.entitled,
        allowance=agreed.allowance,
        allowance_mode=agreed.mode,
        over_by_use=units(over["use"]),
        over_by_cssm=units(over["cssm"]),
        over_by_generated=units(over["generated"]),
        under_used=units(max(Decimal(0), agreed.entitled - net)),
        months_charged=agreed.price.months,
        unit_price=None if agreed.price.each is None else float(agreed.price.each),
        price_range=(min(prices), max(prices)) if len({*prices}) > 1 else None,
        price_basis=agreed.price.basis,
        price_type=agreed.newest.price_type if agreed.newest else None,
        currency=agreed.newest.currency if agreed.newest else None,
        exposure_by_use=costs["use"],
        exposure_by_cssm=costs["cssm"],
        exposure_by_generated=costs["generated"],
        next_true_forward=agreed.due,
        growth_limits_passed=tuple(
            one.percent for one in triggers if net * PERCENT > agreed.entitled * (PERCENT + exact(one.percent))
        ),
        licenses=tuple(_licenses(given, given.weights(suite), [pool for pool, _ in pools])),
        forecast=forecast(
            measures,
            agreed.due or (agreement.end if within(given.today, agreement.start, agreement.end) else None),
            agreed,
            used - net,
        ),
    )


def _basis(stated: Basis | None, consumed: Figures) -> Basis:
    """The stated one, else the one by which most is consumed."""
    if stated and consumed[stated] is not None:
        return stated
    return max(BASES, key=lambda basis: consumed[basis] or 0)


def _licenses(given: ContractInput, each: Mapping[str, Decimal], pools: Sequence[Pool]) -> Iterator[SuiteUse]:
    charged: Counter[str] = sums_by((pool.license_id, pool.charged) for pool in pools)
    for license_id, weight in each.items():
        number, name = charged[license_id], given.matcher.name(license_id)
        yield SuiteUse(license=name, weight=units(weight), charged=number, used=units(weight * number))
