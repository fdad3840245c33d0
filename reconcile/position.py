"""What boxes use beside what CSSM charges to them, each difference with its explanation.

CSSM's figure is as of a box's last report: a difference that the dates explain is `changed-since` or `stale-capture`.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime, timedelta

from licsweep.judged import PositionRow, Use
from reconcile.attribution import Place
from reconcile.identity import Unit
from reconcile.matching import Matcher
from reconcile.states import State


def differences(
    unit: Unit,
    place: Place,
    state: State,
    uses: Sequence[Use],
    matcher: Matcher,
    replaced: Set[str],
    stale_after: datetime,
) -> Iterator[PositionRow]:
    """The licences of one instance of which CSSM says another number.

    `replaced` are the hosts whose old serial CSSM still has.
    """
    seen = unit.observation
    if seen is None or state.compliance == "legacy":
        return
    used, reserved = _sums(uses, "in_use"), _sums(uses, "reserved")
    charged: dict[str, int] = {}
    for row in place.rows:
        for held in row.licenses:
            license_id = matcher.named(held.license)
            charged[license_id] = charged.get(license_id, 0) + held.quantity
    reported = max((row.last_contact for row in place.rows if row.last_contact), default=None)
    differing = {i for i in {*used, *charged} if used.get(i, 0) != charged.get(i, 0)}
    of_all = _of_instance(unit, place, state, replaced) if differing else None
    for license_id in sorted(differing):
        mine, theirs = used.get(license_id, 0), charged.get(license_id, 0)
        known = of_all
        if known is None:
            known = _of_license(mine, theirs, reserved.get(license_id, 0), unit)
        if known is None and _renamed(license_id, used, charged, differing, matcher):
            known = "renamed-tag"
        yield PositionRow(
            hostname=unit.hostname,
            smart_account=place.smart_account,
            virtual_account=place.virtual_account,
            license=matcher.name(license_id),
            used=mine,
            captured_at=seen.captured_at,
            acknowledged_at=seen.last_ack_received,
            cssm=theirs if place.rows else None,
            cssm_as_of=reported,
            explanation=known or _by_dates(seen.captured_at, reported, stale_after),  # type: ignore[arg-type]
        )


def _sums(uses: Sequence[Use], counted_as: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for use in uses:
        if use.license_id and use.counted_as == counted_as:
            sums[use.license_id] = sums.get(use.license_id, 0) + (use.count or 0)
    return sums


def _of_instance(unit: Unit, place: Place, state: State, replaced: Set[str]) -> str | None:
    """What explains every difference of a box."""
    if state.compliance == "reported-by-controller":
        return "controller-reported"
    if place.conflicts:
        return "wrong-account"
    if place.rows:
        return None
    if unit.hostname in replaced:
        return "replaced-serial"
    return "never-reported" if state.clock.never_reported else "not-in-cssm"


def _of_license(used: int, charged: int, reserved: int, unit: Unit) -> str | None:
    if reserved and charged == max(used, reserved):
        return "reservation"
    return "ha-peer" if unit.members and used and charged == used * (len(unit.members) + 1) else None


def _renamed(
    license_id: str, used: Mapping[str, int], charged: Mapping[str, int], differing: set[str], matcher: Matcher
) -> bool:
    """The same number under another licence of the same family and tier on the other side."""
    about = (matcher.family(license_id), matcher.tier(license_id))
    mine, theirs = used.get(license_id, 0), charged.get(license_id, 0)
    return any(
        other != license_id
        and (used.get(other, 0), charged.get(other, 0)) == (theirs, mine)
        and (about == (matcher.family(other), matcher.tier(other)) or matcher.family(other) is None)
        for other in differing
    )


def _by_dates(captured: datetime | None, reported: datetime | None, stale_after: datetime) -> str:
    if captured and captured < stale_after:
        return "stale-capture"
    if reported is None or captured is None or abs(captured - reported) > timedelta(days=1):
        return "changed-since"
    return "unexplained"
