"""All rules of judgement, in one table. A rule reads the judgement so far and yields the findings that it raises.

A new kind of finding is a function of this signature, its line here, and its row in tables/findings.yaml.
`waiver-expired` stands apart (findings/waivers.py): it is about the findings that these rules raised.
"""

from collections.abc import Callable, Iterator

from reconcile.findings import (
    account_findings,
    cluster_findings,
    contract_findings,
    cssm_findings,
    device_conditions,
    estate_findings,
    instance_findings,
    manager_findings,
    pool_findings,
)
from reconcile.findings.raised import RaisedFinding
from reconcile.judgement_context import JudgementContext

Rule = Callable[[JudgementContext], Iterator[RaisedFinding]]

RULES: tuple[Rule, ...] = (
    instance_findings.identity,
    instance_findings.disagreeing_sources,
    instance_findings.never_read,
    instance_findings.compliance,
    instance_findings.license_lines,
    instance_findings.stale_captures,
    device_conditions.broken_transport,
    device_conditions.purged_reports,
    device_conditions.unsynchronized_clocks,
    device_conditions.export_control,
    device_conditions.old_releases,
    device_conditions.service_deadlines,
    pool_findings.pool_states,
    pool_findings.ending_terms,
    pool_findings.tiers,
    pool_findings.closing,
    pool_findings.substitutions,
    cssm_findings.strangers,
    cssm_findings.missing,
    cssm_findings.alerts,
    account_findings.wrong_families,
    account_findings.unknown_ownership,
    account_findings.fragmented,
    account_findings.too_broad,
    estate_findings.new_lines,
    estate_findings.old_sites,
    estate_findings.onprem_servers,
    estate_findings.tokens,
    manager_findings.out_of_sync,
    manager_findings.unread,
    cluster_findings.missing_publishers,
    contract_findings.agreements,
    contract_findings.ending_subscriptions,
)
