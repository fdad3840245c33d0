"""`report contract`: agreements and subscriptions, what a True Forward would charge, and apart from it a forecast."""

from collections.abc import Iterable, Iterator
from typing import Any

from licsweep.contract_types import AgreementPosition, Hygiene, SubscriptionPosition
from licsweep.model import Record, Utc
from licsweep.position_types import Finding, JudgementResult
from licsweep.reports.build import Figures, Records, trend
from licsweep.reports.view import values
from reconcile.grouping import lists_by


class ContractReport(Record):
    """What `report contract --format json` holds (docs/judgement.md, Contract, as JSON)."""

    as_of: Utc
    agreements: tuple[AgreementPosition, ...]
    subscriptions: tuple[SubscriptionPosition, ...]
    hygiene: tuple[Hygiene, ...]
    findings: tuple[Finding, ...]


def data(result: JudgementResult) -> ContractReport:
    """The position of all agreements, with the findings on them."""
    return ContractReport(
        as_of=result.judgement.as_of,
        agreements=result.agreements,
        subscriptions=result.subscriptions,
        hygiene=result.hygiene,
        findings=tuple(finding for finding in result.judgement.findings if finding.subject.kind == "contract"),
    )


def contents(result: JudgementResult) -> tuple[Figures, dict[str, Records]]:
    """Suites, payments, what to remove before the milestone, subscriptions, hygiene; the forecast in its own table."""
    whole = data(result)
    suites = [
        {**values(suite), "agreement": agreement.id} for agreement in whole.agreements for suite in agreement.suites
    ]
    findings = [{**values(finding), **values(finding.subject)} for finding in whole.findings]
    figures = {
        "agreements": len(whole.agreements),
        "suites": len(suites),
        "over": sum(finding["name"] == "true-forward-overage" for finding in findings),
        "ending": sum(finding["name"] == "subscription-ending" for finding in findings),
    }
    return figures, {
        "suites": suites,
        "contract-findings": findings,
        "before-milestone": (
            {**values(row), "agreement": agreement.id}
            for agreement in whole.agreements
            for row in agreement.before_milestone
        ),
        "payments": _payments(whole.agreements),
        "subscriptions": map(values, whole.subscriptions),
        "hygiene": map(values, whole.hygiene),
        "weak": ({"name": row.name, "hostname": host} for row in whole.hygiene for host in row.hostnames),
        "trend": _trend(result, suites),
        "forecast": ({**suite, **_forecast(suite["forecast"])} for suite in suites),
    }


def _trend(result: JudgementResult, suites: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What each suite used when the snapshots of earlier days had ended."""
    entitled = {(suite["agreement"], suite["name"]): suite["entitled"] for suite in suites}
    for (agreement, suite), found in lists_by(((one.agreement, one.suite), one) for one in result.history).items():
        yield {
            "name": suite,
            "agreement": agreement,
            "entitled": entitled.get((agreement, suite)),
            **trend({one.at: one.used for one in found}),
        }


def _forecast(one: Any) -> dict[str, Any]:
    return dict.fromkeys(("at", "used", "low", "high", "points", "exposure", "refused")) | values(one)


def _payments(agreements: tuple[AgreementPosition, ...]) -> Iterator[dict[str, Any]]:
    for one in agreements:
        for money in one.next_instalment.amounts if one.next_instalment else ():
            date = one.next_instalment.date if one.next_instalment else None
            yield {**values(money), "agreement": one.id, "date": date, "kind": "next instalment"}
        for basis in ("use", "cssm", "generated"):
            for money in getattr(one, f"exposure_total_by_{basis}") or ():
                kind = f"exposure by {basis}"
                yield {**values(money), "agreement": one.id, "date": one.next_true_forward, "kind": kind}
