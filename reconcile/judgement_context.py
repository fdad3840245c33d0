"""What the rules see: everything that one judgement works out, in the order in which it is worked out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from licsweep.model import as_utc
from licsweep.position_types import DriftLine, Entitlement, FindingEvidence, Pool, Use
from reconcile.instances.account_assignment import Accounts
from reconcile.instances.cssm_index import CssmIndex, Stranger, strangers
from reconcile.instances.drift import drift
from reconcile.instances.ha_peers import with_peers
from reconcile.instances.identity import ProductInstance, product_instances
from reconcile.instances.judged_instance import JudgedInstance
from reconcile.instances.states import state_of
from reconcile.judgement_input import JudgementInput
from reconcile.licenses.counting import Counter
from reconcile.licenses.managed import Managers
from reconcile.licenses.matching import Matcher
from reconcile.pools.lending import Chain, higher
from reconcile.pools.pools import Ledger, PoolAccount, pool, pool_id, substitute
from reconcile.pools.transfers import Plans, plans


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementContext:
    """One judgement, worked out: instances with accounts, states and license lines, pools, transfers.

    `instances` leaves out standby peers that could not be told from others (`passive`); `uses` are the license lines
    of all. `pool_accounts` are the entitlements and lines of each pool, by `pool_id`.
    """

    given: JudgementInput
    units: Sequence[ProductInstance]
    accounts: Accounts
    cssm: CssmIndex
    strangers: Sequence[Stranger]
    matcher: Matcher
    managers: Managers
    instances: Sequence[JudgedInstance]
    uses: Sequence[Use]
    chains: Sequence[Chain]
    pools: Sequence[Pool]
    pool_accounts: Mapping[str, PoolAccount]
    plans: Plans
    drift: Sequence[DriftLine]

    def evidence(self, each: Pool) -> tuple[FindingEvidence, ...]:
        """The first entitlement rows and lines of a pool; every line of a figure is in `JudgementResult.uses`."""
        return self.pool_accounts[pool_id(each)].evidence


def work_out(given: JudgementInput) -> JudgementContext:
    """Identity, accounts, states and license lines of every instance, then pools, then transfers."""
    given = replace(given, as_of=as_utc(given.as_of))
    tables, day = given.tables, given.as_of.date()
    units = with_peers(product_instances(given.states))
    cssm = CssmIndex(units, given.cssm_instances)
    accounts = Accounts(units, given.facts, given.entitlements, cssm, tables)
    matcher = Matcher(tables, given.entitlements, (unit.observation for unit in units))
    managers = Managers(units)
    lines = Counter(managers, tables, matcher)
    horizon = timedelta(days=given.options.due_horizon_days)
    cases = []
    for unit in units:
        place, state = accounts.of_unit(unit), state_of(unit.observation, given.as_of, horizon, tables)
        cases.append(JudgedInstance(unit, place, state, lines.uses_of(unit, place)))
    chains: list[Chain] = [[matcher.named(name) for name in row.chain] for row in tables.chains]
    ledger = _ledger(given.entitlements, accounts, matcher, cases)
    pools: list[Pool] = []
    for account, held in ledger.by_account().items():
        substitute(held, chains, day)
        row = accounts.names.row(*account)
        own = row.buffer_percent if row else None
        buffer = given.options.buffer_percent if own is None else own
        pools += (pool(one, day, ending_days=given.options.ending_days, buffer_percent=buffer) for one in held)
    pool_accounts = {pool_id(each): one for each, one in zip(pools, ledger.in_order(), strict=True)}
    return JudgementContext(
        given=given,
        units=units,
        accounts=accounts,
        cssm=cssm,
        strangers=strangers(units, cssm, tables),
        matcher=matcher,
        managers=managers,
        instances=tuple(case for case in cases if not case.unit.passive),
        uses=tuple(use for case in cases for use in case.uses),
        chains=chains,
        pools=pools,
        pool_accounts=pool_accounts,
        plans=plans(pools, lambda each: pool_accounts[pool_id(each)].terms, higher(chains), day),
        drift=drift(units),
    )


def _ledger(
    entitlements: Sequence[Entitlement], accounts: Accounts, matcher: Matcher, cases: Sequence[JudgedInstance]
) -> Ledger:
    ledger = Ledger()
    for row in sorted(entitlements, key=lambda e: (e.source_file or "", e.source_row or 0, repr(e))):
        license_id = matcher.bought(row)
        ledger.own(accounts.of_entitlement(row), license_id, matcher.name(license_id), row)
    for case in cases:
        ledger.charge(case.uses)
    return ledger
