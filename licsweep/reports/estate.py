"""`report estate`: what the estate looks like, what is due, what needs a person."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from licsweep.position_types import SEVERITIES, FindingEvidence, JudgementResult
from licsweep.reports.build import NEVER_READ, Figures, Records, clocks, counted, distribution
from licsweep.reports.view import hours, values

HORIZON_DAYS = 90
OLDEST = 20
EVIDENCE_SHOWN = 3

_DISTRIBUTIONS = ("licensing_model", "platform", "release", "agent_version")


def contents(result: JudgementResult) -> tuple[Figures, dict[str, Records]]:
    """States, releases, deadlines, findings and every host."""
    judgement = result.judgement
    hosts = _hosts(result)
    captured = sorted((h for h in hosts if h["captured_at"]), key=lambda h: (h["captured_at"], h["hostname"]))
    dated = [i for i in judgement.instances if i.days_left is not None]
    soon = [i for i in dated if (i.days_left or 0) <= HORIZON_DAYS]
    findings = sorted(judgement.findings, key=lambda f: (-SEVERITIES.index(f.severity), f.name, f.subject.id))
    figures = {"days": HORIZON_DAYS, "later": len(dated) - len(soon), "number": OLDEST}
    for severity in SEVERITIES:
        waived = [finding.waived_by is not None for finding in findings if finding.severity == severity]
        figures |= {severity: len(waived), f"{severity}_waived": sum(waived)}
    return figures, {
        "states": distribution(counted(i.compliance_state for i in judgement.instances)),
        "states-by-product": _by_product(result),
        **{
            name.replace("_", "-"): distribution(counted(host[name] for host in hosts if host["seen"]))
            for name in _DISTRIBUTIONS
        },
        "deadlines": clocks(soon, result),
        "findings": ({**values(f), **values(f.subject), "evidence": _evidence_text(f.evidence)} for f in findings),
        "drift": map(values, result.drift),
        "oldest": captured[:OLDEST],
        "hosts": hosts,
    }


def _by_product(result: JudgementResult) -> Records:
    """How many product instances of each family (as releases.yaml cuts them) are in each state."""
    products = {row.hostname: row.family for row in result.transition}
    pairs = Counter((products.get(i.hostname), i.compliance_state) for i in result.judgement.instances)
    ordered = sorted(pairs.items(), key=lambda pair: (pair[0][0] is None, pair[0][0] or "", -pair[1], pair[0][1]))
    rows = distribution(dict(ordered))
    return ({**row, "product": row["value"][0], "state": row["value"][1]} for row in rows)


def _hosts(result: JudgementResult) -> list[dict[str, Any]]:
    """One record a host, by name: its newest good observation, and the instance that judgement made of it."""
    instances = {instance.hostname: instance for instance in result.judgement.instances}
    records = []
    for state in sorted(result.states, key=lambda state: state.hostname):
        seen = state.observation or NEVER_READ
        instance = instances.get(state.hostname)
        records.append(
            {
                **values(seen),
                "hostname": state.hostname,
                "outcome": state.outcome,
                "seen": state.observation is not None,
                "state": instance and instance.compliance_state,
                "virtual_account": instance and instance.virtual_account,
                "age_hours": hours(result.judgement.as_of, seen.captured_at),
            }
        )
    return records


def _evidence_text(evidence: Sequence[FindingEvidence]) -> str | None:
    """The first lines and rows that a finding rests on, in one cell."""
    said = []
    for one in evidence[:EVIDENCE_SHOWN]:
        source, kind, number = one.capture, "path" if one.path else "line", one.path or one.line
        if one.entitlement is not None:
            source, kind, number = one.entitlement, "row", one.row
        where = f"{source or 'not known'}, {kind} {'not known' if number is None else number}"
        said.append(f"{where}: {one.text.strip()}" if one.text else where)
    if more := len(evidence) - len(said):
        said.append(f"and {more} more")
    return " | ".join(said) or None
