"""`report contract`: agreements and subscriptions, what a True Forward would charge, and apart from it a forecast."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from licsweep.contract_types import AgreementPosition, Forecast, Hygiene, SubscriptionPosition
from licsweep.model import Record, Utc
from licsweep.position_types import Finding, JudgementResult
from licsweep.reports.build import Figures, Records
from licsweep.reports.view import values
from reconcile.grouping import lists_by


@dataclass(frozen=True, slots=True, kw_only=True)
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
        "suites": map(_readable, suites),
        "contract-findings": findings,
        "before-milestone": (
            {**_readable(values(row)), "agreement": agreement.id}
            for agreement in whole.agreements
            for row in agreement.before_milestone
        ),
        "payments": _payments(whole.agreements),
        "subscriptions": map(values, whole.subscriptions),
        "hygiene": ({**values(row), "hostnames": ", ".join(row.hostnames)} for row in whole.hygiene),
        "trend": _trend(result),
        "forecast": ({**suite, **_forecast(suite["forecast"])} for suite in suites),
    }


def _trend(result: JudgementResult) -> Iterator[dict[str, Any]]:
    """What each suite used when the snapshots of earlier days had ended."""
    for (agreement, suite), found in lists_by(((one.agreement, one.suite), one) for one in result.history).items():
        points = sorted(found, key=lambda one: one.at)
        used = [f"{one.used:g}" for one in points]
        yield {
            "name": suite,
            "agreement": agreement,
            "first_at": points[0].at.date(),
            "first": used[0],
            "last_at": points[-1].at.date(),
            "last": used[-1],
            "values": " ".join(used),
        }


def _readable(record: dict[str, Any]) -> dict[str, Any]:
    """Money and parts of a unit as text."""
    return {key: f"{value:.2f}" if isinstance(value, float) else value for key, value in record.items()}


def _forecast(one: Any) -> dict[str, Any]:
    known = isinstance(one, Forecast)
    empty = dict.fromkeys(("at", "used", "low", "high", "points", "exposure", "refused"))
    return empty | _readable(values(one)) if known else empty | values(one)


def _payments(agreements: tuple[AgreementPosition, ...]) -> Iterator[dict[str, Any]]:
    for one in agreements:
        for money in one.next_instalment.amounts if one.next_instalment else ():
            date = one.next_instalment.date if one.next_instalment else None
            yield {**_readable(values(money)), "agreement": one.id, "date": date, "kind": "next instalment"}
        for basis in ("use", "cssm", "generated"):
            for money in getattr(one, f"exposure_total_by_{basis}") or ():
                kind = f"exposure by {basis}"
                yield {**_readable(values(money)), "agreement": one.id, "date": one.next_true_forward, "kind": kind}
