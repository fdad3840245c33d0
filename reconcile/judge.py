"""Judgement: host states, entitlements and CSSM's product instances go in; pools, transfers, findings come out. Pure.

The contract is docs/judgement.md. Nothing here reads a file, a clock or the network, apart from the shipped
tables: that of findings, and the others where no tables are given.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from licsweep.model import HostState, as_utc
from licsweep.position_types import Coverage, CssmInstance, Entitlement, Instance, Judgement, Pool, Reconciled, Use
from reconcile.account_findings import raise_families, raise_shapes
from reconcile.attribution import Accounts, HostFacts
from reconcile.counting import Counter as Lines
from reconcile.cssm import CssmIndex
from reconcile.cssm_differences import differences
from reconcile.cssm_findings import raise_ghosts, raise_missing
from reconcile.estate_findings import raise_drift, raise_managers, raise_onprem
from reconcile.findings import Raised
from reconcile.ha_peers import with_peers
from reconcile.identity import ProductInstance, fresh_enough, product_instances
from reconcile.instance_findings import raise_instance, raise_stale
from reconcile.instance_moves import raise_moves
from reconcile.judged_instance import JudgedInstance
from reconcile.lending import Chain, higher
from reconcile.matching import Matcher
from reconcile.pool_findings import evidence_of, raise_closing, raise_ending, raise_pool, raise_tiers
from reconcile.pools import PERCENT, Account, Ledger, exposure, pool, pool_id, substitute, totals
from reconcile.reporting_path import reported_by
from reconcile.states import state_of
from reconcile.tables import Tables
from reconcile.transfers import Plans, plans
from reconcile.waivers import waived

__all__ = ["HostFacts", "Options", "judge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a site may set: how far ahead a report is due and a term is ending, when a capture is stale, the buffer."""

    due_horizon_days: int = 30
    stale_hours: int = 48
    buffer_percent: float = 10
    ending_days: int = 90


DEFAULTS = Options()


def judge(
    states: Sequence[HostState],
    entitlements: Sequence[Entitlement],
    *,
    as_of: datetime,
    cssm_instances: Sequence[CssmInstance] = (),
    facts: Mapping[str, HostFacts] | None = None,
    tables: Tables | None = None,
    options: Options = DEFAULTS,
) -> Reconciled:
    """The position at `as_of`. The order of states, entitlements and instances does not matter.

    The caller has chosen the newest good observation of each host and the exports that count at `as_of`. `facts` is
    what the inventory says, by host name. Every figure of a pool is the sum of its `uses`.
    """
    court = _Judge(states, entitlements, cssm_instances, facts or {}, tables or Tables.load(), as_utc(as_of), options)
    return court.reconciled()


class _Judge:
    """One judgement: what is known, and what is found step by step."""

    def __init__(
        self,
        states: Sequence[HostState],
        entitlements: Sequence[Entitlement],
        cssm_instances: Sequence[CssmInstance],
        facts: Mapping[str, HostFacts],
        tables: Tables,
        as_of: datetime,
        options: Options,
    ) -> None:
        self.states, self.tables, self.as_of, self.options = states, tables, as_of, options
        self.units = with_peers(product_instances(states))
        self.cssm = CssmIndex(self.units, cssm_instances)
        self.accounts = Accounts(self.units, facts, entitlements, self.cssm, tables)
        self.matcher = Matcher(tables, entitlements, (unit.observation for unit in self.units))
        self.chains: list[Chain] = [[self.matcher.named(name) for name in row.chain] for row in tables.chains]
        self.lines = Lines(self.units, tables, self.matcher)
        self.ledger, self.raised = Ledger(), Raised()
        for entitlement in sorted(entitlements, key=_row):
            license_id = self.matcher.bought(entitlement)
            name = self.matcher.name(license_id)
            self.ledger.own(self.accounts.of_entitlement(entitlement), license_id, name, entitlement)

    def reconciled(self) -> Reconciled:
        cases = [self._case(unit) for unit in self.units]
        stale_after = timedelta(hours=self.options.stale_hours)
        for case in cases:
            self.ledger.charge(case.uses)
            if not case.unit.passive:
                raise_instance(self.raised, case, self.as_of, self.tables, self.matcher)
                raise_stale(self.raised, case.unit, self.as_of, stale_after)
        pools, planned = self._pools()
        clean_up = raise_ghosts(self.raised, self.units, self.cssm, self.accounts.names, self.tables)
        raise_missing(self.raised, cases, self.cssm, self.accounts.names, self.tables, self.as_of)
        every = tuple(use for case in cases for use in case.uses)
        self._of_estate(pools, planned, every)
        instances = [self._instance(case) for case in cases if not case.unit.passive]
        judgement = Judgement(
            as_of=self.as_of,
            coverage=_coverage(self.states),
            pools=tuple(pools),
            smart_account_totals=tuple(totals(pools)),
            instances=tuple(sorted(instances, key=lambda each: (not each.service_affecting, each.hostname))),
            transfers_to_close=planned.to_close,
            transfers_to_restore_buffer=planned.to_restore_buffer,
            exposure=tuple(exposure(pools, planned.closed, self.tables)),
            findings=waived(self.raised, self.tables.waivers, self.as_of.date()),
        )
        replaced = {row.hostname for row in clean_up if row.hostname}
        position = [
            row
            for case in (cases if self.cssm.rows else ())
            for row in differences(case, self.matcher, replaced, self.as_of - stale_after)
        ]
        return Reconciled(judgement=judgement, uses=every, clean_up=tuple(clean_up), position=tuple(position))

    def _case(self, unit: ProductInstance) -> JudgedInstance:
        place = self.accounts.of_unit(unit)
        horizon = timedelta(days=self.options.due_horizon_days)
        state = state_of(unit.observation, self.as_of, horizon, self.tables)
        return JudgedInstance(unit, place, state, self.lines.uses_of(unit, place))

    def _pools(self) -> tuple[list[Pool], Plans]:
        """The pools of every virtual account with their findings, and the transfers between them."""
        day, ending = self.as_of.date(), self.options.ending_days
        pools: list[Pool] = []
        for account, pages in self.ledger.by_account().items():
            substitute(pages, self.chains, day)
            buffer = self._buffer(account)
            made = {page.license_id: pool(page, day, ending_days=ending, buffer_percent=buffer) for page in pages}
            for page in pages:
                raise_pool(self.raised, page, made[page.license_id])
            raise_ending(self.raised, pages, made, self.chains, day, ending)
            pools += made.values()
        pages_of = {pool_id(each): page for each, page in zip(pools, self.ledger.in_order(), strict=True)}
        planned = plans(pools, lambda each: pages_of[pool_id(each)].terms, higher(self.chains), day)
        raise_tiers(self.raised, pools, self.matcher, lambda each: evidence_of(pages_of[pool_id(each)]))
        raise_closing(self.raised, pools, planned, lambda each: evidence_of(pages_of[pool_id(each)]))
        return pools, planned

    def _buffer(self, account: Account) -> float:
        row = self.accounts.names.row(*account)
        return self.options.buffer_percent if row is None or row.buffer_percent is None else row.buffer_percent

    def _of_estate(self, pools: Sequence[Pool], planned: Plans, uses: Sequence[Use]) -> None:
        raised, names, matcher = self.raised, self.accounts.names, self.matcher
        raise_moves(raised, pools, planned, uses)
        raise_families(raised, pools, uses, names, matcher)
        raise_shapes(raised, pools, names, matcher, self.tables)
        raise_drift(raised, self.units)
        raise_onprem(raised, self.tables, self.as_of)
        raise_managers(raised, self.units, self.lines.managers)

    def _instance(self, case: JudgedInstance) -> Instance:
        unit, place, state = case.unit, case.place, case.state
        seen, clock = unit.observation, state.clock
        age = self.as_of - seen.captured_at if seen and seen.captured_at else None
        return Instance(
            hostname=unit.hostname,
            udis=unit.udis,
            also_known_as=tuple(sorted({other.hostname for other in unit.others})),
            smart_account=place.smart_account,
            virtual_account=place.virtual_account,
            virtual_account_source=place.source,
            reported_by=reported_by(seen, self.tables),
            compliance_state=state.compliance,
            reservation=state.reservation,
            deadline=clock.deadline,
            computed_deadline=clock.computed,
            days_left=clock.days_left,
            never_reported=clock.never_reported,
            service_affecting=state.service is not None,
            age_seconds=int(age.total_seconds()) if age is not None else None,
            outcome=unit.state.outcome,
        )


def _coverage(states: Sequence[HostState]) -> Coverage:
    """`percent` is the share of ok; unsupported and fresh-enough hosts are left out of it. Nothing selected is 0."""
    outcomes = Counter(state.outcome for state in states)
    left = [s for s in states if s.outcome != "unsupported" and not fresh_enough(s)]
    percent = PERCENT * outcomes["ok"] / len(left) if left else 100.0 if states else 0.0
    return Coverage(selected=len(states), outcomes=dict(sorted(outcomes.items())), percent=percent)


def _row(entitlement: Entitlement) -> tuple[str, int, str]:
    return entitlement.source_file or "", entitlement.source_row or 0, repr(entitlement)
