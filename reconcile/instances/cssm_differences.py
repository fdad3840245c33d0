"""What boxes use beside what CSSM charges to them, each difference with its explanation.

CSSM's figure is as of a box's last report: a difference that the dates explain is `changed-since` or `stale-capture`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Set
from datetime import datetime, timedelta

from licsweep.position_types import CssmDifference, Use
from reconcile.grouping import sums_by
from reconcile.instances.identity import ProductInstance
from reconcile.judgement_context import JudgedInstance, JudgementContext
from reconcile.licenses.matching import Matcher


def cssm_differences(judged: JudgementContext) -> tuple[CssmDifference, ...]:
    """The licenses of every instance of which CSSM says another number, in accounts whose instances were imported."""
    replaced = {home.hostname for _, home, reason in judged.strangers if home and reason == "replaced-serial"}
    known = judged.accounts.instances_known
    listed = (c for c in judged.instances if c.place.rows or known(c.place.smart_account, c.place.virtual_account))
    return tuple(row for case in listed for row in _of_case(case, judged, replaced))


def _of_case(case: JudgedInstance, judged: JudgementContext, replaced: Set[str]) -> Iterator[CssmDifference]:
    """`replaced` are the hosts whose old serial CSSM still has."""
    unit, place, state, matcher = case.unit, case.place, case.state, judged.matcher
    stale_after = judged.as_of - timedelta(hours=judged.given.options.stale_hours)
    seen = unit.observation
    if seen is None or state.compliance == "legacy":
        return
    used, reserved = _sums(case.uses, "in_use"), _sums(case.uses, "reserved")
    charged = sums_by((matcher.named(held.license), held.quantity) for row in place.rows for held in row.licenses)
    reported = max((row.last_contact for row in place.rows if row.last_contact), default=None)
    differing = {i for i in {*used, *charged} if used[i] != charged[i]}
    of_all = _of_instance(case, replaced) if differing else None
    for license_id in sorted(differing):
        mine, theirs = used[license_id], charged[license_id]
        known = of_all or _of_license(mine, theirs, reserved[license_id], unit)
        if known is None and _renamed(license_id, used, charged, differing, matcher):
            known = "renamed-tag"
        yield CssmDifference(
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


def _sums(uses: Iterable[Use], counted_as: str) -> Counter[str]:
    return sums_by((use.license_id, use.count or 0) for use in uses if use.license_id and use.counted_as == counted_as)


def _of_instance(case: JudgedInstance, replaced: Set[str]) -> str | None:
    """What explains every difference of a box."""
    if case.state.compliance == "reported-by-controller":
        return "controller-reported"
    if case.place.conflicts:
        return "wrong-account"
    if case.place.rows:
        return None
    if case.unit.hostname in replaced:
        return "replaced-serial"
    return "never-reported" if case.state.clock.never_reported else "not-in-cssm"


def _of_license(used: int, charged: int, reserved: int, unit: ProductInstance) -> str | None:
    if reserved and charged == max(used, reserved):
        return "reservation"
    return "ha-peer" if unit.members and used and charged == used * (len(unit.members) + 1) else None


def _renamed(license_id: str, used: Counter[str], charged: Counter[str], differing: set[str], matcher: Matcher) -> bool:
    """The same number under another license of the same family and tier on the other side."""
    about = (matcher.family(license_id), matcher.tier(license_id))
    swapped = (charged[license_id], used[license_id])
    return any(
        other != license_id
        and (used[other], charged[other]) == swapped
        and (about == (matcher.family(other), matcher.tier(other)) or matcher.family(other) is None)
        for other in differing
    )


def _by_dates(captured: datetime | None, reported: datetime | None, stale_after: datetime) -> str:
    if captured and captured < stale_after:
        return "stale-capture"
    if reported is None or captured is None or abs(captured - reported) > timedelta(days=1):
        return "changed-since"
    return "unexplained"
