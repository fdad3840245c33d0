"""Judgement: host states and entitlements go in; instances, pools, exposure and findings come out. Pure.

The contract is docs/judgement.md. Nothing here reads a file, a clock or the network, apart from the shipped tables
where no tables are given.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from licsweep.judged import Coverage, Entitlement, Instance, Judgement, Pool, Reconciled, Use
from licsweep.model import HostState, as_utc
from reconcile.attribution import Accounts, HostFacts, Place
from reconcile.counting import uses_of
from reconcile.findings import Raised
from reconcile.identity import Unit, fresh_enough, product_instances
from reconcile.matching import Matcher
from reconcile.pools import PERCENT, Ledger, exposure, pool, totals
from reconcile.raising import raise_instance, raise_pool, raise_stale
from reconcile.states import State, reported_by, state_of
from reconcile.tables import Tables

__all__ = ["HostFacts", "Options", "judge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a site may set: how far ahead a report is due and a term is ending, when a capture is stale, the buffer."""

    due_horizon_days: int = 30
    stale_hours: int = 48
    buffer_percent: int = 10
    ending_days: int = 90


DEFAULTS = Options()


def judge(
    states: Sequence[HostState],
    entitlements: Sequence[Entitlement],
    *,
    as_of: datetime,
    facts: Mapping[str, HostFacts] | None = None,
    tables: Tables | None = None,
    options: Options = DEFAULTS,
) -> Reconciled:
    """The position at `as_of`. The order of states and entitlements does not matter.

    The caller has chosen the newest good observation of each host and the exports that count at `as_of`. `facts` is
    what the inventory says, by host name. Every figure of a pool is the sum of its `uses`.
    """
    as_of, tables = as_utc(as_of), tables or Tables.load()
    units = product_instances(states)
    accounts = Accounts(units, facts or {}, entitlements)
    matcher = Matcher(tables, entitlements, (unit.observation for unit in units))
    ledger, raised = Ledger(), Raised()
    for entitlement in sorted(entitlements, key=_row):
        license_id = matcher.bought(entitlement)
        ledger.own(accounts.of_entitlement(entitlement), license_id, matcher.name(license_id), entitlement)
    instances: list[Instance] = []
    uses: list[Use] = []
    for unit in units:
        place = accounts.of_unit(unit)
        state = state_of(unit.observation, as_of, timedelta(days=options.due_horizon_days))
        lines = uses_of(unit, place, matcher)
        ledger.charge(lines)
        uses += lines
        instances.append(_instance(unit, place, state, as_of, tables))
        raise_instance(raised, unit, place, state, lines)
        raise_stale(raised, unit, as_of, timedelta(hours=options.stale_hours))
    pools = _pools(ledger, raised, as_of, options)
    judgement = Judgement(
        as_of=as_of,
        coverage=_coverage(states),
        pools=tuple(pools),
        smart_account_totals=tuple(totals(pools)),
        instances=tuple(instances),
        exposure=tuple(exposure(pools, tables)),
        findings=raised.in_order(),
    )
    return Reconciled(judgement=judgement, uses=tuple(uses))


def _pools(ledger: Ledger, raised: Raised, as_of: datetime, options: Options) -> list[Pool]:
    pools = []
    for page in ledger.in_order():
        made = pool(page, as_of.date(), ending_days=options.ending_days, buffer_percent=options.buffer_percent)
        raise_pool(raised, page, made, as_of.date(), options.ending_days)
        pools.append(made)
    return pools


def _instance(unit: Unit, place: Place, state: State, as_of: datetime, tables: Tables) -> Instance:
    seen, clock = unit.observation, state.clock
    age = as_of - seen.captured_at if seen and seen.captured_at else None
    return Instance(
        hostname=unit.hostname,
        udis=seen.udis if seen else (),
        also_known_as=tuple(sorted({other.hostname for other in unit.others})),
        smart_account=place.smart_account,
        virtual_account=place.virtual_account,
        virtual_account_source=place.source,
        reported_by=reported_by(seen, tables),
        compliance_state=state.compliance,
        reservation=state.reservation,
        deadline=clock.deadline,
        computed_deadline=clock.computed,
        days_left=clock.days_left,
        never_reported=clock.never_reported,
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
