"""Judgement: one JudgementInput goes in, one JudgementResult comes out. Pure.

The contract is docs/judgement.md. Nothing here reads a file, a clock or the network, apart from the shipped
tables: that of findings, and the others where no tables are given.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from licsweep.action_types import AccountOwner, PlanStep
from licsweep.contract_types import AgreementPosition
from licsweep.no_garbage import no_garbage
from licsweep.position_types import Instance, Judgement, JudgementResult, OwnedTerm
from reconcile.contradictions import contradictions
from reconcile.deadlines import deadlines
from reconcile.findings.contract_findings import hygiene
from reconcile.findings.raised import merged
from reconcile.findings.rules import RULES, Rule
from reconcile.findings.waivers import waived
from reconcile.instances.coverage import coverage
from reconcile.instances.cssm_differences import cssm_differences
from reconcile.instances.reporting_path import reported_by
from reconcile.instances.transition import transition
from reconcile.judgement_context import JudgedInstance, JudgementContext
from reconcile.judgement_input import HostFacts, JudgementInput, Options
from reconcile.pools.exposure import exposure
from reconcile.pools.plan_steps import plan_steps
from reconcile.pools.pools import totals
from reconcile.pools.terms import counted_as
from reconcile.review import review

__all__ = ["HostFacts", "JudgementInput", "Options", "judge", "position"]


@no_garbage()
def judge(given: JudgementInput, rules: Sequence[Rule] = RULES) -> JudgementResult:
    """The position at `as_of`. The order of states, entitlements and instances does not matter.

    Every figure of a pool is the sum of its `uses`. Raises InputError for a waiver of a finding that does not exist.
    """
    judged = JudgementContext(given)
    judgement = _judgement(judged, rules)
    differences = cssm_differences(judged)
    return JudgementResult(
        judgement=judgement,
        states=tuple(sorted(given.states, key=lambda state: (state.hostname, state.snapshot_id or 0))),
        uses=tuple(judged.uses),
        owned_terms=_owned_terms(judged),
        shortages=tuple(judged.shortages),
        substitutions=tuple(judged.substitutions),
        clean_up=judged.clean_up,
        cssm_differences=differences,
        cssm_alerts=judged.alerts,
        transition=transition(judged),
        drift=tuple(judged.drift),
        agreements=judged.agreements,
        subscriptions=judged.subscriptions,
        hygiene=hygiene(judgement.findings),
        contradictions=contradictions(judged, differences),
        review=tuple(review(judged, judgement.findings, given.since)),
        owners=(owners := _owners(judged)),
        plan=tuple(_plan(judged, judgement, owners)),
        history=tuple(given.history),
        pool_history=tuple(given.pool_history),
        deadlines=tuple(sorted(deadlines(judged), key=lambda one: (one.days_left, one.kind, one.about))),
    )


@no_garbage()
def position(given: JudgementInput) -> tuple[Judgement, tuple[AgreementPosition, ...]]:
    """`judgement` and `agreements` of what `judge` gives, without what reports show beside them. Raises as it does."""
    judged = JudgementContext(given)
    return _judgement(judged, RULES), judged.agreements


def _judgement(judged: JudgementContext, rules: Sequence[Rule]) -> Judgement:
    raised = merged(finding for rule in rules for finding in rule(judged))
    instances = [_instance(case, judged) for case in judged.instances]
    return Judgement(
        as_of=judged.as_of,
        coverage=coverage(judged.given.states, judged.given.never_tried),
        pools=tuple(judged.pools),
        smart_account_totals=tuple(totals(judged.pools)),
        instances=tuple(sorted(instances, key=lambda each: (not each.service_affecting, each.hostname))),
        transfers_to_close=judged.plans.to_close,
        transfers_to_restore_buffer=judged.plans.to_restore_buffer,
        exposure=tuple(exposure(judged)),
        findings=waived(raised, judged.tables.waivers, judged.as_of.date()),
    )


def _owners(judged: JudgementContext) -> tuple[AccountOwner, ...]:
    """The owners that accounts.yaml names of accounts that anything stands in."""
    used = {pool.account for pool in judged.pools}
    used |= {(case.place.smart_account, case.place.virtual_account) for case in judged.instances}
    rows = ((account, judged.accounts.names.row(*account)) for account in sorted(used, key=str))
    return tuple(
        AccountOwner(smart_account=smart, virtual_account=virtual, owner=row.owner)
        for (smart, virtual), row in rows
        if row and row.owner
    )


def _plan(judged: JudgementContext, judgement: Judgement, owners: Sequence[AccountOwner]) -> Iterator[PlanStep]:
    named = {(row.smart_account, row.virtual_account): row.owner for row in owners}
    for step in plan_steps(judged.pools, judged.plans, judged.shortages, judgement.exposure):
        yield replace(step, owner=named.get((step.smart_account, step.to)))


def _owned_terms(judged: JudgementContext) -> tuple[OwnedTerm, ...]:
    day = judged.as_of.date()
    return tuple(
        OwnedTerm(
            smart_account=each.smart_account,
            virtual_account=each.virtual_account,
            license_id=each.license_id,
            counted_as=counted_as(term, day),
            entitlement=entitlement,
            term=term,
        )
        for each in judged.pool_accounts.values()
        for entitlement in each.entitlements
        for term in entitlement.terms
    )


def _instance(case: JudgedInstance, judged: JudgementContext) -> Instance:
    unit, place, state = case.unit, case.place, case.state
    seen, clock = unit.observation, state.clock
    age = judged.as_of - seen.captured_at if seen and seen.captured_at else None
    udis, known = unit.udis, judged.given.usage_reported
    reported = [known.get(udi.sn or "", {}) for udi in udis] if known else ()
    return Instance(
        hostname=unit.hostname,
        udis=udis,
        also_known_as=tuple(sorted({other.hostname for other in unit.others})),
        smart_account=place.smart_account,
        virtual_account=place.virtual_account,
        virtual_account_source=place.source,
        reported_by=reported_by(seen, judged.tables),
        compliance_state=state.compliance,
        reservation=state.reservation,
        deadline=clock.deadline,
        computed_deadline=clock.computed,
        days_left=clock.days_left,
        never_reported=clock.never_reported,
        service_affecting=state.service is not None,
        usage_uploaded_at=max((times["uploaded"] for times in reported if "uploaded" in times), default=None),
        usage_acknowledged_at=max(
            (times["acknowledged"] for times in reported if "acknowledged" in times), default=None
        ),
        age_seconds=int(age.total_seconds()) if age is not None else None,
        outcome=unit.state.outcome,
    )
