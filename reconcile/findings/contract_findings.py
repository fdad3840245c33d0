"""Findings of agreements and subscriptions: what a True Forward would charge, what is unused, what ends."""

from collections.abc import Iterator

from licsweep.contract_types import AgreementPosition, Basis, Hygiene, SuitePosition
from licsweep.position_types import Finding, FindingEvidence, Subject
from reconcile.contract.arithmetic import PERCENT, exact
from reconcile.findings.raised import RaisedFinding
from reconcile.grouping import lists_by
from reconcile.judgement_context import JudgementContext
from reconcile.tables.tables import norm, shipped

_BY: dict[Basis, str] = {"use": "in use", "cssm": "in use per CSSM", "generated": "generated"}


def agreements(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`true-forward-overage`, `growth-limit-passed` and `under-used` of each suite."""
    for place, agreement in enumerate(judged.agreements, 1):
        for suite in agreement.suites:
            subject = Subject(kind="contract", id=f"{agreement.id}/{suite.name}")
            evidence = [FindingEvidence(entitlement="contract.yaml", row=place), *_lines(judged, agreement, suite)]
            for slug, message in _of_suite(suite, judged.given.options.buffer_percent):
                yield RaisedFinding(slug, subject, message, evidence)


def _of_suite(suite: SuitePosition, buffer: float) -> Iterator[tuple[str, str]]:
    consumed, over, cost = {
        "use": (suite.used, suite.over_by_use, suite.exposure_by_use),
        "cssm": (suite.cssm_in_use, suite.over_by_cssm, suite.exposure_by_cssm),
        "generated": (suite.generated, suite.over_by_generated, suite.exposure_by_generated),
    }[suite.consumption_basis]
    figures = f"{consumed} {_BY[suite.consumption_basis]}, {suite.entitled} entitled"
    if suite.covered_elsewhere:
        figures += f", {suite.covered_elsewhere} covered by subscriptions"
    if over:
        due = suite.next_true_forward
        when = f"on {due}" if due else "and no True Forward date is left: it goes into the renewal"
        costs = "" if cost is None else f"; {cost:.2f} {suite.currency or '(no currency stated)'}"
        costs += f" for {suite.months_charged} months" if costs else ""
        prices = suite.price_range
        range_ = f"; prices from {prices[0]:g} to {prices[1]:g}" if prices else ""
        yield "true-forward-overage", f"{over} over {when} ({figures}){costs}{range_}"
    for percent in suite.growth_limits_passed:
        yield "growth-limit-passed", f"more than {percent} percent above what is entitled ({figures})"
    if exact(suite.under_used) * PERCENT > exact(buffer) * suite.entitled:
        yield "under-used", f"{suite.under_used} of {suite.entitled} unused ({suite.used} in use)"


def _lines(judged: JudgementContext, agreement: AgreementPosition, suite: SuitePosition) -> Iterator[FindingEvidence]:
    """The entitlement rows and lines of the pools that a suite's figures are sums of."""
    names = {row.license for row in suite.licenses}
    listed = None if agreement.virtual_accounts is None else set(map(norm, agreement.virtual_accounts))
    for pool in judged.pools:
        mine = norm(pool.smart_account or "") == norm(agreement.smart_account or "")
        if pool.license in names and mine and (listed is None or norm(pool.virtual_account) in listed):
            yield from judged.evidence(pool)


def ending_subscriptions(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`subscription-ending` of a standalone subscription that ends within the horizon of terms."""
    for place, one in enumerate(judged.subscriptions, 1):
        if one.days_left is not None and 0 <= one.days_left <= judged.given.options.ending_days:
            short = "not known what it leaves short" if one.short_after is None else f"{one.short_after} short after it"
            message = f"{one.quantity} x {one.license} end on {one.end}, {one.days_left} days left: {short}"
            evidence = [FindingEvidence(entitlement="contract.yaml", row=place)]
            yield RaisedFinding("subscription-ending", Subject(kind="contract", id=one.id), message, evidence)


def hygiene(findings: tuple[Finding, ...]) -> tuple[Hygiene, ...]:
    """What weakens the position in a renewal (tables/hygiene.yaml), by finding."""
    hosts = lists_by((one.name, one.subject.id) for one in findings if one.subject.kind == "instance")
    listed = ((name, sorted(hosts.get(name, ()))) for name in shipped("hygiene", str))
    return tuple(Hygiene(name=name, count=len(known), hostnames=tuple(known)) for name, known in listed if known)
