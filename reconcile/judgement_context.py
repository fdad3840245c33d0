"""What the rules see: everything that one judgement works out, in the order in which it is worked out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from licsweep.model import as_utc
from licsweep.position_types import DriftLine, Entitlement, FindingEvidence, Pool, ShortPool, SubstitutionRow, Use
from reconcile.instances.account_assignment import Accounts
from reconcile.instances.cssm_index import CssmIndex, Stranger, strangers
from reconcile.instances.drift import drift
from reconcile.instances.ha_peers import with_peers
from reconcile.instances.identity import ProductInstance, product_instances
from reconcile.instances.judged_instance import JudgedInstance
from reconcile.instances.states import state_of
from reconcile.judgement_input import JudgementInput
from reconcile.licenses.counting import Counting
from reconcile.licenses.managed import Managers
from reconcile.licenses.matching import Matcher
from reconcile.pools.closing import short_pools
from reconcile.pools.lending import Chain, higher, substitution_rows
from reconcile.pools.pools import Ledger, PoolAccount, pool_id, substitute
from reconcile.pools.transfers import Plans, plans


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementContext:
    """One judgement, worked out: instances with accounts, states and license lines, pools, transfers.

    `instances` leaves out retired boxes and standby peers that could not be told from others (`passive`); `uses` are
    the license lines of all. `pool_accounts` are the entitlements and lines of each pool, by `pool_id`.
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
    shortages: Sequence[ShortPool]
    substitutions: Sequence[SubstitutionRow]
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
    accounts = Accounts(units, cssm, given)
    matcher = Matcher(tables, given.entitlements, (unit.observation for unit in units))
    managers = Managers(units)
    lines = Counting(managers, tables, matcher)
    horizon = timedelta(days=given.options.due_horizon_days)
    cases = []
    for unit in units:
        place, state = accounts.of_unit(unit), state_of(unit.observation, given.as_of, horizon, tables)
        cases.append(JudgedInstance(unit, place, state, *lines.uses_of(unit, place)))
    chains: list[Chain] = [[matcher.named(name) for name in row.chain] for row in tables.chains]
    ledger = _bought(given.entitlements, accounts, matcher)
    cases = [case for case in cases if not case.unit.retired] + _retired(cases, ledger)
    for case in cases:
        ledger.charge(case.uses)
    pools: list[Pool] = []
    pool_accounts: dict[str, PoolAccount] = {}
    for account, held in ledger.by_account().items():
        substitute(held, chains, day)
        row = accounts.names.row(*account)
        own = row.buffer_percent if row else None
        buffer = given.options.buffer_percent if own is None else own
        for one in held:
            pools.append(one.pool(day, ending_days=given.options.ending_days, buffer_percent=buffer))
            pool_accounts[pool_id(pools[-1])] = one
    planned = plans(pool_accounts, pools, higher(chains), day)
    uses = tuple(use for case in cases for use in case.uses)
    return JudgementContext(
        given=given,
        units=units,
        accounts=accounts,
        cssm=cssm,
        strangers=strangers(units, cssm, tables, given.as_of),
        matcher=matcher,
        managers=managers,
        instances=tuple(case for case in cases if not case.unit.passive and not case.unit.retired),
        uses=uses,
        chains=chains,
        pools=pools,
        pool_accounts=pool_accounts,
        plans=planned,
        shortages=short_pools(pools, planned, uses),
        substitutions=substitution_rows(ledger.accounts.values(), matcher, chains),
        drift=drift(units),
    )


def _bought(entitlements: Sequence[Entitlement], accounts: Accounts, matcher: Matcher) -> Ledger:
    ledger = Ledger(accounts.owned_known)
    for row in sorted(entitlements, key=lambda e: (e.source_file or "", e.source_row or 0, repr(e))):
        license_id = matcher.bought(row)
        ledger.own(accounts.of_entitlement(row), license_id, matcher.name(license_id), row)
    return ledger


def _retired(cases: Sequence[JudgedInstance], ledger: Ledger) -> list[JudgedInstance]:
    """The retired boxes, each with the reservations that it still holds: scrapping a box frees none, a return code
    does. They end where the return was recorded, or where a newer export of the account shows fewer units reserved
    than the other boxes hold with them."""
    held = Counter[tuple[Any, ...]]()
    for use in (use for case in cases if not case.unit.retired for use in case.uses if use.counted_as == "reserved"):
        held[use.smart_account, use.virtual_account, use.license_id] += use.count or 0
    made = []
    for case in cases:
        if retired := case.unit.retired:
            reserved = [use for use in case.uses if use.counted_as == "reserved" and not retired.reservation_returned]
            kept = [use for use in reserved if not _released(use, retired.at, held, ledger)]
            made.append(replace(case, uses=kept))
    return made


def _released(use: Use, retired_at: datetime, held: Counter[tuple[Any, ...]], ledger: Ledger) -> bool:
    key = (use.smart_account, use.virtual_account, use.license_id or "")
    rows = ledger.accounts[key].entitlements if key in ledger.accounts else []
    newer = [row.cssm_reserved for row in rows if row.exported_at and row.exported_at > retired_at]
    stated = [units for units in newer if units is not None]
    return bool(stated) and sum(stated) <= held[key]
