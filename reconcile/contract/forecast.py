"""What a suite would use on a day, by the trend of earlier snapshots; refused where they can't tell. Never a fact."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import combinations, pairwise
from statistics import median, quantiles

from licsweep.contract_types import Forecast, Refused, SuiteMeasure
from reconcile.contract.arithmetic import Terms, exact, units

LEAST_VALUES, LEAST_DAYS = 4, 60


def forecast(measures: Iterable[SuiteMeasure], at: date | None, terms: Terms, covered: Decimal) -> Forecast | Refused:
    """Theil and Sen's line through the last value of each day; its range grows with the distance.

    `covered` are the units of today's use that standalone subscriptions cover.
    """
    if at is None:
        return Refused(refused="no True Forward date and no end of the agreement is left to look ahead to")
    by_day = {one.at.date(): one for one in sorted(measures, key=lambda one: one.at)}
    points = [(one.at.timestamp() / 86400, float(one.used)) for one in by_day.values()]
    if why := _too_little(points):
        return Refused(refused=why)
    slopes = [(late - early) / (then - now) for (now, early), (then, late) in combinations(points, 2)]
    slope = median(slopes)
    intercept = median(value - slope * day for day, value in points)
    day, last = datetime.combine(at, time(), UTC).timestamp() / 86400, points[-1][0]
    ahead, here = max(0.0, day - last), intercept + slope * min(day, last)
    (least, *_, most), (under, *_, above) = (
        quantiles(found, n=10, method="inclusive")
        for found in (slopes, [value - intercept - slope * day for day, value in points])
    )
    used, low, high = (
        units(exact(round(max(0.0, value), 2)))
        for value in (intercept + slope * day, here + least * ahead + under, here + most * ahead + above)
    )
    exposure = terms.price.of(terms.over(max(Decimal(0), exact(used) - covered)))
    return Forecast(at=at, used=used, low=low, high=high, points=len(points), exposure=exposure)


def _too_little(points: list[tuple[float, float]]) -> str | None:
    if len(points) < LEAST_VALUES:
        return f"{len(points)} days with a value are fewer than {LEAST_VALUES}"
    span = points[-1][0] - points[0][0]
    gap = max(then - now for (now, _), (then, _) in pairwise(points))
    if span < LEAST_DAYS:
        return f"the values span {int(span)} days, fewer than {LEAST_DAYS}"
    if gap > span / 2:
        return f"nothing was measured for {int(gap)} of {int(span)} days"
    return None
